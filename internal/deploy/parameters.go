package deploy

import (
	"cmp"
	"io/fs"
	"regexp"
)

// asked are the parameters that nobody but the one who deploys can know; a default would be a wrong one.
var asked = []string{
	"SubnetIds", "SecurityGroupIds", "DbDsnSecretArn", "MasterKeysSecretArn", "WeChatSecretSecretArn", "SecretsExtensionArn",
	"RedisAddress", "WeChatAppId",
}

// bounds are values that a parameter must take or refuse.
var bounds = map[string]map[string]bool{
	"DrawReservedConcurrency": {"": true, "0": false, "5": false, "6": true, "40": true},
	"HttpConcurrency":         {"": true, "0": false, "1": true, "100": true},
	// A draw that is late is put back by up to a minute, and must still be in sight.
	"TickHorizon": {
		"": false, "0s": false, "30s": false, "89s": false, "90s": true, "100s": true, "150s": true, "099s": false, "1m": false,
		"1m59s": false, "2m": true, "2m30s": true, "10m": true, "0m": false, "2h": false, "150": false, "2mm": false, "1s90s": false,
	},
}

// checkParameters looks at which parameters have a default, and at what they allow.
func (t *template) checkParameters() {
	var without []string
	for _, name := range sortedKeys(t.parameters) {
		p := t.parameters[name]
		if at(p, "Default") == nil {
			without = append(without, name)
		} else if pattern := textOf(at(p, "AllowedPattern")); pattern != "" {
			t.unless(allows(pattern, textOf(at(p, "Default"))), "the default of %s is not allowed", name)
		}
	}
	t.sameSet("parameter without a default", without, asked)
	for name, values := range bounds {
		pattern := cmp.Or(textOf(at(t.parameters[name], "AllowedPattern")), "none")
		for value, allowed := range values {
			t.unless(allows(pattern, value) == allowed, "%q as %s: allowed is %v", value, name, !allowed)
		}
	}
}

// allows says whether CloudFormation takes a value.
func allows(pattern, value string) bool {
	ok, err := regexp.MatchString("^(?:"+pattern+")$", value)
	return err == nil && ok
}

// checkConditions wants each condition to say what its name does, and only the domain and the topic to be made under one.
func (t *template) checkConditions() {
	is := func(name, value string) any { return map[string]any{"Fn::Equals": []any{ref(name), value}} }
	given := func(name string) any { return map[string]any{"Fn::Not": []any{is(name, "")}} }
	both := func(a, b any) any { return map[string]any{"Fn::And": []any{a, b}} }
	want := map[string]any{
		"IsLocal":            is("RunLocally", "true"),
		"HasRedisPassword":   both(given("RedisPasswordSecretArn"), is("RunLocally", "false")),
		"HasMigrateDsn":      given("MigrateDsnSecretArn"),
		"HasSecretsKey":      given("SecretsKeyArn"),
		"HasHttpConcurrency": given("HttpConcurrency"),
		"HasDrawReservation": given("DrawReservedConcurrency"),
		"OwnsTopic":          is("AlarmTopicArn", ""),
		"HasEmail":           both(given("AlarmEmail"), is("AlarmTopicArn", "")),
		"HasDomain":          given("DomainName"),
	}
	for _, name := range sortedKeys(t.conditions) {
		t.unless(same(t.conditions[name], want[name]), "the condition %s is not %s", name, show(want[name]))
	}
	under := map[string]any{"ApiDomain": "HasDomain", "ApiDomainMapping": "HasDomain", "AlarmTopic": "OwnsTopic", "AlarmSubscription": "HasEmail"}
	for _, id := range sortedKeys(t.resources) {
		t.unless(at(t.resources[id], "Condition") == under[id], "%s is made under another condition than %v", id, under[id])
	}
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
