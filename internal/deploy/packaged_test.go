package deploy

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// packagedTemplate is what the Serverless Framework made of its file, in the folder that LOTTERY_PACKAGED names; .ci/osls
// makes it.
func packagedTemplate(t *testing.T) []byte {
	t.Helper()
	dir := os.Getenv("LOTTERY_PACKAGED")
	if dir == "" {
		t.Skip("LOTTERY_PACKAGED names no folder with a packaged service")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "cloudformation-template-update-stack.json"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTheFrameworkMakesOfItsFileWhatIsMeant(t *testing.T) {
	t.Parallel()
	faults, err := CheckPackaged(checkout(t), packagedTemplate(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}

func TestAMistakeOfTheFrameworkIsFound(t *testing.T) {
	t.Parallel()
	raw := packagedTemplate(t)
	for _, c := range []struct{ old, new, fault string }{
		{`"Runtime": "provided.al2023"`, `"Runtime": "go1.x"`, "login: runtime"},
		{`"arm64"`, `"x86_64"`, "login: architecture"},
		{`"RouteKey": "PATCH /login"`, `"RouteKey": "PUT /login"`, "login: route PATCH /login is missing"},
		{`"PayloadFormatVersion": "2.0"`, `"PayloadFormatVersion": "1.0"`, "login: route POST /login is missing"},
		{`"ScheduleExpression": "rate(1 minute)"`, `"ScheduleExpression": "rate(1 hour)"`, "not every minute"},
		{`"ScheduleExpression": "rate(1 minute)"`, `"ScheduleExpression": "rate(1 minute)", "EndDate": "2027-01-01T00:00:00Z"`, "the schedule does not run at all times"},
		{`"State": "ENABLED"`, `"State": "DISABLED"`, "the schedule does not run"},
		{`"MaximumRetryAttempts": 0`, `"MaximumRetryAttempts": 2`, "a failed tick is tried again"},
		{`"MaximumEventAgeInSeconds": 120`, `"MaximumEventAgeInSeconds": 21600`, "a tick may wait 21600 s"},
		{`"BEACON": "drand"`, `"BEACON": "public"`, "events would not start: config: BEACON is neither"},
		{`"MIN_LEAD": "2m"`, `"MIN_LEAD": "90s"`, "events would not start: config: MIN_LEAD is less than"},
		{`"NOTIFY_RATE": "100"`, `"NOTIFY_RATE": "0"`, "draw would not start: config: NOTIFY_RATE is not 1 to 10000"},
		{`"RouteKey": "GET /events/{id}/qrcode"`, `"RouteKey": "GET /events/{id}/code"`, "events: route GET /events/{id}/qrcode is missing"},
		{`"RoleArn"`, `"Role"`, "the schedule has no role"},
		{`"RetryPolicy"`, `"Retries"`, "the schedule tries again too long"},
		{`"DeadLetterConfig"`, `"DeadLetters"`, "a tick is lost when it is not delivered"},
		{`"OnFailure"`, `"OnSuccess"`, "a failed tick is lost"},
		{`"LogFormat": "JSON"`, `"LogFormat": "Text"`, "login does not log JSON"},
		{`"Ref": "HttpApiIntegrationJoin"`, `"Ref": "HttpApiIntegrationEvents"`, "events: route"},
		{`"LoginRole",`, `"JoinRole",`, "login has not the role LoginRole"},
		{`"$default"`, `"prod"`, "the stage is not $default"},
		{`"DefaultRouteSettings"`, `"Settings"`, "routes have no limits"},
		{`"ServerlessDeploymentBucket"`, `"Bucket"`, "Bucket does not exist"},
		{`"RetentionInDays": 30`, `"RetentionInDays": 0`, "login logs for ever"},
		{`"Action": "secretsmanager:GetSecretValue"`, `"Action": "ssm:GetParameter"`, "login may not read"},
	} {
		if !bytes.Contains(raw, []byte(c.old)) {
			t.Errorf("there is no %s", c.old)
			continue
		}
		faults, err := CheckPackaged(checkout(t), bytes.Replace(raw, []byte(c.old), []byte(c.new), 1))
		if err != nil || !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.fault) }) {
			t.Errorf("%s for %s: nobody says %q; found %q, %v", c.new, c.old, c.fault, faults, err)
		}
	}
}
