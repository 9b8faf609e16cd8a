package main

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/internal/testlog"
	"wxlottery/internal/wechatsim"
	"wxlottery/shared/lottery"
)

const textCheck = "msg_sec_check"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asked is how often WeChat was asked about a text.
func (b *bench) asked() (n int) {
	for _, c := range b.sim.Log() {
		if c.API == textCheck {
			n++
		}
	}
	return n
}

// fails makes the check of texts go wrong until it is healed.
func (b *bench) fails(t *testing.T, f wechatsim.Fault) {
	t.Helper()
	f.API = textCheck
	if f.N == 0 {
		f.N = 1000
	}
	must(t, b.sim.Fault(f))
}

func (b *bench) rename(t *testing.T, token, name string) nameAnswer {
	t.Helper()
	var a nameAnswer
	b.Call("PATCH /login", token, map[string]string{"name": name}).Want(t, "rename to "+name, 200, "").Into(t, &a)
	return a
}

// hold gives a user a name that is held because WeChat is down at that moment.
func (b *bench) hold(t *testing.T, token, name string) {
	t.Helper()
	b.fails(t, wechatsim.Fault{Status: 502})
	defer b.sim.Heal(textCheck)
	if a := b.rename(t, token, name); !a.Held {
		t.Fatalf("%+v", a)
	}
}

// stored is a user's name in the database, "" for none, and whether it is held.
func (b *bench) stored(t *testing.T, user string) (string, bool) {
	t.Helper()
	var name sql.NullString
	var held bool
	id := b.User(user)
	testdb.Row(t, b.DSN, `SELECT name, name_held FROM users WHERE id = ?`, []any{id[:]}, &name, &held)
	return name.String, held
}

func (b *bench) wantStored(t *testing.T, when, user, name string, held bool) {
	t.Helper()
	if n, h := b.stored(t, user); n != name || h != held {
		t.Errorf("%s: %s is called %q, held %t; want %q, held %t", when, user, n, h, name, held)
	}
}

// stage is what others see a name in: an event that its user holds, and one that he has won.
type stage struct{ own, won lottery.EventID }

func (b *bench) stage(t *testing.T, user string) stage {
	t.Helper()
	ctx, prize := context.Background(), lottery.Prize{Name: "Cup", Quantity: 1}
	own, won := b.Event(user, time.Hour, prize), b.Event("another organiser", time.Hour, prize)
	b.Join(won, user)
	s := b.Later(61 * time.Minute)
	now, err := s.Now(ctx)
	must(t, err)
	_, err = s.Lock(ctx, won, now, time.Second)
	must(t, err)
	list, err := s.List(ctx, won, func(uint64) error { return nil })
	must(t, err)
	record, err := won.Freeze(list.Count(), list.Root(), b.Keys, nil, now)
	must(t, err)
	_, err = s.Freeze(ctx, won.ID, record, list.Pages(), time.Second)
	must(t, err)
	drawn, now, err := s.Event(ctx, won.ID)
	must(t, err)
	result, picks, err := drawn.Draw(b.Keys, nil)
	must(t, err)
	winners, err := s.Entries(ctx, drawn, picks)
	must(t, err)
	if done, err := s.Open(ctx, drawn, now, result, winners); err != nil || !done {
		t.Fatal(done, err)
	}
	return stage{own.ID, won.ID}
}

// wantShown says what name others see.
func (b *bench) wantShown(t *testing.T, when string, s stage, name string) {
	t.Helper()
	e, _, err := b.Store.Event(context.Background(), s.own)
	must(t, err)
	winners, err := b.Store.Winners(context.Background(), s.won, 0, 10)
	must(t, err)
	if len(winners) != 1 || e.OwnerName != name || winners[0].Name != name {
		t.Errorf("%s: others see the organiser %q and the winners %+v, want %q", when, e.OwnerName, winners, name)
	}
}

func TestANameThatPassesIsShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.login(t, "alice").Token
	s := b.stage(t, "alice")
	b.wantShown(t, "without a name", s, "")
	if a := b.rename(t, token, " 小明 "); a != (nameAnswer{Name: "小明"}) {
		t.Errorf("%+v", a)
	}
	b.wantStored(t, "passed", "alice", "小明", false)
	b.wantShown(t, "passed", s, "小明")
	if n := b.asked(); n != 1 {
		t.Errorf("WeChat was asked %d times", n)
	}
	b.login(t, "alice")
	if n := b.asked(); n != 1 {
		t.Errorf("at the next log-in WeChat was asked about a name that has passed")
	}
}

func TestARefusedNameLeavesTheOldOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.login(t, "alice").Token
	s := b.stage(t, "alice")
	refuse := func(what, name string, held bool) {
		t.Helper()
		asked := b.asked()
		b.Call("PATCH /login", token, map[string]string{"name": "RISKY"}).Want(t, what, 422, "text_rejected")
		if b.asked() != asked+1 {
			t.Errorf("%s: WeChat was asked %d times", what, b.asked()-asked)
		}
		for _, word := range []string{"彩票", "彩 票", "卖六合彩", "赌*博", "双色球"} {
			b.Call("PATCH /login", token, map[string]string{"name": word}).Want(t, what+": "+word, 422, "text_rejected")
		}
		if b.asked() != asked+1 {
			t.Errorf("%s: WeChat was asked about words that we refuse ourselves", what)
		}
		b.wantStored(t, what, "alice", name, held)
	}
	refuse("without a name", "", false)
	b.rename(t, token, "小明")
	refuse("with a name", "小明", false)
	b.wantShown(t, "with a name", s, "小明")
	b.hold(t, token, "小红")
	refuse("with a held name", "小红", true)
	b.wantShown(t, "with a held name", s, "")
	for _, name := range []string{"精彩票房", "以下注意事项", "投注意力", "微博彩蛋"} {
		if a := b.rename(t, token, name); a.Held {
			t.Errorf("%s is held", name)
		}
		b.wantStored(t, name, "alice", name, false)
	}
}

func TestANameForReviewIsHeldAtEachLogIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.login(t, "alice").Token
	s := b.stage(t, "alice")
	b.rename(t, token, "小明")
	if a := b.rename(t, token, "REVIEW"); a != (nameAnswer{"REVIEW", true}) {
		t.Errorf("%+v", a)
	}
	b.wantStored(t, "for review", "alice", "REVIEW", true)
	b.wantShown(t, "for review", s, "")
	for range 2 {
		asked := b.asked()
		if in := b.login(t, "alice"); in.IsNew || in.Token == "" || b.asked() != asked+1 {
			t.Errorf("WeChat was asked %d times at a log-in", b.asked()-asked)
		}
		b.wantStored(t, "at the next log-in", "alice", "REVIEW", true)
		b.wantShown(t, "at the next log-in", s, "")
	}
	asked := b.asked()
	b.login(t, "bob")
	if b.asked() != asked {
		t.Error("at the log-in of one without a name WeChat was asked about one")
	}
	if a := b.rename(t, token, "小明"); a.Held {
		t.Error("a good name after a held one is held")
	}
	b.wantShown(t, "a good name", s, "小明")
}

// outages are all ways in which WeChat does not say what it thinks of a text.
var outages = map[string]wechatsim.Fault{
	"a server error": {Status: 502}, "a page of HTML": {HTML: true}, "half an answer": {Truncate: true}, "no answer": {Drop: true},
	"busy": {ErrCode: -1}, "inactive": {ErrCode: 61010}, "a wrong app id": {ErrCode: 40013}, "the quota": {ErrCode: 45009},
	"a bad token": {ErrCode: 40001}, "an errcode nobody knows": {ErrCode: 99999},
}

// TestAnOutageHoldsANameAndTheNextLogInDecides has WeChat fail when a name is set, and when it is asked again.
func TestAnOutageHoldsANameAndTheNextLogInDecides(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.login(t, "alice").Token
	s := b.stage(t, "alice")
	for what, f := range outages {
		for name, want := range map[string]struct {
			name string
			held bool
		}{"小明": {"小明", false}, "RISKY": {"", false}, "REVIEW": {"REVIEW", true}} {
			b.fails(t, f)
			if a := b.rename(t, token, name); a != (nameAnswer{name, true}) {
				t.Errorf("%s: %+v", what, a)
			}
			b.wantStored(t, what, "alice", name, true)
			b.login(t, "alice")
			b.wantStored(t, what+" at the log-in", "alice", name, true)
			b.wantShown(t, what+" at the log-in", s, "")
			b.sim.Heal(textCheck)
			token = b.login(t, "alice").Token // older sessions end when there are more than five
			b.wantStored(t, what+", healed", "alice", want.name, want.held)
			shown := want.name
			if want.held {
				shown = ""
			}
			b.wantShown(t, what+", healed", s, shown)
		}
	}
}

func TestAHeldNameThatIsSentAgainIsShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.login(t, "alice").Token
	b.hold(t, token, "小明")
	if a := b.rename(t, token, "小明"); a.Held {
		t.Errorf("%+v", a)
	}
	b.wantStored(t, "sent again", "alice", "小明", false)
}

// WeChat answers only about users who were there in the last two hours; a session lives longer.
func TestAnInactiveUsersNameIsHeldUntilHeLogsIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.login(t, "alice").Token
	must(t, b.sim.Advance(2*time.Hour+time.Minute))
	if a := b.rename(t, token, "小明"); !a.Held {
		t.Errorf("%+v", a)
	}
	log := b.sim.Log()
	if last := log[len(log)-1]; last.API != textCheck || last.ErrCode != 61010 {
		t.Errorf("%+v", last)
	}
	b.login(t, "alice")
	b.wantStored(t, "at his log-in", "alice", "小明", false)
}

// Call by call WeChat takes its time; whoever logs in does not wait for all of it.
func TestASlowCheckDoesNotHoldUpALogIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.hold(t, b.login(t, "alice").Token, "小明")
	must(t, b.sim.Fault(wechatsim.Fault{API: "stable_token", LatencyMS: 2600, N: 10}))
	b.fails(t, wechatsim.Fault{LatencyMS: 1500, ErrCode: 40001}) // a new token is fetched, and it is tried again
	begin := time.Now()
	b.login(t, "alice")
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("it took %s", took)
	}
	b.wantStored(t, "after a slow check", "alice", "小明", true)
}

// While a name is asked about again its user may choose another: what is found out about the old one is not true of the new one.
func TestAVerdictIsOfTheNameThatWasAskedAbout(t *testing.T) {
	t.Parallel()
	for _, old := range []string{"小明", "RISKY"} {
		b := newBench(t)
		token := b.login(t, "alice").Token
		for name, held := range map[string]bool{"小红": false, "REVIEW": true} {
			b.hold(t, token, old)
			code := b.code(t, "alice")
			b.fails(t, wechatsim.Fault{LatencyMS: 1000, N: 1})
			var wg sync.WaitGroup
			wg.Go(func() {
				b.Call("POST /login", "", map[string]string{"code": code}).Want(t, "login", 200, "")
			})
			time.Sleep(500 * time.Millisecond)
			if a := b.rename(t, token, name); a.Held != held {
				t.Errorf("%+v", a)
			}
			wg.Wait()
			b.wantStored(t, old+", then "+name, "alice", name, held)
		}
	}
}

// TestNamesAndOpenidsStayOutOfTheLog is not parallel: the logger is the process's own.
func TestNamesAndOpenidsStayOutOfTheLog(t *testing.T) {
	b := newBench(t)
	in := b.login(t, "alice-openid-")
	log := testlog.Capture(t)
	var answers strings.Builder
	tokens := []string{in.Token}
	for what, f := range outages {
		b.fails(t, f)
		a := b.Call("PATCH /login", in.Token, map[string]string{"name": "PrivateName"}).Want(t, what, 200, "")
		if a.Body["name"] != "PrivateName" {
			t.Errorf("%s: %s", what, a.Text)
		}
		in = b.login(t, "alice-openid-")
		tokens = append(tokens, in.Token)
		b.sim.Heal(textCheck)
	}
	for _, refused := range []string{"PrivateName RISKY", "PrivateName彩票", "PrivateName\u202e"} {
		a := b.Call("PATCH /login", in.Token, map[string]string{"name": refused})
		answers.WriteString(a.Text)
	}
	tokens = append(tokens, b.login(t, "alice-openid-").Token)
	for what, word := range map[string]string{"the name": "PrivateName", "the openid": b.OpenID("alice-openid-"), "the app's secret": "app-secret"} {
		if strings.Contains(log.String(), word) || strings.Contains(answers.String(), word) {
			t.Errorf("%s is in the log\n%s\nor in the answers\n%s", what, log.String(), answers.String())
		}
	}
	for _, token := range tokens {
		if strings.Contains(log.String(), token) {
			t.Error("a session is in the log")
		}
	}
	if n := strings.Count(log.String(), `"msg":"name not checked","request_id":"`); n != 2*len(outages) {
		t.Errorf("%d lines say of which request a name was not checked, want %d\n%s", n, 2*len(outages), log.String())
	}
}
