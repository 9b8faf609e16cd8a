package deploy

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// valid checks a value against a schema.
func valid(t *testing.T, schema, v any) error {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("schema.json", plain(t, schema)); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Validate(plain(t, v))
}

// validTemplate checks template.yaml of files against a schema.
func validTemplate(t *testing.T, files fs.FS, schema any) error {
	t.Helper()
	raw, err := readYAML(files, samFile)
	if err != nil {
		t.Fatal(err)
	}
	return valid(t, schema, raw)
}

// plain makes of a value what the validator's own reader would.
func plain(t *testing.T, v any) any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func ownSchema(t *testing.T) any {
	t.Helper()
	schema, err := readYAML(os.DirFS("testdata"), "template.schema.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestTheTemplateHasNoPropertyThatSAMDoesNotKnow(t *testing.T) {
	t.Parallel()
	if err := validTemplate(t, checkout(t), ownSchema(t)); err != nil {
		t.Error(err)
	}
}

func TestAMisspellingInTheTemplateIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []change{
		{samFile, "AccessLogSettings:", "AccessLogSetting:", ""},
		{samFile, "EventInvokeConfig:", "EventInvokeConfiguration:", ""},
		{samFile, "ScheduleExpression: rate(1 minute)", "Schedule: rate(1 minute)", ""},
		{samFile, "Type: List<AWS::EC2::Subnet::Id>", "Type: List<Subnet>", ""},
		{samFile, "Conditions:", "Condition:", ""},
		{samFile, "!Equals [!Ref AlarmTopicArn, '']", "!Equal [!Ref AlarmTopicArn, '']", ""},
		{samFile, "Type: AWS::Serverless::HttpApi", "Type: AWS::Serverless::Api", ""},
		{samFile, "DeadLetterConfig:", "DeadLetterQueue:", ""},
		{samFile, "LogGroup: !Ref LoginLogs", "LogGroupName: !Ref LoginLogs", ""},
		{samFile, "Memory", "Memory", ""},
	} {
		files := copied(t)
		c.apply(t, files)
		if err := validTemplate(t, files, ownSchema(t)); (err == nil) != (c.old == c.new) {
			t.Errorf("%s for %s: %v", c.new, c.old, err)
		}
	}
}

// TestTheTemplateIsValidByTheSchemaOfSAM takes the schema that AWS publishes with SAM (sam.schema.json of its repository), where
// LOTTERY_SAM_SCHEMA says where it is.
func TestTheTemplateIsValidByTheSchemaOfSAM(t *testing.T) {
	t.Parallel()
	name := os.Getenv("LOTTERY_SAM_SCHEMA")
	if name == "" {
		t.Skip("LOTTERY_SAM_SCHEMA names no schema")
	}
	if err := validTemplate(t, checkout(t), readSchema(t, name)); err != nil {
		t.Error(err)
	}
}

func readSchema(t *testing.T, name string) (schema any) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestASchemaFromAFileIsApplied(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "schema.json")
	schema := `{"$schema":"http://json-schema.org/draft-04/schema#","properties":{"Resources":{"required":["Q"]}}}`
	if err := os.WriteFile(name, []byte(schema), 0o600); err != nil {
		t.Fatal(err)
	}
	for template, ok := range map[string]bool{"Resources: {Q: {}}": true, "Resources: {R: {}}": false} {
		err := validTemplate(t, fstest.MapFS{samFile: {Data: []byte(template)}}, readSchema(t, name))
		if (err == nil) != ok {
			t.Errorf("%s: %v", template, err)
		}
	}
}
