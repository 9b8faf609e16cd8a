package deploy

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// generated are resources that SAM makes of others and that may be referred to.
var generated = []string{"HttpApiApiGatewayDefaultStage"}

// attributes that Fn::GetAtt may ask a type of resource for; of those that are used.
var attributes = map[string][]string{
	"AWS::Logs::LogGroup":           {"Arn"},
	"AWS::IAM::Role":                {"Arn"},
	"AWS::SQS::Queue":               {"Arn", "QueueName"},
	"AWS::ApiGatewayV2::DomainName": {"RegionalDomainName"},
	"AWS::Lambda::Function":         {"Arn"},
}

// checkNames wants every name that is used to exist, and every parameter and condition that exists to be used.
func (t *template) checkNames() {
	t.checkShared()
	known := append(sortedKeys(t.parameters), sortedKeys(t.resources)...)
	used := t.checkReferences(t.raw, t.resources, append(known, generated...))
	for _, name := range sortedKeys(t.parameters) {
		t.unless(used[name], "nothing uses the parameter %s", name)
		t.unless(textOf(at(t.parameters[name], "Description")) != "", "the parameter %s is not described", name)
	}
	for _, name := range sortedKeys(t.conditions) {
		t.unless(used[name], "nothing uses the condition %s", name)
	}
	for name := range used {
		_, condition := t.conditions[name]
		t.unless(condition || slices.Contains(known, name) || slices.Contains(generated, name), "%s does not exist", name)
	}
	var grouped []string
	for _, group := range listOf(at(t.raw, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups")) {
		for _, name := range listOf(at(group, "Parameters")) {
			grouped = append(grouped, textOf(name))
		}
	}
	t.sameSet("grouped parameter", append(grouped, "RunLocally"), sortedKeys(t.parameters))
	rule := listOf(at(t.raw, "Rules", "NeverDeployedAsLocal", "Assertions"))
	t.unless(len(rule) == 1 && same(at(rule[0], "Assert"), map[string]any{"Fn::Equals": []any{ref("RunLocally"), "false"}}),
		"a deployment with the variables of sam local is not refused")
}

var placeholder = regexp.MustCompile(`\$\{([^}!]+)\}`)

// checkReferences finds names in v that are none of known, and returns the parameters, resources and conditions that are used.
func (l *faultList) checkReferences(v any, resources map[string]any, known []string) map[string]bool {
	used := map[string]bool{}
	use := func(name string) {
		used[name] = !strings.HasPrefix(name, "AWS::")
		l.unless(!used[name] || slices.Contains(known, name), "%s does not exist", name)
	}
	useAttribute := func(name, attribute string) {
		use(name)
		kind := textOf(at(resources[name], "Type"))
		l.unless(slices.Contains(attributes[kind], attribute), "%s has no attribute %s", name, attribute)
	}
	walk(v, func(m map[string]any) {
		if name, ok := m["Ref"].(string); ok {
			use(name)
		}
		if pair := listOf(m["Fn::GetAtt"]); len(pair) == 2 {
			useAttribute(textOf(pair[0]), textOf(pair[1]))
		}
		if text, ok := m["Fn::Sub"].(string); ok {
			for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
				if name, attribute, dotted := strings.Cut(found[1], "."); dotted {
					useAttribute(name, attribute)
				} else {
					use(name)
				}
			}
		}
		if branches := listOf(m["Fn::If"]); len(branches) == 3 {
			used[textOf(branches[0])] = true
		}
		if name, ok := m["Condition"].(string); ok {
			used[name] = true
		}
	})
	delete(used, "")
	for name, local := range used {
		if !local {
			delete(used, name)
		}
	}
	return used
}

// checkExample compares the example of samconfig.toml with the parameters: it has every one without a default.
func (t *template) checkExample(files fs.FS) {
	raw, err := fs.ReadFile(files, samExample)
	if err != nil {
		t.addf("%v", err)
		return
	}
	given := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^  "(\w+)=(.*)",$`).FindAllStringSubmatch(string(raw), -1) {
		given[m[1]] = m[2]
		t.unless(t.parameters[m[1]] != nil, "%s gives %s, which is no parameter", samExample, m[1])
	}
	for _, name := range sortedKeys(t.parameters) {
		t.unless(given[name] != "" || at(t.parameters[name], "Default") != nil, "%s does not give %s", samExample, name)
	}
}
