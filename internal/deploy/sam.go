package deploy

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// template is template.yaml, taken apart.
type template struct {
	raw        map[string]any
	parameters map[string]any
	conditions map[string]any
	resources  map[string]any
	*faultList
}

func checkSAM(files fs.FS, code map[string]program) ([]string, error) {
	raw, err := readYAML(files, samFile)
	if err != nil {
		return nil, err
	}
	t := &template{raw, mapOf(raw["Parameters"]), mapOf(raw["Conditions"]), mapOf(raw["Resources"]), &faultList{where: samFile}}
	t.unless(raw["Transform"] == "AWS::Serverless-2016-10-31", "it is not for SAM")
	targets, err := fs.ReadFile(files, makefile)
	if err != nil {
		return nil, err
	}
	t.checkFunctions(code, string(targets))
	t.checkAPI()
	t.checkTimer()
	t.checkAlarms()
	t.checkRecords()
	t.checkNames()
	t.checkConditions()
	t.checkParameters()
	t.checkExample(files)
	return t.faults, nil
}

// checkFunctions looks at each function by itself. targets is the Makefile.
func (t *template) checkFunctions(code map[string]program, targets string) {
	var want []string
	for _, name := range Names {
		want = append(want, logicalID(name)+"Function")
		f := t.function(name)
		t.faults = append(t.faults, lambda.check(samFile, f, code[name])...)
		samValues.check(t.faultList, f)
		t.starts(f, code[name], t.stated)
		t.unless(strings.Contains(targets, "\nbuild-"+logicalID(name)+"Function:\n"), "%s has no target in the Makefile", name)
		t.checkBuild(name)
		t.checkConcurrency(name)
		t.checkRole(name, code[name])
		t.checkLogs(name)
	}
	t.sameSet("function", t.ids("AWS::Serverless::Function"), want)
}

// logicalID is how a function's name begins the names of its resources.
func logicalID(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// property is a function's own property, or that of all functions.
func (t *template) property(name string, path ...string) any {
	if own := at(t.resources[logicalID(name)+"Function"], append([]string{"Properties"}, path...)...); own != nil {
		return own
	}
	return at(t.raw["Globals"], append([]string{"Function"}, path...)...)
}

func (t *template) function(name string) Function {
	f := Function{
		Name: name, Runtime: textOf(t.property(name, "Runtime")), Handler: textOf(t.property(name, "Handler")),
		Memory: intOf(t.property(name, "MemorySize")), Timeout: intOf(t.property(name, "Timeout")),
		Variables: mapOf(t.property(name, "Environment", "Variables")),
	}
	var architectures []string
	for _, a := range listOf(t.property(name, "Architectures")) {
		architectures = append(architectures, textOf(a))
	}
	f.Architecture = strings.Join(architectures, "+")
	for _, event := range mapOf(t.property(name, "Events")) {
		switch p := at(event, "Properties"); at(event, "Type") {
		case "HttpApi":
			f.Routes = append(f.Routes, textOf(at(p, "Method"))+" "+textOf(at(p, "Path")))
		case "ScheduleV2":
			f.Every += textOf(at(p, "ScheduleExpression"))
		default:
			f.Every += "an event of another kind"
		}
	}
	slices.Sort(f.Routes)
	return f
}

// checkBuild looks at how a function comes into being, and where it runs.
func (t *template) checkBuild(name string) {
	t.unless(at(t.resources[logicalID(name)+"Function"], "Metadata", "BuildMethod") == "makefile", "%s is not built by the Makefile", name)
	t.unless(t.property(name, "CodeUri") == ".", "%s is not built where the Makefile is", name)
	layers := map[string]any{"Fn::If": []any{"IsLocal", []any{}, []any{ref("SecretsExtensionArn")}}}
	t.unless(same(t.property(name, "Layers"), layers), "%s has not the extension that reads secrets as its only layer", name)
	vpc := map[string]any{"SubnetIds": ref("SubnetIds"), "SecurityGroupIds": ref("SecurityGroupIds")}
	t.unless(same(t.property(name, "VpcConfig"), vpc), "%s is not in the network", name)
	t.unless(t.property(name, "Tracing") == nil, "%s is traced", name)
}

// checkConcurrency wants what a function may have at once to be up to the one who deploys: a number here could be 0.
func (t *template) checkConcurrency(name string) {
	var want any
	switch name {
	case "login", "events", "join":
		want = map[string]any{"Fn::If": []any{"HasHttpConcurrency", ref("HttpConcurrency"), ref("AWS::NoValue")}}
	case "draw":
		want = map[string]any{"Fn::If": []any{"HasDrawReservation", ref("DrawReservedConcurrency"), ref("AWS::NoValue")}}
	}
	t.unless(same(t.property(name, "ReservedConcurrentExecutions"), want), "the concurrency of %s is not a parameter", name)
}

// checkLogs wants JSON in a log group of its own.
func (t *template) checkLogs(name string) {
	logs := logicalID(name) + "Logs"
	t.unless(same(t.property(name, "LoggingConfig"), map[string]any{"LogFormat": "JSON", "LogGroup": ref(logs)}),
		"%s does not log JSON to %s", name, logs)
}

// tellsTooMuch are the parts of an access log that hold a token, an event's id or somebody's address.
var tellsTooMuch = regexp.MustCompile(`\$context\.(path|resourcePath|identity|authorizer|integrationErrorMessage|domainName|error\.message)|header|query`)

// asking are the routes that ask WeChat, which has limits of its own.
var asking = []string{"POST /login", "PATCH /login", "PUT /login", "POST /events", "GET /events/{id}/qrcode"}

// checkAPI looks at the stage, its limits and its log.
func (t *template) checkAPI() {
	p := at(t.resources["HttpApi"], "Properties")
	t.unless(at(t.resources["HttpApi"], "Type") == "AWS::Serverless::HttpApi", "HttpApi is no HTTP API")
	t.unless(at(p, "StageName") == "$default", "the stage is not $default, so its name would begin every path")
	t.unless(at(p, "CorsConfiguration") == nil, "CORS of the gateway replaces the functions' own headers")
	for _, limit := range []string{"ThrottlingRateLimit", "ThrottlingBurstLimit"} {
		t.unless(at(p, "DefaultRouteSettings", limit) != nil, "routes have no %s", limit)
		for _, route := range asking {
			t.unless(at(p, "RouteSettings", route, limit) != nil, "%s has no %s", route, limit)
		}
	}
	routes := map[string]bool{}
	for _, name := range Names {
		for _, route := range t.function(name).Routes {
			routes[route] = true
		}
		for event, e := range mapOf(t.property(name, "Events")) {
			p := at(e, "Properties")
			here := at(e, "Type") != "HttpApi" || same(at(p, "ApiId"), ref("HttpApi")) && at(p, "PayloadFormatVersion") == "2.0"
			t.unless(here, "%s.%s is not a route of HttpApi with payload 2.0", name, event)
		}
	}
	for route := range mapOf(at(p, "RouteSettings")) {
		t.unless(routes[route], "there are limits for %s, which is no route", route)
	}
	t.unless(same(at(p, "AccessLogSettings", "DestinationArn"), attribute("AccessLogs", "Arn")), "the API has no access log")
	t.checkAccessLog(textOf(at(p, "AccessLogSettings", "Format")))
}

func (l *faultList) checkAccessLog(format string) {
	l.unless(strings.Contains(format, "$context.requestId"), "the access log has no request id")
	l.unless(strings.HasPrefix(format, `{"`) && strings.HasSuffix(format, `"}`), "the access log is not JSON")
	found := tellsTooMuch.FindString(format)
	l.unless(found == "", "the access log has %s", found)
}

// ids are the logical ids of the resources of one type, in order.
func (t *template) ids(kind string) (ids []string) {
	for _, id := range sortedKeys(t.resources) {
		if at(t.resources[id], "Type") == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

// sortedKeys are the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
