package deploy

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// spec is what AWS publishes about the types of CloudFormation resources and their properties.
type spec struct {
	resources map[string]any // by type, AWS::SQS::Queue
	types     map[string]any // by id
}

// readSpec reads the database of the npm package @aws-cdk/aws-service-spec, where LOTTERY_AWS_SPEC says where it is;
// .ci/sam-schema fetches it.
func readSpec(t *testing.T) spec {
	t.Helper()
	name := os.Getenv("LOTTERY_AWS_SPEC")
	if name == "" {
		t.Skip("LOTTERY_AWS_SPEC names no specification of AWS's resources")
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.NewDecoder(unpacked).Decode(&raw); err != nil {
		t.Fatal(err)
	}
	s := spec{map[string]any{}, map[string]any{}}
	for _, r := range listOf(at(raw, "schema", "resource", "entities")) {
		s.resources[textOf(at(r, "cloudFormationType"))] = r
	}
	for _, d := range listOf(at(raw, "schema", "typeDefinition", "entities")) {
		s.types[textOf(at(d, "$id"))] = d
	}
	if len(s.resources) < 1000 || len(s.types) < 1000 {
		t.Fatalf("the specification has %d resources and %d types", len(s.resources), len(s.types))
	}
	return s
}

// schema makes the JSON schema of a resource's properties. Functions of CloudFormation may stand for anything.
func (s spec) schema(kind string) any {
	defs := map[string]any{"function": map[string]any{
		"type": "object", "minProperties": 1, "maxProperties": 1, "propertyNames": map[string]any{"pattern": "^(Ref|Fn::.*)$"},
	}}
	root := s.object(s.resources[kind], defs)
	root["$defs"] = defs
	return root
}

func (s spec) object(definition any, defs map[string]any) map[string]any {
	properties, required := map[string]any{}, []any{}
	for name, p := range mapOf(at(definition, "properties")) {
		properties[name] = map[string]any{"anyOf": []any{s.of(at(p, "type"), defs), map[string]any{"$ref": "#/$defs/function"}}}
		if at(p, "required") == true {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties, "required": required}
}

func (s spec) of(kind any, defs map[string]any) any {
	orFunction := func(schema any) any {
		return map[string]any{"anyOf": []any{schema, map[string]any{"$ref": "#/$defs/function"}}}
	}
	switch at(kind, "type") {
	case "string":
		return map[string]any{"type": []any{"string", "number", "boolean"}}
	case "integer", "number":
		return map[string]any{"type": []any{"number", "string"}}
	case "boolean":
		return map[string]any{"enum": []any{true, false, "true", "false"}}
	case "array":
		return map[string]any{"type": "array", "items": orFunction(s.of(at(kind, "element"), defs))}
	case "map":
		return map[string]any{"type": "object", "additionalProperties": orFunction(s.of(at(kind, "element"), defs))}
	case "ref":
		id := textOf(at(kind, "reference", "$ref"))
		if _, made := defs[id]; !made {
			defs[id] = true // while it is being made; types may hold themselves
			defs[id] = s.object(s.types[id], defs)
		}
		return map[string]any{"$ref": "#/$defs/" + id}
	}
	return true // JSON, tags, unions: anything
}

// properties checks the properties of every plain resource, and says how many it knew.
func (s spec) properties(t *testing.T, resources map[string]any) (known int, faults []string) {
	t.Helper()
	for id, r := range resources {
		kind := textOf(at(r, "Type"))
		switch {
		case strings.HasPrefix(kind, "AWS::Serverless::"): // SAM's own schema has these
		case s.resources[kind] == nil:
			faults = append(faults, id+": there is no type "+kind)
		default:
			known++
			properties := at(r, "Properties")
			if properties == nil {
				properties = map[string]any{}
			}
			if err := valid(t, s.schema(kind), properties); err != nil {
				faults = append(faults, id+": "+err.Error())
			}
		}
	}
	return known, faults
}

func TestTheTemplateHasOnlyPropertiesThatAWSKnows(t *testing.T) {
	t.Parallel()
	s := readSpec(t)
	raw, err := readYAML(checkout(t), samFile)
	if err != nil {
		t.Fatal(err)
	}
	known, faults := s.properties(t, mapOf(raw["Resources"]))
	for _, fault := range faults {
		t.Error(fault)
	}
	if known < 20 {
		t.Errorf("only %d resources were looked at", known)
	}
}

func TestAPropertyThatAWSDoesNotKnowIsFound(t *testing.T) {
	t.Parallel()
	s := readSpec(t)
	for _, c := range []change{
		{samFile, "TreatMissingData:", "TreatMissing:", "DeadLettersAlarm"},
		{samFile, "DatapointsToAlarm: 3", "DataPointsToAlarm: 3", "NoTickAlarm"},
		{samFile, "SqsManagedSseEnabled: true", "SseEnabled: true", "DrawDeadLetters"},
		{samFile, "RetentionInDays:", "RetentionDays:", "AccessLogs"},
		{samFile, "MetricValue: '1'", "Value: '1'", "FinishedTicks"},
		{samFile, "Type: AWS::SQS::Queue", "Type: AWS::SQS::Queues", "DrawDeadLetters: there is no type"},
	} {
		files := copied(t)
		raw := strings.ReplaceAll(string(files[samFile].Data), c.old, c.new)
		files[samFile].Data = []byte(raw)
		changed, err := readYAML(files, samFile)
		if err != nil {
			t.Fatal(err)
		}
		_, faults := s.properties(t, mapOf(changed["Resources"]))
		if !strings.Contains(strings.Join(faults, "\n"), c.fault) {
			t.Errorf("%s for %s: %q", c.new, c.old, faults)
		}
	}
}

func TestTheFrameworkMakesOnlyPropertiesThatAWSKnows(t *testing.T) {
	t.Parallel()
	s := readSpec(t)
	var raw map[string]any
	if err := json.Unmarshal(packagedTemplate(t), &raw); err != nil {
		t.Fatal(err)
	}
	known, faults := s.properties(t, mapOf(raw["Resources"]))
	for _, fault := range faults {
		t.Error(fault)
	}
	if known < 30 {
		t.Errorf("only %d resources were looked at", known)
	}
}
