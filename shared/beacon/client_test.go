package beacon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/internal/drandsim"
	"wxlottery/shared/vdraw"
)

// wantRound checks that a round is had, and is the true one.
func wantRound(t *testing.T, c *Client, round uint64) {
	t.Helper()
	got, err := c.Round(t.Context(), round)
	if err != nil {
		t.Fatal(err)
	}
	if want := recorded(t)[round]; got != want {
		t.Errorf("round %d is %s, want %s", round, got, want)
	}
}

// wantError checks of which kind the failure to get a round is, and what is said about it.
func wantError(t *testing.T, c *Client, round uint64, kind error, text string) {
	t.Helper()
	got, err := c.Round(t.Context(), round)
	if !errors.Is(err, kind) || !strings.Contains(fmt.Sprint(err), text) {
		t.Errorf("error %v, want %q and in it %q", err, kind, text)
	}
	if both := errors.Is(err, ErrNotYet) && errors.Is(err, ErrUnavailable); both || got != (vdraw.Signature{}) {
		t.Errorf("%s and the error %v, want one kind of error and nothing else", got, err)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Errorf("%v looks like the end of the caller's context", err)
	}
}

// took checks how long something takes by the clock of the bubble.
func took(t *testing.T, want time.Duration, f func()) {
	t.Helper()
	begin := time.Now()
	f()
	if got := time.Since(begin); got != want {
		t.Errorf("took %s, want %s", got, want)
	}
}

func TestRealRoundsAreAccepted(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.relay("a")
		c := w.client(Options{}, "a")
		for _, v := range testVectors(t).Valid {
			wantRound(t, c, v.Round)
			if got := c.known.known[v.Round].Beacon(); got != v.Randomness {
				t.Errorf("the randomness of round %d is %s, want %s", v.Round, got, v.Randomness)
			}
		}
	})
}

func TestADevelopmentChainIsAChainLikeAnyOther(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		key, err := drandsim.NewKey(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		w.serve("a", drandsim.New(drandsim.Config{Key: key, Now: longAfter}))
		c := w.client(Options{}, "a")
		c.chain = key.Chain()
		if got, err := c.Round(t.Context(), 7); err != nil || got != key.Sign(7) {
			t.Errorf("%s, %v", got, err)
		}
	})
}

func TestARelayOfAnotherChainIsOnlySilent(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		key, err := drandsim.NewKey(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		w.serve("a", drandsim.New(drandsim.Config{Chain: vdraw.Quicknet(), Key: key, Now: longAfter}))
		c := w.client(Options{}, "a")
		wantError(t, c, 1000, ErrUnavailable, "a: a wrong signature")
		c.chain = key.Chain()
		wantError(t, c, 1000, ErrUnavailable, "a: HTTP status 500")
	})
}

func TestABadSignatureIsOnlyASilentRelay(t *testing.T) {
	t.Parallel()
	for _, l := range lies(t) {
		t.Run(l.id, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.says("liar", http.StatusOK, l.answer())
				w.relay("good")
				want := "liar: an answer that is not a round"
				if l.shaped() {
					want = "liar: a wrong signature"
				}
				wantError(t, w.client(Options{}, "liar"), l.round, ErrUnavailable, want)
				if _, ok := recorded(t)[l.round]; ok {
					wantRound(t, w.client(Options{}, "liar", "good"), l.round)
				}
			})
		})
	}
}

func TestEveryFaultIsOnlyASilentRelay(t *testing.T) {
	t.Parallel()
	for kind, want := range map[drandsim.Kind]struct {
		err  error
		text string
		took time.Duration
	}{
		drandsim.Hang:         {ErrUnavailable, "no answer within 2s", 2 * time.Second},
		drandsim.Stall:        {ErrUnavailable, "no answer within 2s", 2 * time.Second},
		drandsim.Down:         {ErrUnavailable, "the connection was closed", 0},
		drandsim.Garbage:      {ErrUnavailable, "an answer that is not a round", 0},
		drandsim.Huge:         {ErrUnavailable, "an answer over 4096 bytes", 0},
		drandsim.Redirect:     {ErrUnavailable, "HTTP status 302", 0},
		drandsim.Error:        {ErrUnavailable, "HTTP status 500", 0},
		drandsim.WrongRound:   {ErrUnavailable, "another round", 0},
		drandsim.BadSignature: {ErrUnavailable, "a wrong signature", 0},
		drandsim.NotFound:     {ErrNotYet, "not out yet", 0},
		drandsim.TooEarly:     {ErrNotYet, "not out yet", 0},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.bad("bad", kind)
				w.relay("good")
				took(t, want.took, func() { wantError(t, w.client(Options{}, "bad"), 1000, want.err, "bad: "+want.text) })
				took(t, 0, func() { wantRound(t, w.client(Options{}, "bad", "good"), 1000) })
				patient := w.client(Options{AtOnce: 1}, "bad", "good")
				took(t, min(want.took, defaultHedge), func() { wantRound(t, patient, 1000) })
			})
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		sim := w.relay("a")
		set(t, sim, drandsim.Fault{Kind: drandsim.Redirect, Times: 1}) // who follows it is given the round
		wantError(t, w.client(Options{}, "a"), 1000, ErrUnavailable, "HTTP status 302")
		if n := len(sim.Log()); n != 1 {
			t.Errorf("the relay was asked %d times", n)
		}
	})
}

func TestAnAnswersRandomnessIsIgnored(t *testing.T) {
	t.Parallel()
	for _, randomness := range []string{`"` + strings.Repeat("00", 32) + `"`, `"no hex"`, `7`, `null`, `{"a":[]}`} {
		inWorld(t, func(t *testing.T, w *world) {
			w.says("a", http.StatusOK, fmt.Sprintf(`{"round":1000,"randomness":%s,"signature":"%s"}`, randomness, recorded(t)[1000]))
			wantRound(t, w.client(Options{}, "a"), 1000)
		})
	}
}

func TestARoundThatIsNotOutIsAskedForAgain(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		chain, begin := vdraw.Quicknet(), time.Now()
		now := func() time.Time { return time.Unix(int64(chain.RoundTime(1000))-3, 0).Add(time.Since(begin)) }
		sim := drandsim.New(drandsim.Config{Chain: chain, Recorded: recorded(t), Now: now})
		w.serve("a", sim)
		c := w.client(Options{}, "a")
		wantError(t, c, 1000, ErrNotYet, "a: not out yet")
		time.Sleep(2 * time.Second)
		wantError(t, c, 1000, ErrNotYet, "a: not out yet")
		time.Sleep(time.Second)
		wantRound(t, c, 1000)
		set(t, sim, drandsim.Fault{Kind: drandsim.NotFound, Times: 1})
		wantError(t, c, 255, ErrNotYet, "a: not out yet")
		wantRound(t, c, 255)
	})
}

func TestOneRelayThatSaysNotYetIsEnough(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.bad("early", drandsim.TooEarly)
		w.bad("broken", drandsim.Error)
		w.bad("gone", drandsim.Down)
		w.bad("stuck", drandsim.Hang)
		w.relay("good")
		wantError(t, w.client(Options{}, "broken", "early", "stuck", "gone"), 1000, ErrNotYet, "broken: HTTP status 500")
		wantError(t, w.client(Options{}, "broken", "gone"), 1000, ErrUnavailable, "gone: the connection was closed")
		wantRound(t, w.client(Options{}, "early", "good"), 1000)
	})
}

func TestARoundIsFetchedOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		sim := w.relay("a")
		c := w.client(Options{}, "a")
		for range 3 {
			wantRound(t, c, 1000)
		}
		set(t, sim, drandsim.Fault{Kind: drandsim.Down})
		wantRound(t, c, 1000)
		if d := cmp.Diff([]drandsim.Call{{Round: 1000}}, sim.Log()); d != "" {
			t.Errorf("requests (-want +got):\n%s", d)
		}
	})
}

func TestAFetchThatBeginsTooLateAsksNobody(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		sim := w.relay("a")
		c := w.client(Options{}, "a")
		wantRound(t, c, 1000)
		got, err := c.fetch(t.Context(), 1000) // as for a caller who looked into the memory just before the fetch ended
		if err != nil || got != recorded(t)[1000] || len(sim.Log()) != 1 {
			t.Errorf("%s after %d requests, %v", got, len(sim.Log()), err)
		}
	})
}

func TestTheMemoryForgetsTheOldestRound(t *testing.T) {
	t.Parallel()
	var m memory
	for round := range uint64(memoryLimit + 1) {
		m.put(round+1, vdraw.Signature{byte(round)})
		m.put(round+1, vdraw.Signature{})
	}
	if _, ok := m.get(1); ok || len(m.known) != memoryLimit || len(m.order) != memoryLimit {
		t.Errorf("%d rounds are known, the oldest of all: %v", len(m.known), ok)
	}
	if s, ok := m.get(2); !ok || s[0] != 1 {
		t.Errorf("the second round is %s, %v", s, ok)
	}
}

func TestCallersOfOneRoundShareOneFetch(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		sim := w.relay("a")
		set(t, sim, drandsim.Fault{Kind: drandsim.Slow, MS: 100})
		c := w.client(Options{}, "a")
		took(t, 100*time.Millisecond, func() {
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() { wantRound(t, c, 1000) })
				all.Go(func() { wantRound(t, c, 1001) })
			}
			all.Wait()
		})
		if n := len(sim.Log()); n != 2 {
			t.Errorf("the relay was asked %d times, want once for each round", n)
		}
	})
}

func TestACallerWhoLeavesDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		sim := w.relay("a")
		set(t, sim, drandsim.Fault{Kind: drandsim.Slow, MS: 100})
		c := w.client(Options{}, "a")
		ctx, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := c.Round(ctx, 1000); !errors.Is(err, context.Canceled) {
				t.Errorf("the caller who left is told %v", err)
			}
		})
		synctest.Wait() // the fetch is the first caller's
		all.Go(func() { wantRound(t, c, 1000) })
		synctest.Wait()
		took(t, 0, func() { leave(); synctest.Wait() })
		all.Wait()
		if n := len(sim.Log()); n != 1 {
			t.Errorf("the relay was asked %d times", n)
		}
	})
}

func TestACallersDeadlineIsHonouredAtOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		sim := w.bad("a", drandsim.Hang)
		c := w.client(Options{}, "a")
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer cancel()
		for _, step := range []struct {
			round uint64
			took  time.Duration
		}{{1000, 150 * time.Millisecond}, {1000, 0}, {1001, 0}} { // from the second on it is over before it begins
			took(t, step.took, func() {
				_, err := c.Round(ctx, step.round)
				if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNotYet) {
					t.Errorf("error %v, want the deadline", err)
				}
			})
		}
		synctest.Wait()
		if d := cmp.Diff([]drandsim.Call{{Round: 1000, Fault: drandsim.Hang}}, sim.Log()); d != "" {
			t.Errorf("requests (-want +got):\n%s", d)
		}
	})
}

func TestRoundZeroIsAskedOfNobody(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		sim := w.relay("a")
		_, err := w.client(Options{}, "a").Round(t.Context(), 0)
		if err == nil || errors.Is(err, ErrNotYet) || errors.Is(err, ErrUnavailable) || len(sim.Log()) != 0 {
			t.Errorf("error %v after %d requests", err, len(sim.Log()))
		}
	})
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for name, relay := range map[string]string{
		"no scheme":    "api.drand.sh",
		"other scheme": "ftp://api.drand.sh",
		"no host":      "https://",
		"a port only":  "https://:443",
		"a password":   "https://user:hunter2@api.drand.sh",
		"a query":      "https://api.drand.sh?key=hunter2",
		"an empty one": "https://api.drand.sh?",
		"a fragment":   "https://api.drand.sh#hunter2",
		"no URL":       "http://%zzhunter2",
		"nothing":      "",
	} {
		_, err := New(vdraw.Quicknet(), []string{"https://api.drand.sh", relay}, Options{})
		if err == nil || !strings.Contains(err.Error(), "relay 2 of 2") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(vdraw.Quicknet(), nil, Options{}); err == nil {
		t.Error("no relay is accepted")
	}
	for _, o := range []Options{{Timeout: -1}, {Hedge: -1}, {AtOnce: -1}} {
		if _, err := New(vdraw.Quicknet(), Relays(), o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestTheZeroOptionsAreTheDefaults(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{}, Relays()...)
	if d := cmp.Diff(Options{2 * time.Second, 300 * time.Millisecond, 2}, c.options); d != "" {
		t.Errorf("options (-want +got):\n%s", d)
	}
	if len(c.relays) != 5 {
		t.Errorf("%d relays are known", len(c.relays))
	}
}
