package deploy

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

func checkTencent(files fs.FS, code map[string]program) ([]string, error) {
	root, err := readYAML(files, tencentRoot)
	if err != nil {
		return nil, err
	}
	l := &faultList{where: tencentRoot}
	l.unless(textOf(root["app"]) != "" && textOf(root["stage"]) != "", "it does not name app and stage")
	l.unless(root["component"] == nil, "it is a component, so that the CLI would not look into the folders")
	paths, err := customDomain(files)
	if err != nil {
		return nil, err
	}
	for _, name := range Names {
		file := fmt.Sprintf(tencentPattern, name)
		raw, err := readYAML(files, file)
		if err != nil {
			return nil, err
		}
		l.faults = append(l.faults, checkComponent(file, name, raw, code[name])...)
		for _, route := range code[name].routes {
			_, path, _ := strings.Cut(route, " ")
			l.unless(lead(paths, path) == name, "the custom domain leads %s to %q", path, lead(paths, path))
		}
	}
	for _, p := range paths {
		l.unless(code[p.function].routes != nil, "the custom domain leads %s to %s, which has no routes", p.pattern, p.function)
	}
	return l.faults, nil
}

// checkComponent looks at the file of one function.
func checkComponent(file, name string, raw map[string]any, code program) []string {
	in, l := raw["inputs"], &faultList{where: file}
	l.unless(raw["component"] == "scf" && raw["name"] == name, "it is not the component of %s", name)
	l.unless(raw["app"] == nil && raw["stage"] == nil, "it does not inherit app and stage")
	l.unless(at(in, "name") == "${app}-${stage}-${name}", "the function's name is not that of its app and stage")
	l.unless(at(in, "type") == "event", "it is not a function for events")
	l.unless(at(in, "src") == "../../dist/scf/"+name, "its source is not the folder of its zip")
	vpc := map[string]any{"vpcId": "${env:VPC_ID}", "subnetId": "${env:SUBNET_ID}"}
	l.unless(same(at(in, "vpcConfig"), vpc), "it is not in the network")
	l.checkLogTopic(name, at(in, "cls"))
	l.unless(at(in, "publicAccess") == code.asksOutside(), "publicAccess is not %v", code.asksOutside())
	f := Function{
		Name: name, Runtime: textOf(at(in, "runtime")), Handler: textOf(at(in, "handler")),
		Memory: intOf(at(in, "memorySize")), Timeout: intOf(at(in, "timeout")), Variables: mapOf(at(in, "environment", "variables")),
	}
	l.checkTriggers(&f, at(in, "events"), code)
	tencentValues.check(l, f)
	l.starts(f, code, stated)
	return append(l.faults, scf.check(file, f, code)...)
}

// checkTriggers looks at what wakes a function, and adds it to what is known of it.
func (l *faultList) checkTriggers(f *Function, events any, code program) {
	for _, event := range listOf(events) {
		for kind, e := range mapOf(event) {
			p := at(e, "parameters")
			l.unless(at(p, "qualifier") == "$DEFAULT", "its %s trigger is not for the version that takes the traffic", kind)
			switch kind {
			case "http": // all its routes come through one URL
				f.Routes = code.routes
				l.unless(at(p, "authType") == "NONE" && at(p, "netConfig", "enableExtranet") == true, "its URL is closed")
			case "timer":
				f.Every += textOf(at(p, "cronExpression"))
				l.unless(len(strings.Fields(f.Every)) == 7, "the timer's expression has not seven fields")
				l.unless(at(p, "enable") == true, "its timer does not run")
			default:
				l.addf("it has a trigger of the kind %s", kind)
			}
		}
	}
}

// checkLogTopic wants one log topic for all but login: the platform logs answers, and login's hold sessions.
func (l *faultList) checkLogTopic(name string, logs any) {
	topic := "${env:CLS_TOPIC_ID}"
	if name == "login" {
		topic = "${env:CLS_LOGIN_TOPIC_ID}"
	}
	l.unless(same(logs, map[string]any{"logsetId": "${env:CLS_LOGSET_ID}", "topicId": topic}), "it does not log to %s", topic)
}

// mapping is a line of the custom domain's mapping: a path, or all paths under one.
type mapping struct{ pattern, function string }

var mappingLine = regexp.MustCompile(`(?m)^#   (/\S*) +(\w+)$`)

// customDomain reads the mapping from the comment that documents it.
func customDomain(files fs.FS) (paths []mapping, err error) {
	raw, err := fs.ReadFile(files, tencentRoot)
	if err != nil {
		return nil, err
	}
	for _, m := range mappingLine.FindAllStringSubmatch(string(raw), -1) {
		paths = append(paths, mapping{m[1], m[2]})
	}
	return paths, nil
}

// lead finds the function for a path: by the whole path, else by what stands before a /*.
func lead(paths []mapping, requested string) string {
	for _, p := range paths {
		if p.pattern == requested {
			return p.function
		}
	}
	for _, p := range paths {
		if prefix, all := strings.CutSuffix(p.pattern, "/*"); all && strings.HasPrefix(requested, prefix+"/") {
			return p.function
		}
	}
	return ""
}
