package beacon

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wxlottery/internal/drandsim"
	"wxlottery/shared/vdraw"
)

func TestAHangingRelayCostsTheHedgeAtMost(t *testing.T) {
	t.Parallel()
	const hedge = defaultHedge
	for name, c := range map[string]struct {
		relays string // in order; h hangs, d is down, g is good
		atOnce int
		took   time.Duration
	}{
		"beside a good one":                  {"hg", 2, 0},
		"before a good one":                  {"hg", 1, hedge},
		"two before a good one":              {"hhg", 2, hedge},
		"two before a good one, three asked": {"hhg", 3, 0},
		"more asked than there are":          {"hg", 9, 0},
		"all but one":                        {"hhhhg", 2, 3 * hedge},
		"a failed one is replaced at once":   {"hdg", 2, 0},
		"and so is the next":                 {"hdddg", 2, 0},
		"one in between of two that hang":    {"hdhg", 2, hedge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				client := w.client(Options{AtOnce: c.atOnce}, w.cast(c.relays)...)
				took(t, c.took, func() { wantRound(t, client, 1000) })
			})
		})
	}
}

func TestTheHedgeBeginsAnewWithARelayThatTakesThePlaceOfAnother(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		late := drandsim.New(drandsim.Config{Chain: vdraw.Quicknet(), Now: longAfter}) // has no round at all
		set(t, late, drandsim.Fault{Kind: drandsim.Slow, MS: 200})
		w.serve("late", late)
		c := w.client(Options{}, append([]string{"late"}, w.cast("hhg")...)...)
		took(t, 200*time.Millisecond+defaultHedge, func() { wantRound(t, c, 1000) })
	})
}

// cast makes one host for each letter: h hangs, d is down, g is good.
func (w *world) cast(letters string) (hosts []string) {
	for i, letter := range letters {
		host := string(letter) + string(rune('0'+i))
		kinds := map[rune]drandsim.Kind{'h': drandsim.Hang, 'd': drandsim.Down, 'g': drandsim.None}
		w.bad(host, kinds[letter])
		hosts = append(hosts, host)
	}
	return hosts
}

func TestWhenAllHangTheLastOnesTimeoutEndsIt(t *testing.T) {
	t.Parallel()
	for relays, want := range map[string]time.Duration{
		"h": 2000 * time.Millisecond, "hh": 2000 * time.Millisecond, "hhh": 2300 * time.Millisecond, "hhhhh": 2900 * time.Millisecond,
	} {
		inWorld(t, func(t *testing.T, w *world) {
			c := w.client(Options{}, w.cast(relays)...)
			took(t, want, func() { wantError(t, c, 1000, ErrUnavailable, "h0: no answer within 2s") })
		})
	}
	inWorld(t, func(t *testing.T, w *world) {
		c := w.client(Options{Timeout: 50 * time.Millisecond}, w.cast("hh")...)
		took(t, 50*time.Millisecond, func() { wantError(t, c, 1000, ErrUnavailable, "no answer within 50ms") })
	})
}

func TestEveryRelaysFailureIsTold(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.bad("a", drandsim.Error)
		w.bad("b", drandsim.Garbage)
		_, err := w.client(Options{}, "a", "b", "nowhere").Round(t.Context(), 1000)
		for _, want := range []string{
			"beacon: round 1000: no relay gave it (",
			"a: HTTP status 500", "b: an answer that is not a round", "nowhere: the host's name is not known",
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want in it %q", err, want)
			}
		}
	})
}

func TestTheWinnerIsAskedFirstTheNextTime(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		c := w.client(Options{}, w.cast("hhg")...)
		took(t, defaultHedge, func() { wantRound(t, c, 1000) })
		took(t, 0, func() { wantRound(t, c, 1001) })
		var hosts []string
		for _, relay := range c.relays {
			hosts = append(hosts, relay.Host)
		}
		if got := strings.Join(hosts, " "); got != "g2 h0 h1" {
			t.Errorf("relays are asked in the order %s", got)
		}
	})
}

func TestARaceLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		c := w.client(Options{AtOnce: 5}, w.cast("hhdhg")...)
		wantRound(t, c, 1000)
		synctest.Wait()
		if n := w.open.Load(); n != 1 {
			t.Errorf("%d connections are open, want the winner's only", n)
		}
		wantError(t, c, 9999, ErrNotYet, "")
		time.Sleep(idleLife) // the connections of those who answered close by themselves
		time.Sleep(time.Millisecond)
		if n := w.open.Load(); n != 0 {
			t.Errorf("%d connections are open", n)
		}
	})
}
