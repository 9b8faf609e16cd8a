package drandsim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (f *fixture) set(fault Fault) {
	f.t.Helper()
	if err := f.Set(fault); err != nil {
		f.t.Fatal(err)
	}
}

func TestEveryFaultDoesWhatItsNameSays(t *testing.T) {
	t.Parallel()
	for kind, check := range map[Kind]func(*testing.T, *fixture, reply){
		None:     wantTruth,
		Slow:     wantTruth,
		NotFound: wantStatus(http.StatusNotFound, "no-cache"),
		TooEarly: wantStatus(http.StatusTooEarly, "must-revalidate, public, max-age=1"),
		Error:    wantStatus(http.StatusInternalServerError, "no-cache"),
		Garbage: func(t *testing.T, _ *fixture, r reply) {
			if r.status != http.StatusOK || !strings.HasPrefix(r.body, "<html>") {
				t.Errorf("status %d: %s", r.status, r.body)
			}
		},
		Huge: func(t *testing.T, f *fixture, r reply) {
			if len(r.body) < 1<<20 {
				t.Errorf("%d bytes", len(r.body))
			}
			wantTruth(t, f, r)
		},
		Redirect: func(t *testing.T, _ *fixture, r reply) {
			if r.status != http.StatusFound || r.header.Get("Location") != "1000" {
				t.Errorf("status %d to %s", r.status, r.header.Get("Location"))
			}
		},
		WrongRound: func(t *testing.T, f *fixture, r reply) {
			if a := f.answer(r); a.Round == 1000 || f.Chain().Verify(a.Round, a.Signature) != nil {
				t.Errorf("want the true answer for another round: %s", r.body)
			}
		},
		BadSignature: func(t *testing.T, f *fixture, r reply) {
			if a := f.answer(r); a.Round != 1000 || f.Chain().Verify(1000, a.Signature) == nil {
				t.Errorf("want a false answer for this round: %s", r.body)
			}
		},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			f := development(t)
			fault := Fault{Kind: kind, Times: 1}
			if kind == Slow {
				fault.MS = 20
			}
			f.set(fault)
			begin := time.Now()
			check(t, f, f.get(f.relay+"/public/1000"))
			if d := time.Since(begin); d < time.Duration(fault.MS)*time.Millisecond {
				t.Errorf("answered after %s", d)
			}
			wantTruth(t, f, f.get(f.relay+"/public/1000"))
		})
	}
}

func wantTruth(t *testing.T, f *fixture, r reply) {
	t.Helper()
	if a := f.answer(r); a.Round != 1000 || f.Chain().Verify(a.Round, a.Signature) != nil {
		t.Errorf("want the true answer: %s", r.body)
	}
}

func wantStatus(status int, caching string) func(*testing.T, *fixture, reply) {
	return func(t *testing.T, _ *fixture, r reply) {
		t.Helper()
		if r.status != status || r.header.Get("Cache-Control") != caching {
			t.Errorf("status %d, %q", r.status, r.header.Get("Cache-Control"))
		}
	}
}

func TestARelayThatIsDownClosesTheConnection(t *testing.T) {
	t.Parallel()
	f := development(t)
	f.set(Fault{Kind: Down})
	resp, err := http.Get(f.relay + "/public/1000")
	if err == nil {
		_ = resp.Body.Close()
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("error %v, want the end of the connection", err)
	}
}

func TestARelayThatHangsDoesSoUntilTheClientLeaves(t *testing.T) {
	t.Parallel()
	for kind, half := range map[Kind]bool{Hang: false, Stall: true, Slow: false} {
		f := development(t)
		fault := Fault{Kind: kind}
		if kind == Slow {
			fault.MS = 60_000
		}
		f.set(fault)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.relay+"/public/1000", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if half && err == nil {
			var body []byte
			body, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if len(body) == 0 {
				t.Errorf("%s: nothing of the answer came", kind)
			}
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: error %v, want the client's own", kind, err)
		}
	} // and the servers can be closed, so no handler is stuck
}

func TestNoFaultGivesAwayARoundThatIsNotOut(t *testing.T) {
	t.Parallel()
	f := development(t)
	secret := f.cfg.Key.Sign(1001)
	negative := secret
	negative[0] ^= 0x20
	for kind := range effects {
		if kind == Hang || kind == Stall || kind == Down || kind == Slow {
			continue // these give what None gives, or nothing
		}
		f.set(Fault{Kind: kind})
		got := f.get(f.relay + "/public/1001")
		if strings.Contains(got.body, secret.String()) || strings.Contains(got.body, negative.String()) {
			t.Errorf("%s gives it away: %s", kind, got.body)
		}
	}
	if text := string(f.truth(1001)); strings.Contains(text, secret.String()) {
		t.Errorf("half of it is given away by a stall: %s", text)
	}
}

func TestAFaultStrikesAsOftenAsItWasTold(t *testing.T) {
	t.Parallel()
	for times, want := range map[int]string{1: "500 200 200 200", 3: "500 500 500 200", 0: "500 500 500 500"} {
		f := development(t)
		f.set(Fault{Kind: Error, Times: times})
		var got []string
		for range 4 {
			got = append(got, map[int]string{500: "500", 200: "200"}[f.get(f.relay+"/public/1000").status])
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%d times: %s, want %s", times, text, want)
		}
		f.set(Fault{})
		wantTruth(t, f, f.get(f.relay+"/public/1000"))
	}
}

func TestAWrongRoundNeedsAnotherRound(t *testing.T) {
	t.Parallel()
	f := quicknet(t)
	f.set(Fault{Kind: WrongRound})
	if a := f.answer(f.get(f.relay + "/public/1000")); a.Round != 1 {
		t.Errorf("round %d", a.Round)
	}
	if a := f.answer(f.get(f.relay + "/public/1")); a.Round != 1000 {
		t.Errorf("round %d", a.Round)
	}
	empty := serve(t, Config{Chain: f.Chain(), Now: f.cfg.Now})
	empty.set(Fault{Kind: WrongRound})
	if got := empty.get(empty.relay + "/public/1000"); got.status != http.StatusNotFound {
		t.Errorf("a relay without rounds: status %d", got.status)
	}
	first := development(t)
	first.set(Fault{Kind: WrongRound})
	if a := first.answer(first.get(first.relay + "/public/1")); a.Round != 2 {
		t.Errorf("round %d", a.Round)
	}
}

// post calls the control plane.
func (f *fixture) post(path, body string) reply {
	f.t.Helper()
	resp, err := http.Post(f.control+path, "application/json", strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func TestTheControlPlaneSetsFaultsAndShowsTheLog(t *testing.T) {
	t.Parallel()
	f := development(t)
	for _, step := range []struct {
		body   string
		status int
	}{
		{`{"kind":"error","times":1}`, 500},
		{`{"kind":"not_found"}`, 404},
		{`{"kind":""}`, 200},
		{`{"kind":"slow","ms":1}`, 200},
		{``, 200},
	} {
		if got := f.post("/fault", step.body); got.status != http.StatusOK || got.body != "{}" {
			t.Fatalf("%s: status %d %s", step.body, got.status, got.body)
		}
		if got := f.get(f.relay + "/public/1000"); got.status != step.status {
			t.Errorf("%s: status %d, want %d", step.body, got.status, step.status)
		}
	}
	want := `{"calls":[{"round":1000,"fault":"error"},{"round":1000,"fault":"not_found"},{"round":1000},` +
		`{"round":1000,"fault":"slow"},{"round":1000}]}`
	if d := cmp.Diff(want, f.get(f.control+"/log").body); d != "" {
		t.Errorf("log (-want +got):\n%s", d)
	}
	f.set(Fault{Kind: Error})
	if got := f.post("/reset", `{}`); got.status != http.StatusOK {
		t.Errorf("reset: status %d", got.status)
	}
	wantTruth(t, f, f.get(f.relay+"/public/1000"))
	if n := len(f.Log()); n != 1 {
		t.Errorf("%d calls in the log after a reset and one request", n)
	}
}

func TestTheControlPlaneRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	f := development(t)
	for _, body := range []string{
		`{"kind":"fire"}`, `{"kind":"error","times":-1}`, `{"kind":"slow"}`, `{"kind":"slow","ms":60001}`, `{"kind":"error","ms":5}`,
		`{"type":"error"}`, `[]`, `{`, strings.Repeat(" ", controlLimit+1),
	} {
		got := f.post("/fault", body)
		if got.status != http.StatusBadRequest || !strings.HasPrefix(got.body, `{"error":{"code":"malformed","message":"`) {
			t.Errorf("%.40s: status %d %s", body, got.status, got.body)
		}
	}
	wantTruth(t, f, f.get(f.relay+"/public/1000"))
}
