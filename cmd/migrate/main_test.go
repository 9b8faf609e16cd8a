package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"wxlottery/internal/testdb"
)

func output(t *testing.T, dsn string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(context.Background(), &out, args, []string{"DB_DSN=" + dsn}); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out.String()
}

func TestUpAppliesOnceAndStatusTells(t *testing.T) {
	t.Parallel()
	dsn := testdb.Empty(t)
	if text := output(t, dsn, "status"); !strings.Contains(text, "00001_lottery: pending") {
		t.Errorf("before: %s", text)
	}
	if text := output(t, dsn, "up"); !strings.Contains(text, "applied 00001_lottery") {
		t.Errorf("up: %s", text)
	}
	if text := output(t, dsn, "up"); !strings.Contains(text, "nothing to apply") {
		t.Errorf("up again: %s", text)
	}
	if text := output(t, dsn, "status"); !strings.Contains(text, "00001_lottery: applied 20") {
		t.Errorf("after: %s", text)
	}
}

func TestWrongUseSaysHow(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"down"}, {"up", "up"}} {
		if err := run(context.Background(), &bytes.Buffer{}, args, []string{"DB_DSN=u:p@tcp(127.0.0.1:1)/x"}); !errors.Is(err, errUsage) {
			t.Errorf("%v: %v", args, err)
		}
	}
	for _, c := range []struct {
		want     string
		settings []string
	}{
		{"DB_DSN is not set", nil},
		{"DB_DSN is neither", []string{"DB_DSN=user:hunter2 is no DSN"}},
		{"DB_TLS_CA", []string{"DB_DSN=user:hunter2@tcp(127.0.0.1:1)/x?tls=true", "DB_TLS_CA=hunter2"}},
		{"DB_SET_SESSION is not true or false", []string{"DB_DSN=user:hunter2@tcp(127.0.0.1:1)/x", "DB_SET_SESSION=hunter2"}},
	} {
		err := run(context.Background(), &bytes.Buffer{}, []string{"up"}, c.settings)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", c.want, err)
		}
	}
}
