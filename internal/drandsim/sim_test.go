package drandsim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/shared/vdraw"
)

// fixture is a relay behind two servers, both below a prefix. Its clock stands still.
type fixture struct {
	*Sim
	t              *testing.T
	relay, control string
}

func serve(t *testing.T, c Config) *fixture {
	t.Helper()
	sim := New(c)
	mux := http.NewServeMux()
	mux.Handle("/_sim/drand/", http.StripPrefix("/_sim/drand", sim))
	mux.Handle("/_control/", http.StripPrefix("/_control", sim.Control()))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &fixture{sim, t, server.URL + "/_sim/drand/" + sim.Chain().Hash.String(), server.URL + "/_control"}
}

func testKey(t *testing.T) *Key {
	t.Helper()
	key, err := NewKey(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// at is the moment at which a round of the chain comes out.
func at(c vdraw.Chain, round uint64) func() time.Time {
	return func() time.Time { return time.Unix(int64(c.RoundTime(round)), 0) }
}

// development serves the development chain of a key at its round 1000.
func development(t *testing.T) *fixture {
	t.Helper()
	key := testKey(t)
	return serve(t, Config{Key: key, Now: at(key.Chain(), 1000)})
}

// quicknet serves two real rounds of quicknet at its round 1001.
func quicknet(t *testing.T) *fixture {
	t.Helper()
	rounds := map[uint64]vdraw.Signature{}
	for round, text := range map[uint64]string{
		1:    "b55e7cb2d5c613ee0b2e28d6750aabbb78c39dcc96bd9d38c2c2e12198df95571de8e8e402a0cc48871c7089a2b3af4b",
		1000: "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
	} {
		signature, err := vdraw.ParseSignature(text)
		if err != nil {
			t.Fatal(err)
		}
		rounds[round] = signature
	}
	return serve(t, Config{Chain: vdraw.Quicknet(), Recorded: rounds, Now: at(vdraw.Quicknet(), 1001)})
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

func (f *fixture) get(address string) reply {
	f.t.Helper()
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := stay.Get(address)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(body)}
}

// answer reads a reply as a round.
func (f *fixture) answer(r reply) (a answer) {
	f.t.Helper()
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != http.StatusOK {
		f.t.Fatalf("status %d, %v: %s", r.status, err, r.body)
	}
	return a
}

func TestARecordedRoundIsServedAsRealRelaysDo(t *testing.T) {
	t.Parallel()
	f := quicknet(t)
	got := f.get(f.relay + "/public/1000")
	want := `{"round":1000,"randomness":"fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd",` +
		`"signature":"b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"}`
	if got.status != http.StatusOK || got.body != want {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	for name, value := range map[string]string{
		"Cache-Control": "public, max-age=604800, immutable", "Content-Type": "application/json", "Access-Control-Allow-Origin": "*",
	} {
		if got.header.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), value)
		}
	}
}

func TestADevelopmentRoundVerifiesUnderItsChain(t *testing.T) {
	t.Parallel()
	f := development(t)
	for _, round := range []string{"1", "999", "1000"} {
		a := f.answer(f.get(f.relay + "/public/" + round))
		if err := f.Chain().Verify(a.Round, a.Signature); err != nil || a.Randomness != a.Signature.Beacon() {
			t.Errorf("round %d: %v", a.Round, err)
		}
	}
}

func TestASeedIsAlwaysTheSameKey(t *testing.T) {
	t.Parallel()
	one, two := testKey(t), testKey(t)
	other, err := NewKey(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if one.Public() != two.Public() || one.Sign(5) != two.Sign(5) || one.Public() == other.Public() {
		t.Error("the key does not follow from the seed")
	}
	if one.Sign(5) == one.Sign(6) {
		t.Error("two rounds have one signature")
	}
	if _, err := NewKey(make([]byte, 31)); err == nil {
		t.Error("a seed of 31 bytes is accepted")
	}
}

func TestARoundThatIsNotOutIs425(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*fixture{"development": development(t), "quicknet": quicknet(t)} {
		for _, round := range []string{"1002", "18446744073709551615"} {
			got := f.get(f.relay + "/public/" + round)
			caching := got.header.Get("Cache-Control")
			if got.status != http.StatusTooEarly || !strings.HasPrefix(caching, "must-revalidate, public, max-age=") {
				t.Errorf("%s, round %s: status %d, %q", name, round, got.status, caching)
			}
		}
	}
}

func TestARoundIsOutFromItsSecondOn(t *testing.T) {
	t.Parallel()
	key := testKey(t)
	now := at(key.Chain(), 1000)
	for shift, want := range map[time.Duration]int{-time.Nanosecond: http.StatusTooEarly, 0: http.StatusOK} {
		f := serve(t, Config{Key: key, Now: func() time.Time { return now().Add(shift) }})
		if got := f.get(f.relay + "/public/1000"); got.status != want {
			t.Errorf("at %s: status %d, want %d", shift, got.status, want)
		}
	}
}

func TestARoundThatWasNotRecordedIs404(t *testing.T) {
	t.Parallel()
	f := quicknet(t)
	if got := f.get(f.relay + "/public/1001"); got.status != http.StatusNotFound || got.header.Get("Cache-Control") != "no-cache" {
		t.Errorf("status %d, %q", got.status, got.header.Get("Cache-Control"))
	}
}

func TestTheLatestRoundIsTheLastOneOut(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*fixture{"development": development(t), "quicknet": quicknet(t)} {
		for _, path := range []string{"/public/latest", "/public/0"} {
			got := f.get(f.relay + path)
			caching := "public, must-revalidate, max-age=" + map[string]string{"development": "1", "quicknet": "3"}[name]
			if a := f.answer(got); a.Round != 1000 || got.header.Get("Cache-Control") != caching {
				t.Errorf("%s%s: round %d, %q", name, path, a.Round, got.header.Get("Cache-Control"))
			}
		}
	}
	before := serve(t, Config{Key: testKey(t), Now: func() time.Time { return time.Unix(-5, 0) }})
	if got := before.get(before.relay + "/public/latest"); got.status != http.StatusNotFound {
		t.Errorf("before the first round: status %d", got.status)
	}
}

func TestTheChainIsShown(t *testing.T) {
	t.Parallel()
	f := quicknet(t)
	want := `{"public_key":"` + vdraw.QuicknetPublicKey + `","period":3,"genesis_time":1692803367,` +
		`"hash":"` + vdraw.QuicknetChainHash + `","schemeID":"bls-unchained-g1-rfc9380","metadata":{"beaconID":"quicknet"}}`
	if got := f.get(f.relay + "/info"); got.status != http.StatusOK || got.body != want {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	dev := development(t)
	if got := dev.get(dev.relay + "/info"); !strings.Contains(got.body, `"beaconID":"development"`) {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

func TestWhatIsNoRoundOfThisChainIsRefused(t *testing.T) {
	t.Parallel()
	f := quicknet(t)
	for path, want := range map[string]int{
		"/public/-1": 400, "/public/x": 400, "/public/18446744073709551616": 400,
		"/public": 404, "/public/1/2": 404, "/health": 404,
	} {
		if got := f.get(f.relay + path); got.status != want {
			t.Errorf("%s: status %d, want %d", path, got.status, want)
		}
	}
	other := strings.Replace(f.relay, vdraw.QuicknetChainHash, testKey(t).Chain().Hash.String(), 1)
	for _, path := range []string{"/info", "/public/latest", "/public/1000"} {
		if got := f.get(other + path); got.status != http.StatusInternalServerError {
			t.Errorf("%s of another chain: status %d", path, got.status)
		}
	}
	if calls := f.Log(); len(calls) != 0 {
		t.Errorf("the log has %v", calls)
	}
}

func TestARoundIsSignedOnceAndTheOldestForgotten(t *testing.T) {
	t.Parallel()
	key := testKey(t)
	s := signer{key: key, signed: map[uint64]vdraw.Signature{}}
	for round := range uint64(signedLimit) {
		s.signed[round], s.order = vdraw.Signature{1}, append(s.order, round)
	}
	if got := s.round(7); got != (vdraw.Signature{1}) {
		t.Errorf("round 7 was signed again: %s", got)
	}
	if got := s.round(9999); got != key.Sign(9999) || len(s.signed) != signedLimit || len(s.order) != signedLimit {
		t.Errorf("%s with %d kept", got, len(s.signed))
	}
	if _, ok := s.signed[0]; ok {
		t.Error("the oldest round is still known")
	}
}

func TestTheLogForgetsItsOldestCalls(t *testing.T) {
	t.Parallel()
	s := New(Config{Key: testKey(t)})
	for round := range uint64(3 * logLimit) {
		s.take(round)
	}
	if got := s.Log(); len(got) > 2*logLimit || got[len(got)-1].Round != 3*logLimit-1 {
		t.Errorf("%d calls, the last for round %d", len(got), got[len(got)-1].Round)
	}
}

func TestADevelopmentChainIsServedByTheRealClockUnlessTold(t *testing.T) {
	t.Parallel()
	f := serve(t, Config{Key: testKey(t)})
	now := uint64(time.Now().Unix())
	a := f.answer(f.get(f.relay + "/public/latest"))
	if due := f.Chain().RoundTime(a.Round); due < now || due > now+60 {
		t.Errorf("the latest round was due at %d, it is %d", due, now)
	}
	if d := cmp.Diff([]Call{{}}, f.Log()); d != "" {
		t.Errorf("log (-want +got):\n%s", d)
	}
}
