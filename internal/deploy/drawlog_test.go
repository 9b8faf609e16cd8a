package deploy

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"wxlottery/shared/store/migrate"
)

// oneTick runs the draw function as a process, under a Runtime API that has one event for it, and returns the log record of
// that tick.
func oneTick(t *testing.T, binary string, env ...string) string {
	t.Helper()
	events := make(chan string, 1)
	events <- `{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.scheduler","time":"2026-11-24T12:00:00Z","detail":"{}"}`
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case event := <-events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(20*time.Second).UnixMilli()))
			fmt.Fprint(w, event)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	api := httptest.NewServer(mux)
	t.Cleanup(api.Close)

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = append(env, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"))
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cancel()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var record struct{ Msg string }
		if json.Unmarshal(lines.Bytes(), &record) == nil && record.Msg == "tick" {
			return lines.Text()
		}
	}
	t.Fatal("the tick left no record")
	return ""
}

func TestTheAlarmsReadWhatTheDrawLogs(t *testing.T) {
	t.Parallel()
	raw, err := readYAML(checkout(t), samFile)
	if err != nil {
		t.Fatal(err)
	}
	filters := (&template{resources: mapOf(raw["Resources"])}).filters()
	dir := t.TempDir()
	binary := filepath.Join(dir, "draw")
	build := exec.Command("go", "build", "-tags", "lambda.norpc sqlite", "-o", binary, "wxlottery/functions/draw")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	dsn := "sqlite:" + filepath.Join(dir, "lottery.db")
	if _, err := migrate.Up(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	keys := "MASTER_KEYS=1:" + strings.Repeat("0f", 32)
	good := oneTick(t, binary, "DB_DSN="+dsn, keys, "TICK_HORIZON=100ms")
	bad := oneTick(t, binary, keys)

	for _, tt := range []struct {
		metric, record string
		counted        bool
	}{
		{"FinishedTicks", good, true},
		{"FinishedTicks", bad, false},
		{"OverdueDraws", good, true},
		{"WaitingTicks", `{"msg":"waiting","level":"INFO"}`, true}, // as functions/draw is tested to write it
		{"WaitingTicks", good, false},
	} {
		got, err := matches(filters[tt.metric][0], tt.record)
		if err != nil || got != tt.counted {
			t.Errorf("%s counts %s: %v, %v", tt.metric, tt.record, got, err)
		}
	}
	var record map[string]any
	if err := json.Unmarshal([]byte(good), &record); err != nil {
		t.Fatal(err)
	}
	if field := strings.TrimPrefix(filters["OverdueDraws"][1], "$."); record[field] != 0.0 {
		t.Errorf("the value of OverdueDraws is %v", record[field])
	}
	for _, id := range []string{"FinishedTicks", "WaitingTicks"} {
		if filters[id][1] != "1" {
			t.Errorf("%s counts %s", id, filters[id][1])
		}
	}
}
