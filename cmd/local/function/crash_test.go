package function_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/internal/testlog"
)

func TestCrashFailsOneRequestAndTheNextGetsANewInstance(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(nil)
		before := do(t, f, `{}`)
		settle(t, f)
		if _, err := f.Invoke(t.Context(), []byte(`{"do":"crash"}`)); !errors.Is(err, function.ErrCrashed) {
			t.Fatalf("error is %v", err)
		}
		if after := do(t, f, `{}`); after.PID == before.PID {
			t.Error("the crashed process answered")
		}
		if s := f.Stats(); s.Crashes != 1 || s.Starts != 2 || s.ColdStarts != 2 || s.Invocations != 3 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestCrashAtStartFailsTheRequest(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		log := new(testlog.Buffer)
		f := newToy(func(c *function.Config) { c.Env, c.Log = []string{"TOY_START=crash"}, log })
		if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, function.ErrCrashed) {
			t.Fatalf("error is %v", err)
		}
		if got := log.String(); got != "toy | toy: no start today\n" {
			t.Errorf("log is %q", got)
		}
		if s := f.Stats(); s.ColdStarts != 0 || s.Crashes != 1 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestInstanceThatDiedIdleCostsNoRequest(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(nil)
		before := do(t, f, `{}`)
		settle(t, f)
		syscall.Kill(before.PID, syscall.SIGKILL)
		eventually(t, "gone", func() bool { return len(f.Stats().Instances) == 0 })
		if after := do(t, f, `{}`); after.PID == before.PID {
			t.Error("a dead process answered")
		}
	})
}

func TestInstanceIsKilledAtTheDeadline(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(func(c *function.Config) { c.Timeout = 300 * time.Millisecond })
		begin := time.Now()
		if _, err := f.Invoke(t.Context(), []byte(`{"do":"hang"}`)); !errors.Is(err, function.ErrTimeout) {
			t.Fatalf("error is %v", err)
		}
		if took := time.Since(begin); took < 300*time.Millisecond {
			t.Errorf("killed after %v already", took)
		}
		do(t, f, `{}`)
		if s := f.Stats(); s.Timeouts != 1 || s.Crashes != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestPanicIsReportedAndTheProcessReplaced(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(nil)
		before := do(t, f, `{}`)
		settle(t, f)
		_, err := f.Invoke(t.Context(), []byte(`{"do":"panic"}`))
		if fe := (*function.Error)(nil); !errors.As(err, &fe) || !strings.Contains(string(fe.Payload), `"errorMessage":"toy: as ordered"`) {
			t.Fatalf("error is %v", err)
		}
		eventually(t, "gone", func() bool { return len(f.Stats().Instances) == 0 })
		if after := do(t, f, `{}`); after.PID == before.PID {
			t.Error("the process that panicked answered")
		}
	})
}

func TestCrashMakesRoomForTheWaiting(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(func(c *function.Config) { c.Cap = 1 })
		first := hold(t, "crash")
		failed := make(chan error, 1)
		go func() { _, err := f.Invoke(context.Background(), []byte(first.event)); failed <- err }()
		eventually(t, "at work", first.begun)
		served := make(chan bool)
		go func() { do(t, f, `{}`); close(served) }()
		eventually(t, "waits", func() bool { return f.Waiting() == 1 })
		first.open()
		<-served
		if err := <-failed; !errors.Is(err, function.ErrCrashed) {
			t.Errorf("error is %v", err)
		}
	})
}
