package deploy

import (
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

// references collects the names that a document uses.
type references struct {
	resources  map[string]any
	known      []string
	used       map[string]bool // parameters, resources and conditions
	*faultList                 // for names that are none of known
}

// checkReferences finds names in v that are none of known, and returns the parameters, resources and conditions that are used.
func (l *faultList) checkReferences(v any, resources map[string]any, known []string) map[string]bool {
	r := &references{resources, known, map[string]bool{}, l}
	walk(v, r.visit)
	return r.used
}

// visit looks at one map of the document, which may be an intrinsic function.
func (r *references) visit(m map[string]any) {
	if name, ok := m["Ref"].(string); ok {
		r.use(name)
	}
	if pair := listOf(m["Fn::GetAtt"]); len(pair) == 2 {
		r.useAttribute(textOf(pair[0]), textOf(pair[1]))
	}
	for _, found := range placeholder.FindAllStringSubmatch(textOf(m["Fn::Sub"]), -1) {
		if name, attribute, dotted := strings.Cut(found[1], "."); dotted {
			r.useAttribute(name, attribute)
		} else {
			r.use(name)
		}
	}
	if branches := listOf(m["Fn::If"]); len(branches) == 3 {
		r.used[textOf(branches[0])] = true
	}
	if name := textOf(m["Condition"]); name != "" {
		r.used[name] = true
	}
}

func (r *references) use(name string) {
	if strings.HasPrefix(name, "AWS::") { // the platform's own
		return
	}
	r.used[name] = true
	r.unless(slices.Contains(r.known, name), "%s does not exist", name)
}

func (r *references) useAttribute(name, attribute string) {
	r.use(name)
	kind := textOf(at(r.resources[name], "Type"))
	r.unless(slices.Contains(attributes[kind], attribute), "%s has no attribute %s", name, attribute)
}
