package deploy

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"
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
	"WeChatPage":              {"index": true, "pages/a_b/c-D9": true, "/index": false, "index?id=1": false, "index.html": false, "a b": false},
	"WeChatEnvVersion":        {"release": true, "trial": true, "develop": true, "formal": false},
	"NotifyConcurrency":       {"0": false, "1": true, "500": true, "501": false, "x": false},
	"NotifyRate":              {"0": false, "1": true, "10000": true, "10001": false, "-1": false},
	"NotifyTemplate":          templates,
	"NotifyOrganiserTemplate": templates,
}

// templates are texts that name a template of WeChat's, its fields and what each is filled with; or do not.
var templates = map[string]bool{
	"": true, "aBc_1-2 thing1=title,phrase2=result,time3=time": true, "aBc thing10=prize": true,
	"aBc number4=participants,number5=winners,time2=draw_at,thing99=result": true,
	"aBc": false, "aBc ": false, "thing1=title": false, " thing1=title": false, "aBc  thing1=title": false, "aBc,thing1=title": false,
	"a/c thing1=title": false, "aBc thing1": false, "aBc thing=title": false, "aBc thing1=": false, "aBc thing1=openid": false,
	"aBc thing0=title": false, "aBc thing01=title": false, "aBc thing100=title": false,
	"aBc date1=time": false, "aBc thing1=title,": false, "aBc thing1=title, phrase2=result": false, "aBc thing1=title phrase2=result": false,
	// Each kind of field takes what WeChat takes for it: a phrase five Chinese characters, a number digits.
	"aBc phrase1=title": false, "aBc phrase1=prize": false, "aBc time1=result": false, "aBc number1=time": false, "aBc number1=title": false,
	"aBc thing1=time": false, "aBc thing1=winners": false, "aBc time1=participants": false,
}

// checkParameters looks at which parameters have a default, and at what they allow.
func (t *template) checkParameters() {
	var without []string
	for _, name := range sortedKeys(t.parameters) {
		p := t.parameters[name]
		if at(p, "Default") == nil {
			without = append(without, name)
			continue
		}
		t.unless(allows(p, fmt.Sprint(at(p, "Default"))), "the default of %s is not allowed", name)
	}
	t.sameSet("parameter without a default", without, asked)
	for name, values := range bounds {
		for value, allowed := range values {
			t.unless(allows(t.parameters[name], value) == allowed, "%q as %s: allowed is %v", value, name, !allowed)
		}
	}
}

// allows says whether CloudFormation takes a value for a parameter.
func allows(p any, value string) bool {
	isValue := func(v any) bool { return fmt.Sprint(v) == value }
	if values := listOf(at(p, "AllowedValues")); values != nil && !slices.ContainsFunc(values, isValue) {
		return false
	}
	if longest := at(p, "MaxLength"); longest != nil && utf8.RuneCountInString(value) > intOf(longest) {
		return false
	}
	if at(p, "Type") == "Number" && !within(at(p, "MinValue"), at(p, "MaxValue"), value) {
		return false
	}
	pattern := textOf(at(p, "AllowedPattern"))
	ok, err := regexp.MatchString("^(?:"+pattern+")$", value)
	return pattern == "" || err == nil && ok
}

// within says whether a value is a number between two others, each of which may be missing.
func within(least, most any, value string) bool {
	n, err := strconv.ParseFloat(value, 64)
	return err == nil && (least == nil || n >= float64(intOf(least))) && (most == nil || n <= float64(intOf(most)))
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

// checkExample compares the example of samconfig.toml with the parameters: it has every one without a default, and what it shows
// of others, quoted in a comment, would be taken.
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
	for _, m := range regexp.MustCompile(`(?m)^  # '(\w+)="(.*)"',$`).FindAllStringSubmatch(string(raw), -1) {
		shown := t.parameters[m[1]] != nil && allows(t.parameters[m[1]], m[2])
		t.unless(shown, "%s shows %s with a value that it does not take", samExample, m[1])
	}
	for _, name := range sortedKeys(t.parameters) {
		t.unless(given[name] != "" || at(t.parameters[name], "Default") != nil, "%s does not give %s", samExample, name)
	}
}
