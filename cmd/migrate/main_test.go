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
	if err := run(context.Background(), &out, args, dsn, ""); err != nil {
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
	for _, c := range []struct {
		dsn  string
		args []string
	}{{"x", nil}, {"x", []string{"down"}}, {"x", []string{"up", "up"}}, {"", []string{"up"}}} {
		if err := run(context.Background(), &bytes.Buffer{}, c.args, c.dsn, ""); !errors.Is(err, errUsage) {
			t.Errorf("%v: %v", c, err)
		}
	}
	err := run(context.Background(), &bytes.Buffer{}, []string{"up"}, "user:hunter2 is no DSN", "")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a bad DSN: %v", err)
	}
}
