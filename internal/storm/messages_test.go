package storm_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/internal/testdb"
	"wxlottery/internal/testredis"
	"wxlottery/internal/wechatsim"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

const (
	messageTemplate = "T-result"
	onTheWay        = 20 // messages at once
)

// TestMessagesSurviveKills draws a lottery, and kills every process again and again while its participants are told: each is told,
// and twice only if his message was on its way at a kill. The simulated WeChat would take three messages of each.
func TestMessagesSurviveKills(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	n, kills := testdb.Scale(10_000, 100_000), testdb.Scale(3, 20)
	t.Logf("%d participants, %d kills", n, kills)
	g := newGround(t, testdb.DSN(t), quick)
	sim := g.wechat(wechatsim.Fault{LatencyMS: 20})
	filling := time.Duration(n/1000) * time.Second // at least as long as putting them into the event takes
	e := g.event(g.user("organiser"), time.Now().Add(g.pace.lead+filling), time.Hour, 100)
	openids := g.listeners(sim, e, n, 3)
	draws := []*function.Function{g.function("draw", 0, 1), g.function("draw", 0, 1)}
	stop := g.ticking(draws...)
	begin, killed := time.Now(), 0
	for i := range kills {
		await(t, 2*time.Minute, func() bool { return sim.SentCount() > (i+1)*n/(kills+1) })
		for _, pid := range living(draws...) {
			if kill(pid) {
				killed++
			}
		}
	}
	await(t, 5*time.Minute, func() bool { return g.told(e).Done })
	stop()
	t.Logf("%d processes were killed; all were told after %s", killed, time.Since(begin).Round(time.Second))
	g.audit(sim, e, openids, kills)
}

// audit compares what WeChat has with what is on record.
func (g *ground) audit(sim *wechatsim.Sim, e *lottery.Event, openids []string, kills int) {
	t := g.t
	t.Helper()
	got := map[string]int{}
	for _, s := range sim.Sent() {
		got[s.ToUser]++
	}
	lost, twice := 0, 0
	for _, openid := range openids {
		switch got[openid] {
		case 0:
			lost++
		case 1:
		default:
			twice += got[openid] - 1
		}
	}
	doubts, err := g.store.Doubts(context.Background(), e.ID)
	must(t, err)
	t.Logf("%d messages for %d participants: %d lost, %d twice, %d in doubt", sim.SentCount(), len(openids), lost, twice, doubts)
	if lost != 0 || twice > kills*onTheWay || doubts < twice || len(got) != len(openids) {
		t.Errorf("%d lost; %d twice of at most %d; %d in doubt; %d users of %d", lost, twice, kills*onTheWay, doubts, len(got), len(openids))
	}
	want := store.Notice{Wanted: len(openids), Sent: len(openids), Done: true}
	if notice := g.told(e); notice != want {
		t.Errorf("the record says %+v", notice)
	}
	for _, wrong := range []string{"state <> 1", "claim_token IS NOT NULL", "due_at_ms IS NOT NULL"} {
		if left := g.number(`SELECT COUNT(*) FROM deliveries WHERE ` + wrong); left != 0 {
			t.Errorf("%d deliveries with %s", left, wrong)
		}
	}
	if g.log.sawPanic() {
		t.Error("a program panicked")
	}
}

// wechat is a simulated WeChat that the programs of this ground send messages by; each message has the fault.
func (g *ground) wechat(fault wechatsim.Fault) *wechatsim.Sim {
	g.t.Helper()
	const appID, secret, page = "wx0000000000000000", "app-secret", "pages/event/event"
	sim := wechatsim.New(wechatsim.Config{
		AppID: appID, Secret: secret, Pages: []string{page}, Templates: map[string][]string{messageTemplate: {"thing1", "phrase2"}},
	})
	fault.API, fault.N = "subscribe_send", 10_000_000
	must(g.t, sim.Fault(fault))
	server := httptest.NewServer(sim.API())
	g.t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	g.redis = testredis.New(g.t).Options().Addr
	g.more = map[string]string{
		"WECHAT_APPID": appID, "WECHAT_SECRET": secret, "WECHAT_BASE_URL": server.URL, "WECHAT_PAGE": page,
		"NOTIFY_TEMPLATE":    messageTemplate + " thing1=title,phrase2=result",
		"NOTIFY_CONCURRENCY": fmt.Sprint(onTheWay), "NOTIFY_RATE": "10000",
	}
	return sim
}

// listeners puts users into an event who wish a message, and have agreed to so many; their openids are told.
func (g *ground) listeners(sim *wechatsim.Sim, e *lottery.Event, n, taps int) []string {
	g.t.Helper()
	openids := make([]string, n)
	for i := range openids {
		openids[i] = fmt.Sprint("listener-", i)
		must(g.t, sim.Subscribe(openids[i], messageTemplate, taps))
	}
	for some := range slices.Chunk(openids, 1000) {
		var users, seats, credits []any
		for _, openid := range some {
			ticket, err := g.keys.Ticket(e.KeyVersion, e.ID, openid)
			must(g.t, err)
			id := lottery.NewUserID()
			users = append(users, id[:], []byte(openid))
			seats = append(seats, e.ID[:], ticket[:], id[:], e.CreatedAt.Unix())
			credits = append(credits, id[:], []byte(messageTemplate), taps)
		}
		more := func(values string) string { return values + strings.Repeat(", "+values, len(some)-1) }
		g.exec(`INSERT INTO users (id, openid, created_at_ms) VALUES `+more("(?, ?, 1)"), users...)
		g.exec(`INSERT INTO participants (event_id, ticket, user_id, joined_at, notify) VALUES `+more("(?, ?, ?, ?, 1)"), seats...)
		g.exec(`INSERT INTO credits (user_id, template_id, credits) VALUES `+more("(?, ?, ?)"), credits...)
	}
	return openids
}

func (g *ground) told(e *lottery.Event) store.Notice {
	g.t.Helper()
	n, _, err := g.store.Notice(context.Background(), e.ID)
	must(g.t, err)
	return n
}

// await waits for something to come true.
func await(t testing.TB, patience time.Duration, came func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !came(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain", patience)
		}
	}
}
