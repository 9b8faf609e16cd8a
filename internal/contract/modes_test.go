package contract

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

type object = map[string]any

// edited is an example of the document after an edit; part leads into it.
func edited(t *testing.T, name string, edit func(object)) answer {
	t.Helper()
	var v object
	if err := json.Unmarshal([]byte(example(t, name, "{", "{")), &v); err != nil {
		t.Fatal(err)
	}
	edit(v)
	return answer{status: http.StatusOK, body: string(marshal(t, v))}.with("Access-Control-Allow-Origin", "*")
}

func part(v object, path ...string) object {
	for _, name := range path {
		v = v[name].(object)
	}
	return v
}

func set(value any, path ...string) func(object) {
	last := len(path) - 1
	return func(v object) { part(v, path[:last]...)[path[last]] = value }
}

func drop(path ...string) func(object) {
	last := len(path) - 1
	return func(v object) { delete(part(v, path[:last]...), path[last]) }
}

// all makes one edit of several.
func all(edits ...func(object)) func(object) {
	return func(v object) {
		for _, edit := range edits {
			edit(v)
		}
	}
}

var (
	hex32 = strings.Repeat("0a", 32)
	round = object{"round": 31089008, "signature": strings.Repeat("0a", 48)}
	void  = all(set("canceled", "status"), set("2026-08-14T02:39:48Z", "canceled_at"), set("void", "cancel_reason"))
	undo  = all(drop("drawn_at"), drop("undrawn"), drop("fairness", "seed")) // of a drawn event of mode 0
	late  = set(31089100, "fairness", "lock", "late_round")

	held     = set(true, "held")
	dropped  = all(set("canceled", "status"), set("2026-08-07T02:38:49Z", "canceled_at"), set("held", "cancel_reason")) // at its lock
	mine     = set(object{"owner": true}, "me")
	news     = set(object{"wanted": 5, "sent": 3, "refused": 1, "dead": 1, "done": true}, "messages")
	business = set("business", "rules", "organiser", "kind")
	noted    = set([]any{"business_prize_over_cny_50000"}, "rules", "notes")
)

// worth declares the value of the first prize.
func worth(yuan int) func(object) {
	return func(v object) { v["prizes"].([]any)[0].(object)["value_cny"] = yuan }
}

func TestWhatMayBeShownWhen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		example string
		edit    func(object)
	}{
		"locked, not due":        {"WaitingEvent", drop("fairness", "waiting_for_round")},
		"opening by the clock":   {"WaitingEvent", all(drop("fairness", "waiting_for_round"), drop("fairness", "lock"))},
		"late":                   {"WaitingEvent", all(late, set(true, "late"))},
		"void":                   {"WaitingEvent", all(void, drop("fairness", "waiting_for_round"))},
		"void without a list":    {"WaitingEvent", all(void, drop("fairness", "waiting_for_round"), drop("fairness", "lock"))},
		"development":            {"WaitingEvent", all(set("development-beacon", "fairness", "label"), set(hex32, "fairness", "chain"))},
		"mode 0":                 {"TrustedEvent", all()},
		"mode 0, locked":         {"TrustedEvent", all(undo, set("opening", "status"), set(nil, "fairness", "lock", "secret"))},
		"mode 0, void":           {"TrustedEvent", all(undo, void, set(nil, "fairness", "lock", "secret"))},
		"mode 0, void, no list":  {"TrustedEvent", all(undo, void, drop("fairness", "lock"))},
		"mode 0, before the end": {"TrustedEvent", all(undo, set("init", "status"), drop("fairness", "lock"))},
		"held":                   {"NewEvent", all(held, set("rejected", "held_because"))},
		"held, not asked":        {"NewEvent", held},
		"held, its lock is past": {"NewEvent", all(held, set("opening", "status"))},
		"held, canceled":         {"NewEvent", all(held, dropped)},
		"held, canceled by him":  {"CanceledEvent", held},
		"messages":               {"DrawnEvent", all(mine, news)},
		"messages of a void one": {"WaitingEvent", all(void, mine, news, drop("fairness", "waiting_for_round"))},
		"messages of a canceled": {"CanceledEvent", news},
		"no messages here":       {"DrawnEvent", drop("notify_template")},
		"read":                   {"DrawnEvent", drop("me", "unread")},
		"no name":                {"NewEvent", set("", "rules", "organiser", "name")},
		"a private person's car": {"NewEvent", worth(100_000_000)},
		"a business's prize":     {"NewEvent", all(business, worth(50_000))},
		"a business's car":       {"NewEvent", all(business, worth(50_001), noted)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := complaints(t, edited(t, c.example, c.edit), newRequest("GET", eventPath, "")); len(got) > 0 {
				t.Errorf("complaints %q", got)
			}
		})
	}
}

func TestWhatMayNotBeShown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		example string
		edit    func(object)
		want    string
	}{
		"secret held back":          {"WaitingEvent", set(nil, "fairness", "lock", "secret"), "/fairness/lock/secret"},
		"secret held back, void":    {"WaitingEvent", all(void, drop("fairness", "waiting_for_round"), set(nil, "fairness", "lock", "secret")), "/fairness/lock/secret"},
		"no chain":                  {"NewEvent", drop("fairness", "chain"), "chain"},
		"no round":                  {"NewEvent", drop("fairness", "round"), "round"},
		"round 0":                   {"NewEvent", set(0, "fairness", "round"), "/fairness/round"},
		"no organiser":              {"NewEvent", drop("fairness", "organiser"), "organiser"},
		"mode 1 called trusted":     {"NewEvent", set("operator-trusted", "fairness", "label"), "/fairness/label"},
		"development called public": {"NewEvent", set(hex32, "fairness", "chain"), "/fairness/chain"},
		"public called development": {"NewEvent", set("development-beacon", "fairness", "label"), "/fairness/chain"},
		"waiting without a list":    {"WaitingEvent", drop("fairness", "lock"), "lock"},
		"waiting before the lock":   {"NewEvent", set(1, "fairness", "waiting_for_round"), "/fairness/waiting_for_round"},
		"waiting, drawn":            {"DrawnEvent", set(1, "fairness", "waiting_for_round"), "/fairness/waiting_for_round"},
		"waiting, void":             {"WaitingEvent", void, "/fairness/waiting_for_round"},
		"beacon before the draw":    {"WaitingEvent", set(round, "fairness", "beacon"), "/fairness/beacon"},
		"drawn without a beacon":    {"DrawnEvent", drop("fairness", "beacon"), "beacon"},
		"drawn without a seed":      {"DrawnEvent", drop("fairness", "seed"), "seed"},
		"drawn without a list":      {"DrawnEvent", drop("fairness", "lock"), "lock"},
		"late and silent":           {"DrawnEvent", late, "late"},
		"list of a canceled one":    {"WaitingEvent", all(void, drop("fairness", "waiting_for_round"), set("owner", "cancel_reason")), "/fairness/lock"},
		"mode 0 called public":      {"TrustedEvent", set("public-randomness", "fairness", "label"), "/fairness/label"},
		"mode 0 with a chain":       {"TrustedEvent", set(hex32, "fairness", "chain"), "/fairness/chain"},
		"mode 0 with a round":       {"TrustedEvent", set(1, "fairness", "round"), "/fairness/round"},
		"mode 0 with a beacon":      {"TrustedEvent", set(round, "fairness", "beacon"), "/fairness/beacon"},
		"mode 0 with a late round":  {"TrustedEvent", all(set(1, "fairness", "lock", "late_round"), set(true, "late")), "/fairness/lock/late_round"},
		"mode 0, secret too early":  {"TrustedEvent", all(undo, set("opening", "status")), "/fairness/lock/secret"},
		"mode 0, secret of a void":  {"TrustedEvent", all(undo, void), "/fairness/lock/secret"},
		"mode 0, no secret":         {"TrustedEvent", set(nil, "fairness", "lock", "secret"), "/fairness/lock/secret"},
		"mode 2":                    {"TrustedEvent", set(2, "fairness", "mode"), "/fairness/mode"},
		"held for another":          {"NewEvent", all(held, set(false, "me", "owner")), "/me/owner"},
		"held for anybody":          {"NewEvent", all(held, drop("me")), "me"},
		"held and drawn":            {"DrawnEvent", all(held, mine), "/held"},
		"held and void":             {"WaitingEvent", all(held, mine, void, drop("fairness", "waiting_for_round")), "/held"},
		"not held":                  {"NewEvent", set(false, "held"), "/held"},
		"a reason to hold nothing":  {"NewEvent", set("review", "held_because"), "held"},
		"held for another reason":   {"NewEvent", all(held, set("politics", "held_because")), "/held_because"},
		"dropped, not held":         {"NewEvent", dropped, "held"},
		"messages before the end":   {"NewEvent", news, "/messages"},
		"messages before the draw":  {"WaitingEvent", all(mine, news), "/messages"},
		"another's messages":        {"DrawnEvent", news, "/me/owner"},
		"anybody's messages":        {"TrustedEvent", news, "me"},
		"unread before the end":     {"WaitingEvent", set(object{"owner": false, "ticket": hex32[:32], "joined_at": "2026-08-06T01:41:07Z", "unread": true}, "me"), "/me/unread"},
		"unread by a stranger":      {"DrawnEvent", set(object{"owner": false, "unread": true}, "me"), "ticket"},
		"read, and said so":         {"DrawnEvent", set(false, "me", "unread"), "/me/unread"},
		"no rules":                  {"NewEvent", drop("rules"), "rules"},
		"no odds":                   {"NewEvent", drop("rules", "odds"), "odds"},
		"an organiser of no kind":   {"NewEvent", set("", "rules", "organiser", "kind"), "/rules/organiser/kind"},
		"a value of nothing":        {"NewEvent", worth(0), "/prizes/0/value_cny"},
		"a business's car, unnoted": {"NewEvent", all(business, worth(50_001)), "notes"},
		"a note on a small prize":   {"NewEvent", all(business, worth(50_000), noted), "/rules/notes"},
		"a note on a private car":   {"NewEvent", all(worth(50_001), noted), "/rules/notes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := complaints(t, edited(t, c.example, c.edit), newRequest("GET", eventPath, ""))
			if !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, c.want) }) {
				t.Errorf("complaints %q, want one with %q", got, c.want)
			}
		})
	}
}

// TestWhatOnlyALookAtOneEventShows: lists ask nobody about a held event, and count no messages; what is refused is not created.
func TestWhatOnlyALookAtOneEventShows(t *testing.T) {
	t.Parallel()
	list := func(name string, edit func(object)) answer {
		return answer{status: 200, body: `{"events":[` + edited(t, name, edit).body + `]}`}
	}
	create := newRequest("POST", "/events", `{"title":"t","draw_at":"2026-11-24T20:00:00Z","prizes":[{"name":"p","quantity":1}]}`)
	create201 := func(because string) answer {
		return answer{status: 201, body: edited(t, "NewEvent", all(held, set(because, "held_because"))).body}
	}
	for name, c := range map[string]struct {
		h    http.Handler
		r    *http.Request
		want string // "" for a documented answer
	}{
		"held in a list":        {list("NewEvent", held), newRequest("GET", "/events", ""), ""},
		"reason in a list":      {list("NewEvent", all(held, set("review", "held_because"))), newRequest("GET", "/events", ""), "at '/events/0/held_because'"},
		"messages in a list":    {list("DrawnEvent", all(mine, news)), newRequest("GET", "/events", ""), "at '/events/0/messages'"},
		"created, in review":    {create201("review"), create, ""},
		"created, no answer":    {create201("unavailable"), create, ""},
		"created, though risky": {create201("rejected"), create, "at '/held_because'"},
	} {
		t.Run(name, func(t *testing.T) {
			got := complaints(t, c.h, c.r)
			if c.want == "" && len(got) > 0 || c.want != "" && !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, c.want) }) {
				t.Errorf("complaints %q, want one with %q", got, c.want)
			}
		})
	}
}

// many gives a proof that many winners, with paths or without.
func many(n int, paths bool) func(object) {
	return func(v object) {
		winners := make([]any, n)
		for i := range winners {
			winners[i] = object{"index": i, "ticket": hex32[:32]}
			if paths {
				winners[i].(object)["path"] = []string{}
			}
		}
		v["winners"] = winners
	}
}

func TestWhatIsAProof(t *testing.T) {
	t.Parallel()
	zero := all(set(0, "event", "mode"), set(strings.Repeat("0", 64), "event", "chain"), set(0, "event", "round"), set(nil, "beacon"))
	for name, c := range map[string]struct {
		example string
		edit    func(object)
		want    string // "" for a proof
	}{
		"nobody won":             {"Proof", set([]any{}, "winners"), ""},
		"200 winners":            {"Proof", many(200, true), ""},
		"201 winners":            {"Proof", many(201, false), ""},
		"200 without paths":      {"Proof", many(200, false), "path"},
		"201 with paths":         {"Proof", many(201, true), "/winners/0/path"},
		"mode 0":                 {"Proof", zero, ""},
		"mode 0, locked":         {"LockedProof", all(zero, set(nil, "lock", "secret")), ""},
		"mode 0, too early":      {"LockedProof", zero, "/lock/secret"},
		"mode 0, chain":          {"Proof", all(zero, set(hex32, "event", "chain")), "/event/chain"},
		"mode 0, round":          {"Proof", all(zero, set(1, "event", "round")), "/event/round"},
		"mode 0, beacon":         {"Proof", all(zero, set(round, "beacon")), "/beacon"},
		"no secret":              {"LockedProof", set(nil, "lock", "secret"), "/lock/secret"},
		"no beacon":              {"Proof", set(nil, "beacon"), "/beacon"},
		"beacon before the draw": {"LockedProof", set(round, "beacon"), "/beacon"},
		"beacon left out":        {"LockedProof", drop("beacon"), "beacon"},
		"no winners":             {"Proof", drop("winners"), "winners"},
		"no seed":                {"Proof", drop("seed"), "seed"},
		"round 0":                {"Proof", set(0, "event", "round"), "/event/round"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := complaints(t, edited(t, c.example, c.edit), newRequest("GET", eventPath+"/proof", ""))
			if c.want == "" && len(got) > 0 || c.want != "" && !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, c.want) }) {
				t.Errorf("complaints %q, want one with %q", got, c.want)
			}
		})
	}
}
