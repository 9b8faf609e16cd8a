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
	must(t, w.tick(context.Background(), cloud.Timer{Message: `{"horizon":"0s"}`}))
	first := w.worker
	must(t, w.tick(context.Background(), cloud.Timer{Message: `{"horizon":"0s"}`}))
	if w.worker != first || first.horizon != 7*time.Second {
		t.Errorf("another worker, or horizon %s", first.horizon)
	}
	if err := w.tick(context.Background(), cloud.Timer{Message: `{"horizon":"yesterday"}`}); err == nil {
		t.Error("the timer's message is not read")
	}
}
