package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/internal/testdb"
	"wxlottery/internal/testredis"
)

// TestTheOperatorSeesWhatTheServiceDoes plays a lottery and looks at it as an operator does, with -quiet, as all these tests.
func TestTheOperatorSeesWhatTheServiceDoes(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, cloud string) {
		t.Run("embedded", func(t *testing.T) {
			t.Parallel()
			mustShowTheOperator(t, cloud)
		})
		t.Run("MySQL and Redis", func(t *testing.T) {
			t.Parallel()
			testdb.MySQL(t)
			flags := []string{"-mysql", ownDatabase(t, os.Getenv("LOTTERY_TEST_MYSQL"))}
			if redis := os.Getenv(testredis.Env); redis != "" {
				flags = append(flags, "-redis", redis)
			}
			mustShowTheOperator(t, cloud, flags...)
		})
	})
}

func mustShowTheOperator(t *testing.T, cloud string, more ...string) {
	p := start(t, t.TempDir(), cloud, append([]string{"-tick", "0"}, more...)...)
	owner, ann := p.logIn("owner"), p.logIn("ann")
	e := p.create(owner)
	p.call("PATCH", "/login", ann, map[string]string{"name": "Wendelin"}).is(200, "")
	var joined struct{ Ticket string }
	p.settle()
	p.call("POST", "/join/"+e.ID, ann, nil).is(201, "").into(&joined)
	p.settle()
	p.call("POST", "/join/"+e.ID, ann, nil).is(200, "")
	p.call("GET", "/events/AAAAAAAAAAAAAAAAAAAAAA", "", nil).is(404, "event_not_found")
	p.call("POST", "/_sim/draw", "", nil).is(200, "")

	p.settle()
	time.Sleep(censusKept + 100*time.Millisecond) // the event was made after the last count; the last lines have come meanwhile
	body, view := p.operator()
	for _, secret := range []string{owner, ann, e.ID, joined.Ticket, "Wendelin"} {
		if bytes.Contains(body, []byte(secret)) {
			t.Errorf("%q is shown in %s", secret, body)
		}
	}
	if view.Events == nil || *view.Events != (eventCounts{Init: 1}) {
		t.Errorf("events %+v", view.Events)
	}
	if at, err := time.Parse(time.RFC3339, view.Now); err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("now is %q", view.Now)
	}
	if n := len(view.Ticks); n < 2 || view.Ticks[0].MS <= 0 || view.Ticks[0].Failures != 0 { // the probe made one, too
		t.Errorf("ticks %+v", view.Ticks)
	}
	for _, want := range []requestLine{
		{Function: "events", Method: "GET", Route: "GET /events/{id}", Status: 404, Queries: 1},
		{Function: "join", Method: "POST", Route: "POST /join/{id}", Status: 201, Queries: 2},
		{Function: "join", Method: "POST", Route: "POST /join/{id}", Status: 200, Queries: 2},
		{Function: "login", Method: "PATCH", Route: "PATCH /login", Status: 200, Queries: 1},
		{Function: "join", Method: "GET", Route: "GET /join/{id}", Status: 401},
	} {
		if !slices.ContainsFunc(view.Requests, func(got requestLine) bool {
			want.At, want.MS = got.At, got.MS
			return got == want && got.MS > 0
		}) {
			t.Errorf("no %+v among\n%+v", want, view.Requests)
		}
	}
	at := slices.IndexFunc(view.Routes, func(r routeView) bool { return r.Route == "POST /join/{id}" })
	if at < 0 || view.Routes[at].Count != 2 || view.Routes[at].Queries != 2 || view.Routes[at].P95 < view.Routes[at].P50 {
		t.Errorf("routes %+v", view.Routes)
	}
	for _, name := range names {
		f := view.Functions[name]
		served := 0
		for _, i := range f.Instances {
			served += i.Invocations
		}
		if f.ColdStarts != len(f.Instances) || f.ColdStarts < 1 || f.ColdStarts+f.Warm != served || f.Crashes != 0 || f.Timeouts != 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if a := p.call("POST", "/_sim/operator", "", nil); a.status < 400 {
		t.Errorf("a POST is answered %d %s", a.status, a.body)
	}
	p.mustAnswerTheOperatorQuickly()
}

// settle waits until no instance is busy: they answer a moment before they ask for more.
func (p *process) settle() {
	p.t.Helper()
	for range 200 {
		_, view := p.operator()
		busy := false
		for _, f := range view.Functions {
			busy = busy || slices.ContainsFunc(f.Instances, func(i function.InstanceStats) bool { return i.Busy })
		}
		if !busy {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	p.t.Fatal("an instance stays busy")
}

// operator reads the view, strictly.
func (p *process) operator() (body []byte, view operatorView) {
	p.t.Helper()
	body = p.call("GET", "/_sim/operator", "", nil).is(200, "").body
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&view); err != nil {
		p.t.Fatalf("%v: %s", err, body)
	}
	return body, view
}

func (p *process) mustAnswerTheOperatorQuickly() {
	p.t.Helper()
	best := time.Minute
	for range 20 {
		begin := time.Now()
		p.call("GET", "/_sim/operator", "", nil).is(200, "")
		best = min(best, time.Since(begin))
	}
	p.t.Logf("the quickest answer took %s", best)
	if best > 20*time.Millisecond {
		p.t.Errorf("the quickest answer took %s", best)
	}
}

// TestTheOperatorsViewHasItsForm pins the names, which pages read.
func TestTheOperatorsViewHasItsForm(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(operatorView{
		Events: &eventCounts{}, Ticks: []tickLine{{}}, Requests: []requestLine{{}}, Routes: routesOf([]requestLine{{}}),
		Functions: map[string]functionView{"login": {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"now":"","events":{"init":0,"opening":0,"opened":0,"canceled":0},` +
		`"ticks":[{"at":"","ms":0,"steps":0,"failures":0,"overdue":0,"messages_sent":0,"messages_refused":0,"messages_dead":0}],` +
		`"requests":[{"at":"","function":"","method":"","route":"","status":0,"ms":0,"queries":0}],` +
		`"routes":[{"function":"","route":"","count":1,"p50_ms":0,"p95_ms":0,"queries":0}],` +
		`"functions":{"login":{"cold_starts":0,"warm":0,"crashes":0,"timeouts":0,"instances":null}}}`
	if string(text) != want {
		t.Errorf("%s, want\n%s", text, want)
	}
	if j, _ := json.Marshal(routesOf(nil)); string(j) != "[]" {
		t.Errorf("no routes are %s", j)
	}
}

func TestRoutesAreSummedUp(t *testing.T) {
	t.Parallel()
	var requests []requestLine
	for i := range 100 {
		requests = append(requests, requestLine{Function: "join", Route: "POST /join/{id}", MS: float64(100 - i), Queries: i % 4})
	}
	requests = append(requests, requestLine{Function: "events", Route: "GET /events", MS: 7, Queries: 3}, requestLine{Function: "join"})
	got := routesOf(requests)
	want := []routeView{
		{"events", "GET /events", 1, 7, 7, 3}, {"join", "", 1, 0, 0, 0}, {"join", "POST /join/{id}", 100, 50, 95, 1.5},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want\n%+v", got, want)
	}
}

// TestAnOperatorsFiftyAreTheNewest fills the journal beyond what is shown.
func TestAnOperatorsFiftyAreTheNewest(t *testing.T) {
	t.Parallel()
	j := newJournal(nil)
	for range 3 * shown {
		j.Write([]byte(aRequest + aTick))
	}
	c := &localCloud{journal: j, census: newCensus("nonsense")}
	w := httptest.NewRecorder()
	c.serveOperator(w, httptest.NewRequest("GET", "/_sim/operator", nil))
	text := w.Body.String()
	var view operatorView
	if err := json.Unmarshal([]byte(text), &view); err != nil {
		t.Fatal(err)
	}
	if len(view.Requests) != shown || len(view.Ticks) != shown || view.Routes[0].Count != 3*shown || view.Events != nil || !strings.Contains(text, `"events":null`) {
		t.Errorf("%d requests, %d ticks, routes %+v", len(view.Requests), len(view.Ticks), view.Routes)
	}
}
