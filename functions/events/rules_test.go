package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// full is a request with everything that an organiser may say.
func full(change ...func(request)) request {
	return good(append([]func(request){
		set("title", "新店开业"), set("description", "Bring a cup"), set("organiser", "business"),
		set("conditions", " 年满十八周岁 "), set("claim_terms", "开奖后七日内到店领取"), set("notify", true),
		set("prizes", []request{{"name": "平板电脑", "quantity": 1, "value_cny": 3299}, {"name": "Cup", "quantity": 2}}),
	}, change...)...)
}

// rulesLines are the lines of the rules text, without that of the time and the last one.
func rulesLines(t *testing.T, e eventView) []string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(e.Fairness.RulesText, "\n"), "\n")
	if n := len(lines); n < 4 || lines[n-2] != e.DrawAt || !strings.Contains(lines[n-1], "nobody wins") {
		t.Fatalf("%q", e.Fairness.RulesText)
	}
	return lines[:len(lines)-2]
}

func TestWhatAnOrganiserPromisesIsShownToEverybody(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	must(t, b.Store.Rename(context.Background(), b.User("owner"), "晓琳", false))
	var made eventView
	b.Call("POST /events", owner, full()).Want(t, "create", 201, "").Into(t, &made)
	must(t, b.joinAs(t, made.ID, "alice", false, 0))
	b.Redis.Del(t.Context(), countKey(b.event(t, made.ID)))
	var list eventList
	b.Call("GET /events", owner, nil).Want(t, "list", 200, "").Into(t, &list)
	want := rulesView{
		Organiser: organiserView{"business", "晓琳"}, Conditions: "年满十八周岁", ClaimTerms: "开奖后七日内到店领取",
		Method: methods[operatorTrusted],
	}
	for what, e := range map[string]eventView{
		"created": made, "his own": b.look(t, b.Client, made.ID, owner), "anyone's": b.look(t, b.Client, made.ID, ""),
		"a participant's": b.look(t, b.Client, made.ID, b.user(t, "alice")), "listed": list.Events[0],
	} {
		want.Odds = oddsView{1, 1}
		if what == "created" {
			want.Odds = oddsView{}
		}
		if diff := cmp.Diff(want, e.Rules); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		if diff := cmp.Diff([]prize{{"平板电脑", 1, 3299}, {"Cup", 2, 0}}, e.Prizes); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		if diff := cmp.Diff([]string{
			"新店开业", "Bring a cup", "平板电脑 × 1 (CNY 3299)", "Cup × 2", "商家活动 held by a business",
			"参与条件 conditions: 年满十八周岁", "领奖方式 claiming: 开奖后七日内到店领取",
		}, rulesLines(t, e)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func TestWhatIsNotSaidHasNoLineAndNoField(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.Call("POST /events", b.Token("owner"), good()).Want(t, "create", 201, "")
	var e eventView
	a.Into(t, &e)
	if diff := cmp.Diff(rulesView{Organiser: organiserView{"private", ""}, Method: methods[operatorTrusted]}, e.Rules); diff != "" {
		t.Error(diff)
	}
	for _, field := range []string{"notes", "value_cny", "held", "held_because", "messages", "notify_template", "unread"} {
		if strings.Contains(a.Text, `"`+field+`"`) {
			t.Errorf("it has %s: %s", field, a.Text)
		}
	}
}

// What older clients send makes what it made before these fields came: the same words, hashed into the manifest, and the same
// digest, so that a repeat from before an upgrade is a repeat after it.
func TestAnOldRequestMakesWhatItMadeBefore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	owner, body := b.Token("owner"), good()
	var e eventView
	b.Call("POST /events", owner, body, "Idempotency-Key", "old").Want(t, "create", 201, "").Into(t, &e)
	text := "🎁 茶会 👨‍👩‍👧‍👦\nBring a cup\nPot × 1\nCup 🍵 × 2\n" + e.DrawAt + "\n" +
		"若开奖时间后七日内仍无法产生抽奖密钥,本活动作废,无人中奖。 " +
		"If the secret of the draw cannot be produced within seven days of the draw time, the event is void and nobody wins.\n"
	if diff := cmp.Diff(text, e.Fairness.RulesText); diff != "" {
		t.Error(diff)
	}
	drawAt, err := time.Parse(time.RFC3339, e.DrawAt)
	must(t, err)
	digest := sha256.Sum256(fmt.Appendf(nil, "%q\n%q\n%d\n%q × %d\n%q × %d\n",
		"🎁 茶会 👨‍👩‍👧‍👦", "Bring a cup", drawAt.Unix(), "Pot", 1, "Cup 🍵", 2))
	if n := b.count(t, "SELECT COUNT(*) FROM events WHERE request_digest = ?", digest[:]); n != 1 {
		t.Error("another digest than before")
	}
	for what, change := range map[string]func(request){
		"organiser": set("organiser", "private"), "conditions": set("conditions", ""), "claim_terms": set("claim_terms", ""), "notify": set("notify", false),
		"value_cny": set("prizes", []request{{"name": "Pot", "quantity": 1, "value_cny": 0}, {"name": "Cup 🍵", "quantity": 2}}),
	} {
		same := maps.Clone(body)
		change(same)
		a := b.Call("POST /events", owner, same, "Idempotency-Key", "old").Want(t, what+" as it is by default", 201, "")
		if a.Body["id"] != e.ID || a.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s as it is by default: another event", what)
		}
	}
	for what, change := range map[string]func(request){
		"organiser": set("organiser", "business"), "conditions": set("conditions", "18+"), "claim_terms": set("claim_terms", "18+"), "notify": set("notify", true),
		"value_cny": set("prizes", []request{{"name": "Pot", "quantity": 1, "value_cny": 1}, {"name": "Cup 🍵", "quantity": 2}}),
		"another":   set("prizes", []request{{"name": "Pot", "quantity": 1}, {"name": "Cup 🍵", "quantity": 2, "value_cny": 1}}),
	} {
		other := maps.Clone(body)
		change(other)
		b.Call("POST /events", owner, other, "Idempotency-Key", "old").Want(t, "another "+what, 409, "idempotency_conflict")
	}
}

func TestTheSameWordsInOtherFieldsAreAnotherRequest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	owner, body := b.Token("owner"), good(set("conditions", "18+"))
	b.Call("POST /events", owner, body, "Idempotency-Key", "k").Want(t, "create", 201, "")
	other := maps.Clone(body)
	delete(other, "conditions")
	other["claim_terms"] = "18+"
	b.Call("POST /events", owner, other, "Idempotency-Key", "k").Want(t, "claim terms for conditions", 409, "idempotency_conflict")
	worth := func(first, second int) func(request) {
		return set("prizes", []request{{"name": "A", "quantity": 1, "value_cny": first}, {"name": "B", "quantity": 1, "value_cny": second}})
	}
	b.Call("POST /events", owner, good(worth(5, 0)), "Idempotency-Key", "v").Want(t, "create", 201, "")
	b.Call("POST /events", owner, good(worth(0, 5)), "Idempotency-Key", "v").Want(t, "another prize's value", 409, "idempotency_conflict")
}

func TestTermsAtTheirLimitsPassAndBeyondThemAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	owner := b.Token("owner")
	worth := func(value any) func(request) {
		return set("prizes", []request{{"name": "Cup", "quantity": 1, "value_cny": value}})
	}
	for what, change := range map[string]func(request){
		"300 characters of conditions":  set("conditions", strings.Repeat("茶", 300)),
		"300 characters of claim terms": set("claim_terms", strings.Repeat("茶", 300)),
		"300 emoji":                     set("claim_terms", strings.Repeat("🎁", 300)),
		"the highest value":             worth(100_000_000), "the lowest": worth(1), "none": worth(0),
		"a private organiser": set("organiser", "private"), "a business": set("organiser", "business"),
	} {
		b.Call("POST /events", owner, good(change)).Want(t, what, 201, "")
	}
	rows := b.count(t, "SELECT COUNT(*) FROM events")
	for what, c := range map[string]struct {
		change func(request)
		code   string
	}{
		"301 characters of conditions":  {set("conditions", strings.Repeat("茶", 301)), "invalid_conditions"},
		"301 characters of claim terms": {set("claim_terms", strings.Repeat("茶", 301)), "invalid_claim_terms"},
		"blank conditions":              {set("conditions", " \u3000"), "invalid_conditions"},
		"blank claim terms":             {set("claim_terms", "  "), "invalid_claim_terms"},
		"a line break in conditions":    {set("conditions", "a\nb"), "invalid_conditions"},
		"bidi in claim terms":           {set("claim_terms", "a\u202eb"), "invalid_claim_terms"},
		"a damaged character":           {set("conditions", "a\ufffdb"), "invalid_conditions"},
		"a value below zero":            {worth(-1), "invalid_prizes"},
		"a value above the highest":     {worth(100_000_001), "invalid_prizes"},
		"a value with a fraction":       {worth(0.5), "malformed"},
		"a value in words":              {worth("100"), "malformed"},
		"a value beyond all numbers":    {worth(1e30), "malformed"},
		"a sort nobody knows":           {set("organiser", "company"), "invalid_organiser"},
		"a sort that is empty":          {set("organiser", ""), "invalid_organiser"},
		"a sort in capitals":            {set("organiser", "Business"), "invalid_organiser"},
		"a sort by number":              {set("organiser", 1), "malformed"},
		"a sort that is null":           {set("organiser", nil), "malformed"},
		"conditions a number":           {set("conditions", 18), "malformed"},
		"claim terms a list":            {set("claim_terms", []string{"a"}), "malformed"},
		"notify in words":               {set("notify", "true"), "malformed"},
		"notify null":                   {set("notify", nil), "malformed"},
	} {
		b.Call("POST /events", owner, good(c.change, set("notify", true), c.change)).Want(t, what, 400, c.code)
	}
	if n := b.count(t, "SELECT COUNT(*) FROM events"); n != rows {
		t.Errorf("the refused requests left %d events", n-rows)
	}
}

func TestABusinesssPrizeOverFiftyThousandIsNoted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	owner := b.Token("owner")
	for what, c := range map[string]struct {
		organiser string
		values    []int
		noted     bool
	}{
		"a business, over":                      {"business", []int{50_001}, true},
		"a business, the second prize":          {"business", []int{10, 60_000}, true},
		"a business, exactly":                   {"business", []int{50_000}, false},
		"a business, two that are over it both": {"business", []int{30_000, 30_000}, false},
		"a business, not declared":              {"business", []int{0}, false},
		"private, over":                         {"private", []int{60_000}, false},
	} {
		var prizes []request
		for i, value := range c.values {
			prizes = append(prizes, request{"name": fmt.Sprint("Prize ", i), "quantity": 2, "value_cny": value})
		}
		e := b.create(t, owner, set("organiser", c.organiser), set("prizes", prizes))
		var want []string
		if c.noted {
			want = []string{"business_prize_over_cny_50000"}
		}
		for who, seen := range map[string]eventView{"created": e, "anyone": b.get(t, e.ID, "")} {
			if diff := cmp.Diff(want, seen.Rules.Notes); diff != "" {
				t.Errorf("%s, %s: %s", what, who, diff)
			}
		}
		if text := e.Fairness.RulesText; (c.values[0] != 0) != strings.Contains(text, fmt.Sprintf("Prize 0 × 2 (CNY %d)\n", c.values[0])) {
			t.Errorf("%s: %q", what, text)
		}
	}
}

// get is what a user sees of an event.
func (b *bench) get(t *testing.T, id, token string) (e eventView) {
	t.Helper()
	b.Call("GET /events/"+id, token, nil).Want(t, "get", 200, "").Into(t, &e)
	return e
}

func TestAWordOfLotteriesIsRefusedInEveryField(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	for _, word := range []string{"彩票", "买彩 票送礼", "彩\u3000·\u3000票", "六合彩", "赌-博", "双 色 球", "投注", "快来下注", "大樂透!"} {
		for field, change := range fieldsOf(word) {
			a := b.Call("POST /events", owner, good(change), "Idempotency-Key", "k").Want(t, word+" in "+field, 422, "text_rejected")
			name := field
			if name == "a prize's name" {
				name = "prizes[1].name"
			}
			if message, _ := a.Body["error"].(map[string]any)["message"].(string); !strings.HasPrefix(message, name+" ") {
				t.Errorf("%s in %s: %q", word, field, message)
			}
		}
	}
	if events, asked := b.count(t, "SELECT COUNT(*) FROM events"), b.asked(textCheck); events != 0 || asked != 0 {
		t.Errorf("%d events, WeChat was asked %d times", events, asked)
	}
}

func TestWordsThatOnlyLookLikeLotteriesPass(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	owner := b.Token("owner")
	for _, word := range []string{"精彩票房", "以下注意事项", "请投注意力", "光彩票据", "彩色门票", "体育彩排", "福利彩蛋", "微博彩妆", "双色球鞋", "请投注册费", "抽奖", "票 彩", "下 注意"} {
		for field, change := range fieldsOf(word) {
			b.Call("POST /events", owner, good(change)).Want(t, word+" in "+field, 201, "")
		}
	}
	b.Call("POST /events", owner, good(set("title", "彩"), set("description", "票"))).Want(t, "a word over two fields", 201, "")
}

// What was accepted once is answered again, whatever has been added to the words since.
func TestWordsAreOnlyLookedForInWhatIsNew(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner, body := b.user(t, "owner"), good(set("title", "彩票"))
	draft := lottery.Draft{Title: "彩票", Description: "Bring a cup", Prizes: []lottery.Prize{{Name: "Pot", Quantity: 1}, {Name: "Cup 🍵", Quantity: 2}}}
	var err error
	draft.DrawAt, err = time.Parse(time.RFC3339, body["draw_at"].(string))
	must(t, err)
	digest := draft.Digest()
	var e eventView
	b.Call("POST /events", owner, good(), "Idempotency-Key", "old").Want(t, "create", 201, "").Into(t, &e)
	must(t, testdb.Exec(t, b.DSN, "UPDATE events SET title = '彩票', request_digest = ?", digest[:]))
	a := b.Call("POST /events", owner, body, "Idempotency-Key", "old").Want(t, "a repeat", 201, "")
	if a.Body["id"] != e.ID || a.Header.Get("Idempotency-Replayed") != "true" {
		t.Error(a.Text)
	}
	b.Call("POST /events", owner, good(set("title", "博彩")), "Idempotency-Key", "old").Want(t, "another", 409, "idempotency_conflict")
	b.Call("POST /events", owner, good(set("title", "博彩"), set("draw_at", inAnHour(".5Z")))).Want(t, "no instant", 400, "invalid_draw_at")
	past := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	b.Call("POST /events", owner, good(set("title", "博彩"), set("draw_at", past))).Want(t, "too soon", 400, "invalid_draw_at")
	b.Call("POST /events", owner, body).Want(t, "a new one", 422, "text_rejected")
}

func TestOddsAreOfThoseWhoHaveJoined(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Pot", Quantity: 1}, lottery.Prize{Name: "Cup", Quantity: 2})
	for i := range 5 {
		n := uint64(i)
		if got, want := b.get(t, e.ID.String(), "").Rules.Odds, (oddsView{min(n, 3), n}); got != want {
			t.Errorf("with %d in it: %+v", n, got)
		}
		b.Join(e, fmt.Sprint("user-", i))
		must(t, b.Redis.Del(t.Context(), countKey(e)).Err())
	}
	b.finish(t, e, 61*time.Minute, true)
	if got := b.get(t, e.ID.String(), "").Rules.Odds; got != (oddsView{3, 5}) {
		t.Errorf("drawn: %+v", got)
	}
}

func TestTheMethodIsThatOfTheDraw(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	quicknet, seen := vdraw.Quicknet(), map[string]bool{}
	for label, chain := range map[string]*vdraw.Chain{operatorTrusted: nil, publicRandomness: &quicknet, developmentBeacon: &b.chain} {
		terms := servicetest.Terms
		terms.Chain = chain
		e := b.EventUnder(terms, "owner", time.Hour, pot)
		method := b.get(t, e.ID.String(), "").Rules.Method
		if method == "" || method != methods[label] || seen[method] {
			t.Errorf("%s: %q", label, method)
		}
		seen[method] = true
	}
}

func TestAHeldNameIsShownToNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := context.Background()
	e := b.Event("owner", time.Hour, pot)
	b.Join(e, "alice", "bob")
	b.finish(t, e, 61*time.Minute, true)
	name := func(user, name string, held bool) {
		t.Helper()
		must(t, b.Store.Rename(ctx, b.User(user), name, held))
	}
	check := func(what, organiser string, want ...string) {
		t.Helper()
		for who, token := range map[string]string{"anyone": "", "a user": b.Token("alice"), "the organiser": b.Token("owner")} {
			if got := b.get(t, e.ID.String(), token).Rules.Organiser.Name; got != organiser {
				t.Errorf("%s: %s sees the organiser as %q", what, who, got)
			}
			var list winnerList
			b.Call("GET /events/"+e.ID.String()+"/winners", token, nil).Want(t, what, 200, "").Into(t, &list)
			got := map[string]bool{}
			for _, w := range list.Winners {
				got[w.Name] = true
			}
			all := map[string]bool{}
			for _, n := range want {
				all[n] = true
			}
			if diff := cmp.Diff(all, got); diff != "" || len(list.Winners) != 2 {
				t.Errorf("%s: %s sees as winners %s", what, who, diff)
			}
		}
	}
	check("no names", "", "")
	name("owner", "晓琳", false)
	name("alice", "Alice", false)
	name("bob", "Bob", false)
	check("names", "晓琳", "Alice", "Bob")
	name("owner", "坏", true)
	name("alice", "Bad", true)
	check("held names", "", "", "Bob")
	must(t, b.Store.SettleName(ctx, b.User("alice"), "Bad", true))
	must(t, b.Store.SettleName(ctx, b.User("owner"), "坏", false))
	check("a name that passed, and one that did not", "", "Bad", "Bob")
}
