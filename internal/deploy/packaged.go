package deploy

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
)

// CheckPackaged returns what is wrong with the CloudFormation template that the Serverless Framework made of its file: the
// framework merges, overwrites and adds, so what comes out is looked at as well as what went in. files is the checkout.
func CheckPackaged(files fs.FS, template []byte) ([]string, error) {
	code, err := readCode(files)
	if err != nil {
		return nil, err
	}
	var raw map[string]any
	if err := json.Unmarshal(template, &raw); err != nil {
		return nil, err
	}
	whole(raw)
	p := &packaged{mapOf(raw["Resources"]), &faultList{where: "packaged " + frameworkFile}}
	var functions, want []string
	for _, id := range sortedKeys(p.resources) {
		if at(p.resources[id], "Type") == "AWS::Lambda::Function" {
			functions = append(functions, id)
		}
	}
	for _, name := range Names {
		want = append(want, logicalID(name)+"LambdaFunction")
		f := p.function(name)
		p.faults = append(p.faults, lambda.check(p.where, f, code[name])...)
		p.starts(f, code[name], stated)
		p.checkFunction(name, code[name])
	}
	p.sameSet("function", functions, want)
	p.checkReferences(raw, p.resources, sortedKeys(p.resources))
	p.checkDraw()
	p.checkStage()
	return p.faults, nil
}

// whole makes ints of the numbers in v, as readYAML has them.
func whole(v any) {
	walk(v, func(m map[string]any) {
		for key, v := range m {
			if number, ok := v.(float64); ok && number == float64(int(number)) {
				m[key] = int(number)
			}
		}
	})
}

type packaged struct {
	resources map[string]any
	*faultList
}

func (p *packaged) property(id string, path ...string) any {
	return at(p.resources[id], append([]string{"Properties"}, path...)...)
}

func (p *packaged) function(name string) Function {
	id := logicalID(name) + "LambdaFunction"
	f := Function{
		Name: name, Runtime: textOf(p.property(id, "Runtime")), Handler: textOf(p.property(id, "Handler")),
		Memory: intOf(p.property(id, "MemorySize")), Timeout: intOf(p.property(id, "Timeout")), Variables: map[string]any{},
	}
	for _, a := range listOf(p.property(id, "Architectures")) {
		f.Architecture += textOf(a)
	}
	for key, v := range mapOf(p.property(id, "Environment", "Variables")) {
		if strings.HasSuffix(key, "_SECRET_ARN") {
			v = "${" + textOf(v) + "}" // the name of a secret, not written in the file
		}
		f.Variables[key] = v
	}
	for _, route := range sortedKeys(p.resources) {
		integration := listOf(at(p.property(route, "Target"), "Fn::Join"))
		if at(p.resources[route], "Type") != "AWS::ApiGatewayV2::Route" || len(integration) != 2 {
			continue
		}
		for _, name := range refsIn(integration[1]) {
			if same(p.property(name, "IntegrationUri"), attribute(id, "Arn")) && p.property(name, "PayloadFormatVersion") == "2.0" {
				f.Routes = append(f.Routes, textOf(p.property(route, "RouteKey")))
			}
		}
	}
	slices.Sort(f.Routes)
	for _, schedule := range p.resources {
		if at(schedule, "Type") == "AWS::Scheduler::Schedule" && same(at(schedule, "Properties", "Target", "Arn"), attribute(id, "Arn")) {
			f.Every += textOf(at(schedule, "Properties", "ScheduleExpression"))
		}
	}
	return f
}

// refsIn are the names of the Refs in a list.
func refsIn(v any) (names []string) {
	for _, item := range listOf(v) {
		if name := textOf(at(item, "Ref")); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// checkFunction looks at a function's role, layer, network and logs.
func (p *packaged) checkFunction(name string, code program) {
	id, role := logicalID(name)+"LambdaFunction", logicalID(name)+"Role"
	p.unless(same(p.property(id, "Role"), attribute(role, "Arn")), "%s has not the role %s", name, role)
	p.unless(len(listOf(p.property(id, "Layers"))) == 1, "%s has not the extension that reads secrets as its only layer", name)
	p.unless(p.property(id, "VpcConfig") != nil, "%s is not in the network", name)
	p.unless(p.property(id, "LoggingConfig", "LogFormat") == "JSON", "%s does not log JSON", name)
	p.unless(intOf(p.property(logicalID(name)+"LogGroup", "RetentionInDays")) > 0, "%s logs for ever", name)
	var all []grant
	for _, policy := range listOf(p.property(role, "Policies")) {
		all = append(all, p.grants(role, at(policy, "PolicyDocument"))...)
	}
	var arns []any
	for _, v := range code.variables {
		if v.Secret {
			arns = append(arns, p.property(id, "Environment", "Variables", v.Name+"_SECRET_ARN"))
		}
	}
	for _, arn := range arns {
		p.unless(contains(targets(all, "secretsmanager:GetSecretValue"), arn), "%s may not read %v", name, arn)
	}
	p.unless(len(targets(all, "secretsmanager:GetSecretValue")) == len(arns), "%s may read other secrets", name)
}

// checkDraw looks at what wakes the draw, and at what becomes of a tick that is not delivered or fails.
func (p *packaged) checkDraw() {
	p.checkSchedule("the schedule", p.property("DrawSchedulerSchedule1"))
	p.checkTarget(p.property("DrawSchedulerSchedule1", "Target"))
	destinations := map[string]any{"OnFailure": map[string]any{"Destination": attribute("DrawDeadLetters", "Arn")}}
	p.unless(same(p.property("DrawLambdaEvConf", "DestinationConfig"), destinations), "a failed tick is lost")
	p.checkFailed(p.property("DrawLambdaEvConf", "MaximumRetryAttempts"), p.property("DrawLambdaEvConf", "MaximumEventAgeInSeconds"))
}

func (p *packaged) checkStage() {
	p.unless(p.property("HttpApiStage", "StageName") == "$default", "the stage is not $default")
	p.unless(p.property("HttpApiStage", "DefaultRouteSettings", "ThrottlingRateLimit") != nil, "routes have no limits")
	for _, route := range asking {
		p.unless(p.property("HttpApiStage", "RouteSettings", route, "ThrottlingRateLimit") != nil, "%s has no limits", route)
	}
	p.unless(p.property("HttpApi", "CorsConfiguration") == nil, "CORS of the gateway replaces the functions' own headers")
	p.checkAccessLog(textOf(p.property("HttpApiStage", "AccessLogSettings", "Format")))
}
