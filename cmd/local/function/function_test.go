package function_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"wxlottery/cmd/local/function"
)

func TestInstanceIsReusedAndToldItsTerms(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(nil)
		first := do(t, f, `{}`)
		settle(t, f)
		second := do(t, f, `{}`)
		if first.PID != second.PID || first.Call.ID == second.Call.ID {
			t.Errorf("two requests in a row: processes %d and %d, ids %s and %s", first.PID, second.PID, first.Call.ID, second.Call.ID)
		}
		if first.LeftMS < 50_000 || first.LeftMS > 60_000 {
			t.Errorf("time left is %d ms of 60,000", first.LeftMS)
		}
	})
}

func TestFunctionSeesOnlyTheEnvironmentItIsGiven(t *testing.T) {
	t.Setenv("LEAK", "yes")
	onEachCloud(t, func(t *testing.T, newToy maker) {
		env := do(t, newToy(func(c *function.Config) { c.Env = []string{"HOME=/nowhere"} }), `{}`).Env
		for _, want := range []string{"COLOUR=blue", "HOME=/nowhere", "TZ=UTC"} {
			if !slices.Contains(env, want) {
				t.Errorf("%s is missing in %q", want, env)
			}
		}
		if slices.Contains(env, "LEAK=yes") {
			t.Error("the parent's environment leaked")
		}
	})
}

func TestFunctionErrorIsReportedAndTheInstanceLives(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(nil)
		before := do(t, f, `{}`)
		settle(t, f)
		_, err := f.Invoke(t.Context(), []byte(`{"do":"error"}`))
		if fe := (*function.Error)(nil); !errors.As(err, &fe) || !strings.Contains(string(fe.Payload), "as ordered") {
			t.Fatalf("error is %v", err)
		}
		settle(t, f)
		if after := do(t, f, `{}`); after.PID != before.PID {
			t.Error("an ordinary error cost the instance")
		}
	})
}

func TestOversizedAnswerFails(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		_, err := newToy(nil).Invoke(t.Context(), []byte(`{"do":"big"}`))
		if fe := (*function.Error)(nil); !errors.As(err, &fe) || !strings.Contains(string(fe.Payload), "TooLarge") {
			t.Fatalf("error is %v", err)
		}
	})
}

func TestCloseLeavesNoProcessAndRefusesRequests(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(func(c *function.Config) { c.Cap = 2 })
		idle := do(t, f, `{}`)
		busy := hold(t, "never")
		ended := make(chan error, 1)
		go func() { _, err := f.Invoke(context.Background(), []byte(busy.event)); ended <- err }()
		eventually(t, "at work", busy.begun)
		f.Close()
		if alive(idle.PID) || len(f.Stats().Instances) != 0 {
			t.Error("a process is left")
		}
		if err := <-ended; !errors.Is(err, function.ErrCrashed) {
			t.Errorf("the request in flight: %v", err)
		}
		if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, function.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}
