package verifypage_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	verifypage "wxlottery/web/verify"
)

// A service plays the event API for one event, and serves the page beside it.
type service struct {
	*httptest.Server
	draw    *draw
	proof   []byte                      // instead of the draw's, if not nil
	answers map[string]http.HandlerFunc // instead of the usual ones: "event", "proof", "tickets"
}

// serve starts a service. Whatever the page asks for beside the event fails the test.
func serve(t testing.TB, d *draw) *service {
	t.Helper()
	s := &service{draw: d, answers: map[string]http.HandlerFunc{}}
	mux := http.NewServeMux()
	mux.Handle("GET /verify/", verifypage.Handler(builtPage(t)))
	mux.HandleFunc("GET /events/{id}", s.route("event", s.event))
	mux.HandleFunc("GET /events/{id}/proof", s.route("proof", s.proofOf))
	mux.HandleFunc("GET /events/{id}/tickets", s.route("tickets", s.page))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the page asked for %s", r.URL)
		http.NotFound(w, r)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// verify is the address that the page has beside its event.
func (s *service) verify() string { return s.URL + "/verify/" + s.draw.event.ID }

// address is the event's own.
func (s *service) address() string { return s.URL + "/events/" + s.draw.event.ID }

func (s *service) route(name string, usual http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", "application/json")
		if answer := s.answers[name]; answer != nil {
			answer(w, r)
			return
		}
		if r.PathValue("id") != s.draw.event.ID {
			refuse(404, "event_not_found")(w, r)
			return
		}
		usual(w, r)
	}
}

func (s *service) event(w http.ResponseWriter, _ *http.Request) { answer(w, s.draw.event) }

func (s *service) proofOf(w http.ResponseWriter, _ *http.Request) {
	if s.proof != nil {
		w.Write(s.proof)
		return
	}
	answer(w, s.draw.proof)
}

func (s *service) page(w http.ResponseWriter, r *http.Request) {
	from, _ := strconv.Atoi(r.FormValue("from"))
	limit, _ := strconv.Atoi(r.FormValue("limit"))
	count := len(s.draw.tickets) / 16
	end := min(from+min(limit, 65_536), count)
	answer(w, map[string]any{"count": count, "from": from, "tickets": s.draw.tickets[16*from : 16*end]})
}

func answer(w http.ResponseWriter, v any) { json.NewEncoder(w).Encode(v) }

// refuse answers as the service refuses.
func refuse(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		answer(w, map[string]any{"error": map[string]string{"code": code, "message": "no", "request_id": "1"}})
	}
}

// staticHost serves the page alone, as a static host would, and fails the test if asked for anything else.
func staticHost(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/check.html") {
			t.Errorf("the page asked its host for %s", r.URL)
		}
		w.Write(builtPage(t))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/a/check.html"
}
