package storm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/cmd/local/gateway"
	"wxlottery/internal/testredis"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
)

// crowd are the users of a storm, who are logged in, and the ways to the programs that let them join.
type crowd struct {
	g      *ground
	openid []string
	token  []string
	doors  []http.Handler // several with a right clock, one ahead, one behind
	seed   uint64
}

// newCrowd logs users in.
func newCrowd(g *ground, size int, seed uint64) *crowd {
	g.t.Helper()
	rdb := testredis.New(g.t)
	g.redis = rdb.Options().Addr
	c := &crowd{g: g, seed: seed}
	sessions, salt := session.New(rdb, session.Options{}), lottery.NewUserID().String()
	for i := range size {
		openid := fmt.Sprint("user-", i, "-", salt)
		token, _, err := sessions.Create(context.Background(), session.Identity{UserID: g.user(openid).String(), OpenID: openid})
		must(g.t, err)
		c.openid, c.token = append(c.openid, openid), append(c.token, token)
	}
	right, ahead, behind := c.door(g.function("join", 0, 4)), c.door(g.function("join", 5, 1)), c.door(g.function("join", -5, 1))
	c.doors = []http.Handler{right, right, right, right, ahead, behind}
	return c
}

// door is a program behind the gateway of the cloud.
func (c *crowd) door(f *function.Function) http.Handler {
	return gateway.New(map[string]gateway.Invoker{"join": f}, gateway.HTTPAPI, slog.New(slog.DiscardHandler))
}

// race lets some users go in and out of an event, most of it in the second before its lock and a little after it, and
// returns what they were told.
func (c *crowd) race(e *lottery.Event, nth, users int) []*entry {
	entries := make([]*entry, users)
	var wg sync.WaitGroup
	for i := range users {
		random := rand.New(rand.NewPCG(c.seed, uint64(nth*1000+i)))
		who := (nth*7 + i) % len(c.openid)
		entries[i] = &entry{event: e, openid: c.openid[who]}
		wg.Go(func() { c.waver(entries[i], c.token[who], random) })
	}
	wg.Wait()
	return entries
}

// waver is one user who cannot make up his mind.
func (c *crowd) waver(x *entry, token string, random *rand.Rand) {
	begin, end := x.event.LockAt.Add(-upTo(random, 1200*time.Millisecond)), x.event.LockAt.Add(upTo(random, 500*time.Millisecond))
	time.Sleep(time.Until(begin))
	for time.Now().Before(end) {
		door := c.doors[random.IntN(len(c.doors))]
		sent := time.Now()
		if x.knows != out && random.IntN(4) > 0 {
			status, code := c.call(door, "DELETE", x.event, token, "")
			x.left(sent, status, code)
		} else {
			status, code := c.call(door, "POST", x.event, token, wishes[random.IntN(2)])
			x.joined(sent, status, code)
		}
		pause := upTo(random, 300*time.Millisecond)
		if left := time.Until(x.event.LockAt); left > 0 && pause > left { // who would miss the lock comes at the last moment
			pause = left - upTo(random, 10*time.Millisecond)
		}
		time.Sleep(pause)
	}
}

// wishes are bodies of a join.
var wishes = []string{"", `{"notify":true}`}

func upTo(random *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(d)))
}

// call sends a request and returns the status and the code of the error, if any.
func (c *crowd) call(door http.Handler, method string, e *lottery.Event, token, body string) (status int, code string) {
	r := httptest.NewRequest(method, "/join/"+e.ID.String(), strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	var said struct{ Error struct{ Code string } }
	_ = json.Unmarshal(w.Body.Bytes(), &said) // a 204 has none
	return w.Code, said.Error.Code
}
