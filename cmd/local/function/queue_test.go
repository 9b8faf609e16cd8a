package function_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
)

func TestRequestsAtTheSameTimeGetInstancesOfTheirOwn(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(nil)
		a, b := hold(t, "a"), hold(t, "b")
		pids := make(chan int, 2)
		for _, h := range []held{a, b} {
			go func() { pids <- do(t, f, h.event).PID }()
		}
		eventually(t, "both at work", func() bool { return a.begun() && b.begun() })
		a.open()
		b.open()
		if one, other := <-pids, <-pids; one == other {
			t.Error("one process served two requests at once")
		}
	})
}

func TestRequestAboveTheCapWaitsForAnInstanceInTurn(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(func(c *function.Config) { c.Cap = 1 })
		first := hold(t, "first")
		var order [4]string // what the process served as its first, second, third
		var all sync.WaitGroup
		call := func(name, event string) { all.Go(func() { order[do(t, f, event).Nth] = name }) }
		call("first", first.event)
		eventually(t, "first at work", first.begun)
		call("second", `{}`)
		eventually(t, "second waits", func() bool { return f.Waiting() == 1 })
		call("third", `{}`)
		eventually(t, "third waits", func() bool { return f.Waiting() == 2 })
		first.open()
		all.Wait()
		if order != [4]string{"", "first", "second", "third"} {
			t.Errorf("order %q", order)
		}
		if s := f.Stats(); s.Starts != 1 || s.Throttles != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestWaitingRequestIsThrottledInTheEnd(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(func(c *function.Config) { c.Cap, c.Wait = 1, 50*time.Millisecond })
		first := hold(t, "first")
		done := make(chan bool)
		go func() { do(t, f, first.event); close(done) }()
		eventually(t, "at work", first.begun)
		if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, function.ErrThrottled) {
			t.Errorf("error is %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := f.Invoke(ctx, []byte(`{}`)); !errors.Is(err, function.ErrThrottled) {
			t.Errorf("a caller that left: error is %v", err)
		}
		first.open()
		<-done
		if n := f.Waiting(); n != 0 {
			t.Errorf("%d requests wait for ever", n)
		}
	})
}

func TestTryInvokeNeverWaits(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(func(c *function.Config) { c.Cap = 1 })
		first := hold(t, "first")
		done := make(chan bool)
		go func() { do(t, f, first.event); close(done) }()
		eventually(t, "at work", first.begun)
		if _, err := f.TryInvoke([]byte(`{}`)); !errors.Is(err, function.ErrThrottled) {
			t.Errorf("error is %v", err)
		}
		if s := f.Stats(); s.Throttles != 1 || s.Invocations != 1 {
			t.Errorf("stats %+v", s)
		}
		first.open()
		<-done
	})
}

func TestManyRequestsAreAllAnswered(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(func(c *function.Config) { c.Cap = 4 })
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				for range 10 {
					do(t, f, `{}`)
				}
			})
		}
		all.Wait()
		if s := f.Stats(); s.Invocations != 200 || s.Starts > 4 || s.Crashes != 0 {
			t.Errorf("stats %+v on %d processors", s, runtime.NumCPU())
		}
	})
}
