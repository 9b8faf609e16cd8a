package courier

import (
	"context"
	"database/sql"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/internal/wechatsim"
	"wxlottery/shared/lottery"
	"wxlottery/shared/message"
	"wxlottery/shared/secret"
	"wxlottery/shared/store"
	"wxlottery/shared/wechat"
)

const (
	appID  = "wx0000000000000000"
	hidden = "app-secret"
	page   = "pages/event/event"
	result = "T-result"
	report = "T-report"
)

// post is a service with a simulated WeChat, and users who agreed to messages.
type post struct {
	*servicetest.Service
	t      testing.TB
	sim    *wechatsim.Sim
	client *wechat.Client
	db     *sql.DB
}

func newPost(t testing.TB) *post {
	t.Helper()
	s := servicetest.New(t)
	p := &post{Service: s, t: t, db: testdb.Connect(t, s.DSN)}
	p.sim = wechatsim.New(wechatsim.Config{
		AppID: appID, Secret: hidden, Pages: []string{page},
		Templates: map[string][]string{result: {"thing1", "phrase2", "thing3", "time4"}, report: {"thing1", "phrase2", "number3", "number4"}},
	})
	api := httptest.NewServer(p.sim.API())
	t.Cleanup(func() { p.db.Close(); api.CloseClientConnections(); api.Close() })
	var err error
	p.client, err = wechat.New(wechat.Config{AppID: appID, Secret: secret.New(hidden), BaseURL: api.URL})
	must(t, err)
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func template(t testing.TB, text string) message.Template {
	t.Helper()
	parsed, err := message.Parse(text)
	must(t, err)
	return parsed
}

// courier sends by the clock of s, as fast as it can.
func (p *post) courier(s *store.Store, concurrency int) *Courier {
	p.t.Helper()
	return p.carrying(s, p.client, concurrency)
}

func (p *post) carrying(s *store.Store, sender Sender, concurrency int) *Courier {
	p.t.Helper()
	return New(s, sender, Options{
		Participant: template(p.t, result+" thing1=title,phrase2=result,thing3=prize,time4=time"),
		Organiser:   template(p.t, report+" thing1=title,phrase2=result,number3=participants,number4=winners"),
		Page:        page, State: "formal", Concurrency: concurrency, Rate: 10_000,
	})
}

func free() bool { return false }

// deliver delivers what is due now, once.
func (p *post) deliver(c *Courier) Count {
	p.t.Helper()
	n, err := c.Deliver(context.Background(), free)
	must(p.t, err)
	return n
}

// deliverAll delivers until nothing comes up within a minute.
func (p *post) deliverAll(c *Courier) (total Count) {
	p.t.Helper()
	for begin := time.Now(); ; {
		if time.Since(begin) > 3*time.Minute {
			p.t.Fatalf("still delivering after three minutes: %+v", total)
		}
		now, err := p.Store.Now(context.Background())
		must(p.t, err)
		next, now, err := c.Next(context.Background(), now.Add(time.Minute))
		must(p.t, err)
		if next.IsZero() {
			return total
		}
		time.Sleep(next.Sub(now))
		n := p.deliver(c)
		total.Sent += n.Sent
		total.Refused += n.Refused
		total.Dead += n.Dead
		total.Again += n.Again
	}
}

// exec works behind the store's back.
func (p *post) exec(statement string, args ...any) {
	p.t.Helper()
	_, err := p.db.Exec(statement, args...)
	must(p.t, err)
}

// crowd puts n users into an event who wish a message, and have agreed to one; WeChat knows of it. Their openids are told.
func (p *post) crowd(e *lottery.Event, n int) []string {
	p.t.Helper()
	openids := make([]string, n)
	for i := range openids {
		openids[i] = fmt.Sprintf("crowd-%d-%s", i, e.ID)
	}
	p.sim.Know(openids...)
	for some := range slices.Chunk(openids, 500) {
		var users, seats, credits []any
		for _, openid := range some {
			id := lottery.NewUserID()
			ticket, err := p.Keys.Ticket(e.KeyVersion, e.ID, openid)
			must(p.t, err)
			users = append(users, id[:], []byte(openid))
			seats = append(seats, e.ID[:], ticket[:], id[:], e.CreatedAt.Unix())
			credits = append(credits, id[:], []byte(result))
			must(p.t, p.sim.Subscribe(openid, result, 1))
		}
		more := func(values string) string { return strings.Repeat(", "+values, len(some)-1) }
		p.exec(`INSERT INTO users (id, openid, created_at_ms) VALUES (?, ?, 1)`+more("(?, ?, 1)"), users...)
		p.exec(`INSERT INTO participants (event_id, ticket, user_id, joined_at, notify, seen) VALUES (?, ?, ?, ?, 1, 0)`+more("(?, ?, ?, ?, 1, 0)"), seats...)
		p.exec(`INSERT INTO credits (user_id, template_id, credits) VALUES (?, ?, 1)`+more("(?, ?, 1)"), credits...)
	}
	return openids
}

// cancel ends an event as its organiser does.
func (p *post) cancel(e *lottery.Event, owner string) {
	p.t.Helper()
	_, _, err := p.Store.Cancel(context.Background(), e.ID, p.User(owner), false)
	must(p.t, err)
}

// canceled is an event with a crowd, whose organiser has canceled it just now.
func (p *post) canceled(n int) (*lottery.Event, []string) {
	p.t.Helper()
	e := p.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 3})
	openids := p.crowd(e, n)
	p.cancel(e, "owner")
	return e, openids
}

func (p *post) notice(e *lottery.Event) store.Notice {
	p.t.Helper()
	n, found, err := p.Store.Notice(context.Background(), e.ID)
	must(p.t, err)
	if !found {
		p.t.Fatal("there is no notice")
	}
	return n
}

// states counts the event's messages by state and reason.
func (p *post) states(e *lottery.Event) map[string]int {
	p.t.Helper()
	rows, err := p.db.Query(`SELECT state, COALESCE(reason, ''), COUNT(*) FROM deliveries WHERE event_id = ? GROUP BY state, reason`, e.ID[:])
	must(p.t, err)
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var state, n int
		var reason string
		must(p.t, rows.Scan(&state, &reason, &n))
		all[strings.TrimSpace(fmt.Sprint([]string{"waiting", "sent", "refused", "dead"}[state], " ", reason))] += n
	}
	must(p.t, rows.Err())
	return all
}

// received counts WeChat's accepted messages by openid.
func (p *post) received() map[string]int {
	got := map[string]int{}
	for _, s := range p.sim.Sent() {
		got[s.ToUser]++
	}
	return got
}
