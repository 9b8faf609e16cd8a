package main

import (
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// serve starts a service for a script: $SERVER/KIND/events/$ID is an event at a service of some kind.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: serve")
	}
	server := startService()
	ts.Defer(server.Close)
	ts.Setenv("SERVER", server.URL)
}

// answers is what a service says about one event.
type answers struct {
	draw
	manifest, key string
	pages         func(from, limit int, p *page) // changes a page
}

func startService() *httptest.Server {
	mux := http.NewServeMux()
	for name, a := range honest() {
		a.register(mux, "/"+name)
	}
	for name, lie := range lies {
		a := answersOf(published().example)
		a.pages = lie
		a.register(mux, "/"+name)
	}
	for name, h := range broken(mux) {
		mux.Handle("/"+name+"/", h)
	}
	return httptest.NewServer(mux)
}

func answersOf(d draw) answers {
	return answers{draw: d, manifest: d.proof.Manifest.String(), key: hex.EncodeToString(published().env["KEY"])}
}

// honest are services that serve what they have; some have nothing good.
func honest() map[string]answers {
	p := published()
	all := map[string]answers{
		"good": answersOf(p.example.signed()), "undrawn": answersOf(p.example.undrawn()), "long": answersOf(p.long),
		"deep/down": answersOf(p.example), "trusted": answersOf(p.trusted), "digest": answersOf(p.example),
		"key": answersOf(p.example.signed()), "rules": answersOf(p.example), "exchanged": answersOf(p.example),
	}
	for name, spoil := range map[string]func(*answers){
		"digest":    func(a *answers) { a.manifest = strings.Repeat("0", 64) },
		"key":       func(a *answers) { a.key = hex.EncodeToString(p.env["OTHERKEY"]) },
		"rules":     func(a *answers) { a.rules += "!" },
		"exchanged": func(a *answers) { a.tickets = ascending(1000) },
	} {
		a := all[name]
		spoil(&a)
		all[name] = a
	}
	return all
}

// lies are what a service may do to the pages of a list of 1000, which it gives in parts of 600.
var lies = map[string]func(from, limit int, p *page){
	"short-pages": func(int, int, *page) {},
	"count":       func(_, _ int, p *page) { p.Count = 999 },
	"from":        func(_, _ int, p *page) { p.From = 0 },
	"overlap": func(from, _ int, p *page) {
		if from > 0 {
			list := published().example.tickets
			p.Tickets = list[(from-1)*ticketSize : len(list)-ticketSize]
		}
	},
	"many": func(from, _ int, p *page) { p.Tickets = published().example.tickets[:(from+401)*ticketSize] },
	"none": func(from, _ int, p *page) {
		if from > 0 {
			p.Tickets = nil
		}
	},
	"odd": func(_, _ int, p *page) { p.Tickets = p.Tickets[1:] },
}

func (a answers) register(mux *http.ServeMux, prefix string) {
	prefix += "/events/{id}"
	mux.HandleFunc(prefix, func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]any{"title": "x", "fairness": map[string]any{
			"mode": 1, "rules_text": a.rules, "manifest": a.manifest, "operator_key": a.key,
		}})
	})
	mux.HandleFunc(prefix+"/proof", func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			http.Error(w, "only gzipped", http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write(a.json())
		z.Close()
	})
	mux.HandleFunc(prefix+"/tickets", a.page)
}

func (a answers) page(w http.ResponseWriter, r *http.Request) {
	from, _ := strconv.Atoi(r.FormValue("from"))
	limit, _ := strconv.Atoi(r.FormValue("limit"))
	if a.pages != nil {
		limit = min(limit, 600)
	}
	n := len(a.tickets) / ticketSize
	p := page{Count: uint64(n), From: uint64(from), Tickets: a.tickets[from*ticketSize : min(from+limit, n)*ticketSize]}
	if a.pages != nil {
		a.pages(from, limit, &p)
	}
	write(w, p)
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	write(w, map[string]any{"error": map[string]string{"code": code, "message": message}})
}

// broken are services that don't serve. Those that serve in the end pass on to the good one.
func broken(mux *http.ServeMux) map[string]http.HandlerFunc {
	good := func(w http.ResponseWriter, r *http.Request) {
		parts := strings.SplitN(r.URL.Path, "/", 3)
		r.URL.Path = "/good/" + parts[2]
		mux.ServeHTTP(w, r)
	}
	but := func(end string, h http.HandlerFunc, others ...http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, end) {
				h(w, r)
			} else {
				append(others, good)[0](w, r)
			}
		}
	}
	return map[string]http.HandlerFunc{
		"unlocked": but("/proof", func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, 409, "not_locked_yet", "the list of the event is not locked yet")
		}),
		"canceled": but("/proof", func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, 409, "event_canceled", "the event was canceled\x1b[2J")
		}),
		"gone": func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, 404, "event_not_found", "there is no such event")
		},
		"notours": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) },
		"noevent": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("{}")) },
		"nolist":  but("/tickets", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "oops", 500) }),
		"hides": but("/tickets", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "oops", 500) },
			but("/proof", func(w http.ResponseWriter, _ *http.Request) {
				proof := string(answersOf(published().example.signed()).json())
				w.Write([]byte(strings.Replace(proof, `"index":475`, `"index":476`, 1)))
			})),
		"badlist":  but("/tickets", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"count":"x"}`)) }),
		"garbage":  but("/proof", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("{]")) }),
		"bigevent": func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, maxEvent+1)) },
		"bigpage":  but("/tickets", func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, maxPage+1)) }),
		"busy": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "60")
			refuse(w, 429, "rate_limited", "too many requests")
		},
		"down":  func(w http.ResponseWriter, _ *http.Request) { refuse(w, 503, "unavailable", "try again") },
		"hang":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"flaky": flaky(good),
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			redirect(w, r, "http://localhost"+r.Host[strings.LastIndex(r.Host, ":"):])
		},
		"moved":  func(w http.ResponseWriter, r *http.Request) { redirect(w, r, "") },
		"circle": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) },
	}
}

// redirect sends a request on to the good service at a host; "" is the same.
func redirect(w http.ResponseWriter, r *http.Request, host string) {
	parts := strings.SplitN(r.URL.RequestURI(), "/", 3)
	http.Redirect(w, r, host+"/good/"+parts[2], http.StatusTemporaryRedirect)
}

// flaky refuses an address once and breaks off once before it serves it; some addresses it only breaks off.
func flaky(good http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	tries := map[string]int{}
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		tries[r.URL.String()]++
		n := tries[r.URL.String()] + len(r.URL.Path)%2 // where to start
		mu.Unlock()
		switch n {
		case 1:
			w.Header().Set("Retry-After", "0")
			refuse(w, 503, "unavailable", "try again")
		case 2:
			w.Header().Set("Content-Length", "100") // and breaks off
			w.Write([]byte("{"))
			panic(http.ErrAbortHandler)
		default:
			good(w, r)
		}
	}
}
