// Package api is the service's way of speaking JSON over HTTP: it turns a typed function into an http.Handler by checking
// the session, reading the body and writing the answer. A function that needs its caller has another type than one that
// does not, so authentication cannot be forgotten.
package api

import (
	"context"
	"net/http"
	"path"
	"slices"
	"strings"

	"wxlottery/shared/cloud"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
)

// Caller is who asks.
type Caller struct {
	User   lottery.UserID
	OpenID string // never in a log, an error or an answer
	Token  string // the session it came with; as secret as the openid
}

// Authenticator checks a session token; *session.Sessions is one.
type Authenticator interface {
	Check(ctx context.Context, token string) (session.Identity, error)
}

// Answer is what a handler wants to say: a status, a body that becomes JSON (none for 204), further headers.
type Answer struct {
	Status int
	Body   any
	Header map[string]string
	Gzip   bool   // the body is large and the client takes it compressed (cloud.AcceptsGzip)
	Raw    []byte // instead of Body: what is no JSON; its type is in Header
}

// OK, Created and NoContent are the usual answers.
func OK(body any) Answer { return Answer{Status: http.StatusOK, Body: body} }

// Created answers 201.
func Created(body any) Answer { return Answer{Status: http.StatusCreated, Body: body} }

// NoContent answers 204.
func NoContent() Answer { return Answer{Status: http.StatusNoContent} }

// None is the input of a call without a body; a body that is sent anyway is not read.
type None struct{}

// Public makes a handler of a function that anyone may call.
func Public[In any](f func(ctx context.Context, r *http.Request, in In) (Answer, error)) http.Handler {
	return handler(func(r *http.Request) (Answer, error) {
		in, err := decode[In](r)
		if err != nil {
			return Answer{}, err
		}
		return f(r.Context(), r, in)
	})
}

// User makes a handler of a function that needs its caller. Without a valid session it is not called.
func User[In any](a Authenticator, f func(ctx context.Context, caller Caller, r *http.Request, in In) (Answer, error)) http.Handler {
	return handler(func(r *http.Request) (Answer, error) {
		caller, err := authenticate(a, r)
		if err != nil {
			return Answer{}, err
		}
		in, err := decode[In](r)
		if err != nil {
			return Answer{}, err
		}
		return f(r.Context(), caller, r, in)
	})
}

// Visitor makes a handler of a function that anyone may call and that tells its caller more: caller is nil for a request
// without a token. A token that is not valid is refused all the same.
func Visitor(a Authenticator, f func(ctx context.Context, caller *Caller, r *http.Request) (Answer, error)) http.Handler {
	return handler(func(r *http.Request) (Answer, error) {
		if len(r.Header.Values("Authorization")) == 0 {
			return f(r.Context(), nil, r)
		}
		caller, err := authenticate(a, r)
		if err != nil {
			return Answer{}, err
		}
		return f(r.Context(), &caller, r)
	})
}

// Shared lets web pages of any origin read what a public handler answers.
func Shared(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		h.ServeHTTP(w, r)
	})
}

func handler(f func(*http.Request) (Answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := f(r)
		if err != nil {
			if fault.From(err).Kind == fault.LoginRequired {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			cloud.WriteError(w, r, err)
			return
		}
		for name, value := range answer.Header {
			w.Header().Set(name, value)
		}
		if answer.Body == nil {
			w.WriteHeader(answer.Status)
			_, _ = w.Write(answer.Raw) // a client that left needs no answer
			return
		}
		if answer.Gzip {
			cloud.WriteGzipJSON(w, answer.Status, answer.Body)
			return
		}
		cloud.WriteJSON(w, answer.Status, answer.Body)
	})
}

// Single reads a header that is to come once, without a comma in its value; ok is false if it does not. Some gateways make
// one value of several, joined by commas, so that a comma may mean two headers; taking the first or the last would let two
// readers of one request understand it differently.
func Single(r *http.Request, name string) (value string, ok bool) {
	values := r.Header.Values(name)
	if len(values) != 1 || strings.Contains(values[0], ",") {
		return "", false
	}
	return values[0], true
}

var errLoginRequired = fault.New(fault.LoginRequired, "login_required", "please log in")

func authenticate(a Authenticator, r *http.Request) (Caller, error) {
	credentials, ok := Single(r, "Authorization")
	scheme, token, _ := strings.Cut(credentials, " ")
	if token = strings.TrimSpace(token); !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return Caller{}, errLoginRequired
	}
	identity, err := a.Check(r.Context(), token)
	if err != nil {
		return Caller{}, err
	}
	user, err := lottery.ParseUserID(identity.UserID)
	if err != nil {
		return Caller{}, errLoginRequired.Because(err)
	}
	return Caller{User: user, OpenID: identity.OpenID, Token: token}, nil
}

// Routes are a function's calls by http.ServeMux pattern.
type Routes map[string]http.Handler

// Patterns returns the patterns in order.
func (routes Routes) Patterns() []string {
	var all []string
	for pattern := range routes {
		all = append(all, pattern)
	}
	slices.Sort(all)
	return all
}

// Handler serves the routes. A path that is not in its clean form is a path that does not exist: ServeMux would redirect
// it, which no client of ours follows.
func (routes Routes) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range routes {
		mux.Handle(pattern, h)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path {
			http.NotFound(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}
