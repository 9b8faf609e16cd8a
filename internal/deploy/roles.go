package deploy

import (
	"slices"
	"strings"
)

// takesNoResource are the actions that can be allowed for everything only.
var takesNoResource = []string{
	"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
	"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
}

// grant is one action that a policy allows, with what it is for.
type grant struct {
	action   string
	resource any
}

// grants takes the statements of a policy document apart. A statement under a condition counts.
func (l *faultList) grants(who string, document any) (all []grant) {
	for _, statement := range listOf(at(document, "Statement")) {
		if branch := listOf(at(statement, "Fn::If")); len(branch) == 3 {
			statement = branch[1]
		}
		if at(statement, "Effect") == "Deny" && at(statement, "Condition", "ArnLike", "lambda:SourceFunctionArn") != nil {
			continue // keeps from the code what the platform needs
		}
		l.unless(at(statement, "Effect") == "Allow", "%s has a statement that allows nothing", who)
		l.unless(at(statement, "NotAction") == nil && at(statement, "NotResource") == nil, "%s is allowed everything but something", who)
		for _, action := range listOf(at(statement, "Action")) {
			name := textOf(action)
			l.unless(!strings.Contains(name, "*"), "%s may %s", who, name)
			for _, resource := range listOf(at(statement, "Resource")) {
				star := strings.Contains(textOf(resource), "*") && !slices.Contains(takesNoResource, name)
				l.unless(!star, "%s may %s on %v", who, name, resource)
				all = append(all, grant{name, resource})
			}
		}
	}
	return all
}

// targets are the resources that an action is allowed for.
func targets(all []grant, action string) (resources []any) {
	for _, g := range all {
		if g.action == action {
			resources = append(resources, g.resource)
		}
	}
	return resources
}

// checkRole compares what a function may with what it needs: its own log group, the secrets whose ARNs it is told, the draw
// its queue, and nothing else.
func (t *template) checkRole(name string, code program) {
	id := logicalID(name) + "Role"
	t.unless(same(t.property(name, "Role"), attribute(id, "Arn")), "%s has not the role %s", name, id)
	t.unless(t.property(name, "Policies") == nil, "%s has policies, which a role of its own makes void", name)
	p := at(t.resources[id], "Properties")
	t.unless(same(at(p, "ManagedPolicyArns"), []any{ref("SharedPolicy")}), "%s has managed policies that are not ours", id)
	assume := listOf(at(p, "AssumeRolePolicyDocument", "Statement"))
	t.unless(len(assume) == 1 && same(at(assume[0], "Principal"), map[string]any{"Service": "lambda.amazonaws.com"}), "%s is not for Lambda alone", id)
	var all []grant
	for _, policy := range listOf(at(p, "Policies")) {
		all = append(all, t.grants(id, at(policy, "PolicyDocument"))...)
	}
	needs := map[string][]any{
		"logs:CreateLogStream":          {attribute(logicalID(name)+"Logs", "Arn")},
		"logs:PutLogEvents":             {attribute(logicalID(name)+"Logs", "Arn")},
		"secretsmanager:GetSecretValue": t.secrets(name, code),
	}
	if name == "draw" {
		needs["sqs:SendMessage"] = []any{attribute("DrawDeadLetters", "Arn")}
	}
	t.sameGrants(id, all, needs)
}

// secrets are the parameters that a function's variables take its secrets' ARNs from, as a policy must name them.
func (t *template) secrets(name string, code program) (arns []any) {
	variables := mapOf(t.property(name, "Environment", "Variables"))
	for _, v := range code.variables {
		if !v.Secret {
			continue
		}
		t.unless(isLocalOnly(variables[v.Name]), "%s has no empty %s for sam local", name, v.Name)
		arn := variables[v.Name+"_SECRET_ARN"]
		branches := listOf(at(arn, "Fn::If"))
		switch {
		case len(branches) == 3 && branches[0] == "IsLocal" && same(branches[1], ref("AWS::NoValue")):
			arns = append(arns, branches[2])
		case arn != nil && !v.Required:
			arns = append(arns, arn)
		default:
			t.addf("%s: %s_SECRET_ARN is not left out for sam local, and only there", name, v.Name)
		}
	}
	return arns
}

// sameGrants compares what is allowed with what is needed, action by action.
func (l *faultList) sameGrants(who string, all []grant, needs map[string][]any) {
	for _, g := range all {
		l.unless(contains(needs[g.action], g.resource), "%s may %s on %s and need not", who, g.action, show(g.resource))
	}
	for action, resources := range needs {
		for _, resource := range resources {
			l.unless(contains(targets(all, action), resource), "%s may not %s on %s", who, action, show(resource))
		}
	}
}

func contains(list []any, v any) bool {
	return slices.ContainsFunc(list, func(item any) bool { return same(item, v) })
}

// checkShared looks at what every function may besides.
func (t *template) checkShared() {
	document := at(t.resources["SharedPolicy"], "Properties", "PolicyDocument")
	needs := map[string][]any{"kms:Decrypt": {ref("SecretsKeyArn")}}
	for _, action := range takesNoResource {
		needs[action] = []any{"*"}
	}
	t.sameGrants("SharedPolicy", t.grants("SharedPolicy", document), needs)
	for _, statement := range listOf(at(document, "Statement")) {
		if branch := listOf(at(statement, "Fn::If")); len(branch) == 3 {
			through := at(branch[1], "Condition", "StringEquals", "kms:ViaService")
			t.unless(branch[0] == "HasSecretsKey" && strings.HasPrefix(textOf(at(through, "Fn::Sub")), "secretsmanager."),
				"the key may be used for more than the secrets")
		}
	}
}
