package deploy

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// checkFramework reads the file for the Serverless Framework. What the framework makes of it is checked by CheckPackaged.
func checkFramework(files fs.FS, code map[string]program) ([]string, error) {
	raw, err := readYAML(files, frameworkFile)
	if err != nil {
		return nil, err
	}
	l := &faultList{where: frameworkFile}
	l.unless(at(raw, "provider", "name") == "aws", "it is not for AWS")
	l.unless(at(raw, "configValidationMode") == "error", "the framework only warns of what it does not know")
	l.unless(at(raw, "package", "individually") == true, "functions are not packaged one by one")
	functions := mapOf(raw["functions"])
	l.sameSet("function", sortedKeys(functions), Names)
	for _, name := range Names {
		f := functions[name]
		read := frameworkFunction(raw, name)
		l.faults = append(l.faults, lambda.check(frameworkFile, read, code[name])...)
		frameworkValues.check(l, read)
		l.starts(read, code[name], stated)
		l.checkPlace(raw, name)
		l.unless(at(f, "package", "artifact") == "dist/aws/"+name+".zip", "%s is not packaged from its zip", name)
		l.unless(at(f, "role") == logicalID(name)+"Role", "%s has not a role of its own", name)
		l.checkFrameworkRole(raw, name, code[name])
	}
	l.unless(intOf(at(raw, "provider", "logRetentionInDays")) > 0, "logs are kept for ever")
	l.unless(at(raw, "provider", "logs", "lambda", "logFormat") == "JSON", "logs are not JSON")
	l.unless(at(raw, "provider", "httpApi", "payload") == "2.0", "the payload is not 2.0")
	l.checkAccessLog(textOf(at(raw, "provider", "logs", "httpApi", "format")))
	l.checkFrameworkTimer(raw)
	return l.faults, nil
}

// frameworkProperty is a function's own property, or that of all functions.
func frameworkProperty(raw map[string]any, name, key string) any {
	if own, set := mapOf(at(raw, "functions", name))[key]; set {
		return own
	}
	return at(raw, "provider", key)
}

// checkPlace looks at where a function runs, and whether it does.
func (l *faultList) checkPlace(raw map[string]any, name string) {
	layers, vpc := frameworkProperty(raw, name, "layers"), frameworkProperty(raw, name, "vpc")
	l.unless(same(layers, []any{"${env:SECRETS_EXTENSION_ARN}"}), "%s has not the extension that reads secrets as its only layer", name)
	split := func(variable string) any { return map[string]any{"Fn::Split": []any{",", "${env:" + variable + "}"}} }
	l.unless(same(vpc, map[string]any{"subnetIds": split("SUBNET_IDS"), "securityGroupIds": split("SECURITY_GROUP_IDS")}), "%s is not in the network", name)
	l.unless(frameworkProperty(raw, name, "reservedConcurrency") == nil, "%s has a fixed concurrency", name)
}

func frameworkFunction(raw map[string]any, name string) Function {
	property := func(key string) any { return frameworkProperty(raw, name, key) }
	f := Function{
		Name: name, Runtime: textOf(property("runtime")), Handler: textOf(property("handler")), Architecture: textOf(property("architecture")),
		Memory: intOf(property("memorySize")), Timeout: intOf(property("timeout")), Variables: map[string]any{},
	}
	for key, v := range mapOf(at(raw, "functions", name, "environment")) {
		f.Variables[key] = resolve(raw, v)
	}
	for _, event := range listOf(at(raw, "functions", name, "events")) {
		if route := textOf(at(event, "httpApi")); route != "" {
			f.Routes = append(f.Routes, route)
			continue
		}
		for _, rate := range listOf(at(event, "schedule", "rate")) {
			f.Every += textOf(rate)
		}
	}
	slices.Sort(f.Routes)
	return f
}

var self = regexp.MustCompile(`^\$\{self:([\w.]+)\}$`)

// resolve follows a reference to another place in the file.
func resolve(raw map[string]any, v any) any {
	if m := self.FindStringSubmatch(textOf(v)); m != nil {
		return at(raw, strings.Split(m[1], ".")...)
	}
	return v
}

// checkFrameworkRole is checkRole for this file, where secrets are named by variables of the one who deploys.
func (l *faultList) checkFrameworkRole(raw map[string]any, name string, code program) {
	id := logicalID(name) + "Role"
	p := at(raw, "resources", "Resources", id, "Properties")
	var all []grant
	for _, policy := range listOf(at(p, "Policies")) {
		all = append(all, l.grants(id, at(policy, "PolicyDocument"))...)
	}
	for i := range all {
		all[i].resource = resolve(raw, all[i].resource)
	}
	logs := []any{attribute(logicalID(name)+"LogGroup", "Arn")}
	needs := map[string][]any{"logs:CreateLogStream": logs, "logs:PutLogEvents": logs}
	for _, action := range takesNoResource {
		needs[action] = []any{"*"}
	}
	for _, v := range code.variables {
		if v.Secret {
			arn := resolve(raw, at(raw, "functions", name, "environment", v.Name+"_SECRET_ARN"))
			needs["secretsmanager:GetSecretValue"] = append(needs["secretsmanager:GetSecretValue"], arn)
		}
	}
	if name == "draw" {
		needs["sqs:SendMessage"] = []any{attribute("DrawDeadLetters", "Arn")}
	}
	l.sameGrants(id, all, needs)
}
