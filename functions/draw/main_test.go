package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/servicetest"
	"wxlottery/shared/cloud"
)

// TestTheWorkerIsOpenedAtATickAndKept starts before the variables are there, as some platforms do.
func TestTheWorkerIsOpenedAtATickAndKept(t *testing.T) {
	s := servicetest.New(t)
	for _, name := range []string{"DB_DSN", "MASTER_KEYS"} {
		t.Setenv(name, "")
	}
	var w lazyWorker
	if err := w.tick(context.Background(), cloud.Timer{}); err == nil || !strings.Contains(err.Error(), "DB_DSN") {
		t.Errorf("without variables: %v", err)
	}
	t.Setenv("DB_DSN", s.DSN)
	t.Setenv("MASTER_KEYS", "1:"+strings.Repeat("0f", 32))
	t.Setenv("TICK_HORIZON", "7s")
	look := func() {
		if err := w.tick(context.Background(), cloud.Timer{Message: `{"horizon":"0s"}`}); err != nil {
			t.Fatal(err)
		}
	}
	look()
	first := w.worker
	look()
	if w.worker != first || w.horizon != 7*time.Second {
		t.Errorf("another worker, or horizon %s", w.horizon)
	}
	if err := w.tick(context.Background(), cloud.Timer{Message: `{"horizon":"yesterday"}`}); err == nil {
		t.Error("the timer's message is not read")
	}
}

func TestTheHorizonIsTheTimersToSay(t *testing.T) {
	for message, want := range map[string]time.Duration{
		"": time.Minute, "{}": time.Minute, "null": time.Minute, `{"other":1}`: time.Minute, "not JSON": time.Minute,
		`{"horizon":"0s"}`: 0, `{"horizon":"90s"}`: 90 * time.Second,
	} {
		if got, err := horizon(message, time.Minute); err != nil || got != want {
			t.Errorf("%q: %s, %v", message, got, err)
		}
	}
	for _, message := range []string{`{"horizon":"soon"}`, `{"horizon":"-1s"}`, `{"horizon":"2h"}`} {
		if _, err := horizon(message, time.Minute); err == nil {
			t.Errorf("%q is accepted", message)
		}
	}
}
