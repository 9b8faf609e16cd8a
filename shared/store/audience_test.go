package store_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// templates are those of a deployment that tells both sorts of readers.
var templates = store.Templates{Participant: "T-result", Organiser: "T-report"}

// isolations are the worlds that a rule about locks is tried in.
var isolations = map[string]func(testing.TB) *world{"READ COMMITTED": newWorld, "the server's own isolation": newPlainWorld}

// guest is an entrant of a deployment that tells participants.
func (w *world) guest(openid string, e *lottery.Event) store.Entrant {
	w.t.Helper()
	who := w.entrant(openid, e)
	who.Template = templates.Participant
	return who
}

// create makes an event of the world's owner an hour ahead, by a creation and of a draft with what is to be special about them.
func (w *world) create(c store.Creation, change func(*lottery.Draft)) (e *lottery.Event, replayed bool, err error) {
	w.t.Helper()
	c.Owner = w.owner
	if c.Make == nil {
		c.Make = func(place lottery.Place, now time.Time) (*lottery.Event, error) {
			d := lottery.Draft{
				Title: "Tee", DrawAt: now.Add(time.Hour).Truncate(time.Second),
				Prizes: []lottery.Prize{{Name: "Pot", Quantity: 1}, {Name: "Cup", Quantity: 2}},
			}
			change(&d)
			return d.Event(lottery.NewEventID(), place, now, terms, w.keys)
		}
	}
	e, _, replayed, err = w.store.Create(context.Background(), c)
	return e, replayed, err
}

// watched is an event whose organiser wants to hear how it ends.
func (w *world) watched() *lottery.Event {
	w.t.Helper()
	e, _, err := w.create(store.Creation{}, func(d *lottery.Draft) { d.Notify = true })
	must(w.t, err)
	return e
}

// cancel ends an event as its organiser does.
func (w *world) cancel(e *lottery.Event) {
	w.t.Helper()
	must(w.t, third(w.store.Cancel(context.Background(), e.ID, w.owner, false)))
}

// past is a store whose clock is past the draw of an event that is an hour ahead.
func (w *world) past() *store.Store { return w.later(61 * time.Minute) }

// drawn draws an event on the clock of s.
func (w *world) drawn(s *store.Store, e *lottery.Event) []store.Winner {
	w.t.Helper()
	winners, done, err := w.draw(s, w.freeze(s, e))
	if err != nil || !done {
		w.t.Fatal(done, err)
	}
	return winners
}

// exec works behind the store's back.
func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	must(w.t, testdb.Exec(w.t, w.dsn, statement, args...))
}

// number reads one behind the store's back.
func (w *world) number(query string, args ...any) (n int64) {
	w.t.Helper()
	testdb.Row(w.t, w.dsn, query, args, &n)
	return n
}

// credits are a user's, of a template.
func (w *world) credits(user lottery.UserID, template string) int64 {
	w.t.Helper()
	return w.number(`SELECT COALESCE(SUM(credits), 0) FROM credits WHERE user_id = ? AND template_id = ?`, user[:], []byte(template))
}

// tellAt is since when there is something to tell of an event, in milliseconds; 0: there is nothing.
func (w *world) tellAt(e *lottery.Event) int64 {
	w.t.Helper()
	return w.number(`SELECT COALESCE(tell_at_ms, 0) FROM events WHERE id = ?`, e.ID[:])
}

// audience puts n users into an event, each with one credit; those of whom wishes says so want a message, and are returned.
func (w *world) audience(e *lottery.Event, n int, wishes func(i int) bool) []lottery.UserID {
	w.t.Helper()
	db := testdb.Connect(w.t, w.dsn)
	defer db.Close()
	tx, err := db.Begin()
	must(w.t, err)
	defer tx.Rollback()
	insert := func(into, values string, args []any) {
		w.t.Helper()
		rows := len(args) / strings.Count(values, "?")
		_, err := tx.Exec(`INSERT INTO `+into+` VALUES `+values+strings.Repeat(", "+values, rows-1), args...)
		must(w.t, err)
	}
	var wishing []lottery.UserID
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	for some := range slices.Chunk(numbers, 300) {
		var users, seats, credits []any
		for _, i := range some {
			id, ticket := lottery.NewUserID(), vdraw.Ticket(lottery.NewUserID())
			users = append(users, id[:], []byte(id.String()))
			seats = append(seats, e.ID[:], ticket[:], id[:], e.CreatedAt.Unix(), wishes(i))
			credits = append(credits, id[:], []byte(templates.Participant))
			if wishes(i) {
				wishing = append(wishing, id)
			}
		}
		insert(`users (id, openid, created_at_ms)`, `(?, ?, 1)`, users)
		insert(`participants (event_id, ticket, user_id, joined_at, notify, seen)`, `(?, ?, ?, ?, ?, 0)`, seats)
		insert(`credits (user_id, template_id, credits)`, `(?, ?, 1)`, credits)
	}
	must(w.t, tx.Commit())
	return wishing
}

func everybody(int) bool { return true }
func nobody(int) bool    { return false }

// canceled is an event that n users wish to hear of, which its organiser has just canceled.
func (w *world) canceled(n int) *lottery.Event {
	w.t.Helper()
	e := w.hourAhead()
	if n > 0 {
		w.audience(e, n, everybody)
	}
	w.cancel(e)
	return e
}

// claim claims by a token of one byte.
func (w *world) claim(s *store.Store, token byte, limit int, fresh bool) store.Post {
	w.t.Helper()
	p, err := s.ClaimDeliveries(context.Background(), [16]byte{token}, templates, limit, fresh)
	must(w.t, err)
	if len(p.Faults) > 0 {
		w.t.Fatal(p.Faults)
	}
	return p
}

// settle gives all messages of a claim the same outcome.
func (w *world) settle(s *store.Store, p store.Post, o store.Outcome) {
	w.t.Helper()
	var all []store.Outcome
	for _, d := range p.Deliveries {
		o.Delivery = d
		all = append(all, o)
	}
	must(w.t, s.Settle(context.Background(), p.Token, templates, all))
}

// notice is that of an event; a zero one where it has none.
func (w *world) notice(e *lottery.Event) store.Notice {
	w.t.Helper()
	n, found, err := w.store.Notice(context.Background(), e.ID)
	must(w.t, err)
	if !found && n != (store.Notice{}) {
		w.t.Errorf("not found, but %+v", n)
	}
	return n
}

func (w *world) doubts(e *lottery.Event) int {
	w.t.Helper()
	n, err := w.store.Doubts(context.Background(), e.ID)
	must(w.t, err)
	return n
}

// users are those of messages, in order.
func users(ds []store.Delivery) []lottery.UserID {
	all := make([]lottery.UserID, len(ds))
	for i, d := range ds {
		all[i] = d.User
	}
	return sorted(all)
}

func sorted(all []lottery.UserID) []lottery.UserID {
	return slices.SortedFunc(slices.Values(all), func(a, b lottery.UserID) int { return bytes.Compare(a[:], b[:]) })
}

// same compares, with what was wanted first.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// within says that an instant is not before one and not after another.
func within(t testing.TB, what string, got, from, to time.Time) {
	t.Helper()
	if got.Before(from) || got.After(to) {
		t.Errorf("%s is %v, not from %v to %v", what, got, from, to)
	}
}
