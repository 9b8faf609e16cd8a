package store_test

import (
	"context"
	"testing"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// TestAResultIsUnreadFromItsEndUntilItIsSaidToBeRead follows one user, who wins in one event, loses in one, and sees one canceled,
// one open and one that is locked.
func TestAResultIsUnreadFromItsEndUntilItIsSaidToBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, s, alice := context.Background(), w.past(), w.user("alice")
	won, lost, canceled, open, locked := w.hourAhead(), w.hourAhead(lottery.Prize{Name: "Cup", Quantity: 1}), w.hourAhead(), w.hourAhead(), w.hourAhead()
	events := map[string]*lottery.Event{"won": won, "lost": lost, "canceled": canceled, "open": open, "locked": locked}
	tickets := map[lottery.EventID]vdraw.Ticket{}
	for _, e := range events {
		w.join(e, "alice", "bob")
		ticket, err := w.keys.Ticket(e.KeyVersion, e.ID, "alice")
		must(t, err)
		tickets[e.ID] = ticket
	}
	unread := func(what string, joined, ofWon int, want ...string) {
		t.Helper()
		for role, n := range map[store.Role]int{store.Joined: joined, store.Won: ofWon, store.Created: 0} {
			got, err := w.store.Unread(ctx, alice, role)
			must(t, err)
			same(t, what+": unread of "+string(role), got, n)
		}
		parts, err := w.store.Parts(ctx, alice, tickets)
		must(t, err)
		for name, e := range events {
			is := false
			for _, n := range want {
				is = is || n == name
			}
			same(t, what+": unread "+name, parts[e.ID].Unread, is)
		}
	}
	unread("nothing has ended", 0, 0)

	w.drawn(s, won)
	w.drawn(s, lost) // by whomever, it is bob who has won
	w.exec(`DELETE FROM winners WHERE event_id = ?`, lost.ID[:])
	bob := w.user("bob")
	w.exec(`INSERT INTO winners (event_id, place, user_id, ticket, won_at_ms) VALUES (?, 1, ?, ?, 1)`, lost.ID[:], bob[:], bob[:])
	w.cancel(canceled)
	must(t, lock(s, locked, 0))
	unread("three have ended", 3, 1, "won", "lost", "canceled")

	read := func(e *lottery.Event, ticket vdraw.Ticket, want bool) {
		t.Helper()
		done, err := w.store.MarkRead(ctx, e.ID, ticket)
		must(t, err)
		same(t, "marked as read", done, want)
	}
	read(lost, tickets[won.ID], false)
	read(open, tickets[open.ID], false)
	read(locked, tickets[locked.ID], false)
	read(&lottery.Event{ID: lottery.NewEventID()}, tickets[won.ID], false)
	read(won, vdraw.Ticket{1}, false)
	unread("nothing was there to be read", 3, 1, "won", "lost", "canceled")
	read(won, tickets[won.ID], true)
	read(won, tickets[won.ID], true) // again
	unread("what was won is read", 2, 0, "lost", "canceled")
	read(lost, tickets[lost.ID], true)
	read(canceled, tickets[canceled.ID], true)
	unread("everything is read", 0, 0)
	n, err := w.store.Unread(ctx, bob, store.Joined)
	must(t, err)
	same(t, "what another has to read", n, 3)

	w.drawn(s, open)
	unread("one more has ended", 1, 1, "open")
}

func TestWhoWasInBeforeThereWasAnInboxHasReadEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, alice := w.hourAhead(), w.user("alice")
	ticket := vdraw.Ticket{1}
	w.exec(`INSERT INTO participants (event_id, ticket, user_id, joined_at, notify) VALUES (?, ?, ?, 1, 0)`, e.ID[:], ticket[:], alice[:])
	w.cancel(e)
	n, err := w.store.Unread(context.Background(), alice, store.Joined)
	must(t, err)
	same(t, "unread", n, 0)
}
