package handler

import (
	"testing"

	"wxlottery/internal/servicetest"
)

// TestAJoinNeedsOneQuery pins what joins cost the database, on an instance that knows the event and on one that does not yet.
func TestAJoinNeedsOneQuery(t *testing.T) {
	b := newBench(t)
	srv := newServer(b.Service, b.Store)
	srv.template = "T" // of a message that participants may agree to
	client := b.Serve(srv.routes().Handler())
	path := "/join/" + b.event().ID.String()
	agreed := map[string]bool{"notify": true}
	for _, tt := range []struct {
		what, call, who string
		body            any
		status, want    int
	}{
		{"the first join of an event on an instance", "POST ", "ann", nil, 201, 2},
		{"a join", "POST ", "ben", nil, 201, 1},
		{"a join with a message agreed to", "POST ", "cai", agreed, 201, 2},
		{"the same join again", "POST ", "ben", nil, 200, 2},
		{"a look", "GET ", "ben", nil, 200, 3},
		{"a leave", "DELETE ", "ben", nil, 204, 1},
	} {
		token := b.Token(tt.who)
		got := servicetest.Queries(t, func() { client.Call(tt.call+path, token, tt.body).Want(t, tt.what, tt.status, "") })
		if got != tt.want {
			t.Errorf("%s: %d queries, want %d", tt.what, got, tt.want)
		}
	}
}
