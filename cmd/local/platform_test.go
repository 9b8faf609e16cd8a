package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTimerEventsHaveTheFormOfTheirCloud(t *testing.T) {
	t.Parallel()
	for cloud, want := range map[string]string{"aws": `"detail":{}`, "scf": `"Message":""`} {
		if got := platforms[cloud].tick(time.Now(), ""); !strings.Contains(string(got), want) {
			t.Errorf("%s: without a message it is %s", cloud, got)
		}
	}
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.FixedZone("", 3600))
	for cloud, want := range map[string]map[string]any{
		"aws": {
			"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "account": "000000000000", "region": "local",
			"resources": []any{"arn:aws:events:local:000000000000:rule/tick"}, "time": "2026-03-01T07:00:00Z",
			"detail": map[string]any{"horizon": "0s"},
		},
		"scf": {"Type": "Timer", "TriggerName": "tick", "Time": "2026-03-01T07:00:00Z", "Message": `{"horizon":"0s"}`},
	} {
		var got map[string]any
		if err := json.Unmarshal(platforms[cloud].tick(at, `{"horizon":"0s"}`), &got); err != nil {
			t.Fatal(err)
		}
		delete(got, "id")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", cloud, diff)
		}
	}
}
