package wechatsim

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// errcodes are the errcodes of the next n logins.
func (f *fixture) errcodes(n int) (got []int) {
	f.t.Helper()
	for range n {
		got = append(got, f.call(good(f.code("a"))).ErrCode)
	}
	return got
}

func TestAFaultMayHitEachKthCall(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustPost("/fault", `{"api":"jscode2session","errcode":-1,"every":3,"n":2}`)
	if d := cmp.Diff([]int{0, 0, -1, 0, 0, -1, 0, 0, 0}, f.errcodes(9)); d != "" {
		t.Errorf("errcodes (-want +got):\n%s", d)
	}
}

func TestTheFirstFaultWhoseTurnItIsHits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults []string
		want   []int
	}{
		"two and three": {
			[]string{`"errcode":1,"every":2,"n":9`, `"errcode":2,"every":3,"n":9`},
			[]int{0, 1, 2, 1, 0, 1, 0, 1, 2, 1},
		},
		"three before two": {
			[]string{`"errcode":2,"every":3,"n":9`, `"errcode":1,"every":2,"n":9`},
			[]int{0, 1, 2, 1, 0, 2, 0, 1, 2, 1},
		},
		"each call behind some": {
			[]string{`"errcode":1,"every":2,"n":2`, `"errcode":2,"n":2`, `"errcode":3,"every":1`},
			[]int{2, 1, 2, 1, 3, 0, 0},
		},
	} {
		f := newFixture(t)
		for _, fault := range c.faults {
			f.mustPost("/fault", `{"api":"jscode2session",`+fault+`}`)
		}
		if d := cmp.Diff(c.want, f.errcodes(len(c.want))); d != "" {
			t.Errorf("%s: errcodes (-want +got):\n%s", name, d)
		}
	}
}

func TestEveryMethodCanFail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for api, e := range endpoints {
		f.mustPost("/fault", `{"api":"`+api+`","errcode":-1}`)
		if got := f.ask(e.path, "", ""); got.ErrCode != -1 {
			t.Errorf("%s: errcode %d, want -1", api, got.ErrCode)
		}
	}
	if status, _ := f.post("/fault", `{"api":"jscode2session","drop":true,"every":-1}`); status != http.StatusBadRequest {
		t.Errorf("a negative every: status %d", status)
	}
}

func TestAMessageWhoseAnswerIsLostWasSent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	if err := f.Subscribe("alice", "result", 1); err != nil {
		t.Fatal(err)
	}
	if err := f.Fault(Fault{API: "subscribe_send", Truncate: true}); err != nil {
		t.Fatal(err)
	}
	f.do(http.MethodPost, sendPath, token, message())
	if got := f.ask(sendPath, token, message()); got.ErrCode != 43101 || f.SentCount() != 1 {
		t.Errorf("%d sent, then errcode %d, want one and 43101", f.SentCount(), got.ErrCode)
	}
}
