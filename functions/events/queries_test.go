package main

import (
	"testing"
	"time"

	"wxlottery/internal/servicetest"
	"wxlottery/shared/lottery"
)

// TestWhatPagesAskForMostNeedsFewQueries pins what it costs the database. Whoever makes one of these calls dearer should mean to.
func TestWhatPagesAskForMostNeedsFewQueries(t *testing.T) {
	b := newBench(t)
	owner, ann := b.Token("owner"), b.Token("ann")
	var events []*lottery.Event
	for range 4 {
		e := b.provable(time.Hour, lottery.Prize{Name: "Cup", Quantity: 1}, lottery.Prize{Name: "Pot", Quantity: 2})
		b.Join(e, "ann")
		events = append(events, e)
	}
	show := "GET /events/" + events[0].ID.String()
	cost := func(what string, want int, call, token string, status int) {
		t.Helper()
		got := servicetest.Queries(t, func() { b.Call(call, token, nil).Want(t, what, status, "") })
		if got != want {
			t.Errorf("%s: %d queries, want %d", what, got, want)
		}
	}
	cost("an event whose participants are to be counted", 3, show, "", 200)
	for _, e := range events {
		must(t, b.Redis.Set(t.Context(), countKey(e), 1, time.Minute).Err())
	}
	cost("an event, to anybody", 2, show, "", 200)
	cost("an event, to a participant", 3, show, ann, 200)
	cost("an event, to its owner", 3, show, owner, 200)
	cost("what one has created", 3, "GET /events", owner, 200)
	cost("what one has joined", 4, "GET /events?role=joined", ann, 200)
	cost("what one has won, nothing", 2, "GET /events?role=won", ann, 200)
}
