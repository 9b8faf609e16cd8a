package main

import (
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/internal/checkout"
	"wxlottery/internal/testdb"
)

// newMigrate is the invoke-only function, which the local cloud does not need: it migrates by itself.
func newMigrate(t *testing.T, p platform, dsn string) *function.Function {
	t.Helper()
	b := build{dir: t.TempDir(), tags: p.tags, commit: "test"}
	if out, err := exec.Command("go", append(b.arguments(), checkout.Module+"/functions/migrate")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f := function.New(function.Config{
		Name: "migrate", Path: b.path("migrate"), Protocol: p.protocol, Env: baseEnv(), Variables: map[string]string{"DB_DSN": dsn},
		Cap: 1, Timeout: time.Minute, Wait: time.Minute,
	})
	t.Cleanup(f.Close)
	return f
}

func TestMigrateFunctionBringsAnEmptyDatabaseUp(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, cloud string) {
		f := newMigrate(t, platforms[cloud], testdb.Empty(t))
		for _, step := range []struct{ event, want string }{
			{`{"command":"status"}`, `^{"migrations":\[{"name":"00001_lottery","applied_at":null}`},
			{`{"command":"up"}`, `^{"applied":\["00001_lottery"`},
			{`{"command":"up"}`, `^{"applied":\[\]`},
			{`{"command":"status"}`, `^{"migrations":\[{"name":"00001_lottery","applied_at":"20[^"]*Z"}`},
		} {
			answer, err := f.Invoke(t.Context(), []byte(step.event))
			if err != nil || !regexp.MustCompile(step.want).Match(answer) {
				t.Errorf("%s: %s, %v", step.event, answer, err)
			}
		}
		_, err := f.Invoke(t.Context(), []byte(`{"command":"down"}`))
		if reported := (*function.Error)(nil); !errors.As(err, &reported) || !strings.Contains(string(reported.Payload), `{\"command\":\"up\"}`) {
			t.Errorf("an unknown command: %v", err)
		}
		if s := f.Stats(); s.Starts != 1 {
			t.Errorf("stats %+v", s)
		}
	})
}
