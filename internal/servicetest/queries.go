package servicetest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"wxlottery/shared/cloud"
	"wxlottery/shared/store"
)

// Queries returns how many statements a request needed, as its log line says. call makes one request, under cloud.Wrap. The
// test must not be parallel: the logger and the count are the process's own.
func Queries(t testing.TB, call func()) int {
	t.Helper()
	cloud.Count("queries", store.Statements) // as the functions do at their start
	var log bytes.Buffer
	usual := slog.Default()
	defer slog.SetDefault(usual)
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	call()
	found := -1
	for line := range bytes.Lines(log.Bytes()) {
		var record struct {
			Msg     string
			Queries *int
		}
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if record.Msg == "request" && record.Queries != nil {
			found = *record.Queries
		}
	}
	if found < 0 {
		t.Fatalf("no request says how many queries it made:\n%s", &log)
	}
	return found
}
