package main

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"wxlottery/shared/vdraw"
)

const addressOfEvent = "https://host/events/AZihssPUcACAAQIDBAUG_w"

func TestWrongArgumentsSayWhatIsRight(t *testing.T) {
	t.Parallel()
	digest := strings.Repeat("0a", 32)
	for line, want := range map[string]string{
		"":                                           "which proof?",
		"a.json b.json":                              "one proof too many: b.json",
		"a.json -tickets tickets.bin":                "one proof too many: -tickets (flags come first)",
		"-fast a.json":                               "flag provided but not defined: -fast",
		"-event " + addressOfEvent + " a.json":       "a proof and -event exclude each other",
		"-tickets= a.json":                           "flag -tickets: it names no file",
		"-receipt= a.json":                           "flag -receipt: it names no file",
		"-rules= a.json":                             "flag -rules: it names no file",
		"-key= a.json":                               "flag -key: vdraw: parse digest: 0 characters, want 64",
		"-manifest " + digest + "0 a.json":           "65 characters",
		"-lock " + strings.ToUpper(digest):           "not a lower-case hex digit",
		"-ticket 00 a.json":                          "2 characters, want 32",
		"-dev-chain " + digest + " a.json":           "64 characters, want 192",
		"-dev-chain " + strings.Repeat(digest, 3):    "not a point of the group",
		"-lang fr a.json":                            "there are en and zh",
		"-event ftp://host/events/x":                 "not an address that starts with https://",
		"-event host/events/x":                       "not an address that starts with https://",
		"-event https:///events/x":                   "not an address that starts with https://",
		"-event ://":                                 "missing protocol scheme",
		"-event https://host/events":                 "the 22 characters of an event's id",
		"-event https://host/AZihssPUcACAAQIDBAUG_w": "the 22 characters of an event's id",
		"-event https://host/events/short":           "the 22 characters of an event's id",
		"-event " + addressOfEvent + "/proof":        "the 22 characters of an event's id",
		"-event " + addressOfEvent + "?x=1":          "nothing but a host and a path",
		"-event " + addressOfEvent + "?":             "nothing but a host and a path",
		"-event " + addressOfEvent + "#x":            "nothing but a host and a path",
		"-event https://me:secret@host/events/x":     "nothing but a host and a path",
		vdrawData:                                    "is a directory",
		"-rules nosuch.txt a.json":                   "open nosuch.txt",
		"-receipt nosuch.json a.json":                "open nosuch.json",
	} {
		var out, errs bytes.Buffer
		code := run(strings.Fields(line), nil, &out, &errs)
		said, ours := strings.CutPrefix(errs.String(), "verify: ")
		if code != 2 || !ours || !strings.Contains(said, want) || out.Len() > 0 {
			t.Errorf("%s: exit code %d: %s", line, code, errs.String())
		}
	}
}

func TestHelpIsNoFailure(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"-h", "-help", "--help"} {
		var out, errs bytes.Buffer
		code := run([]string{name}, nil, &out, &errs)
		if code != 0 || errs.Len() > 0 || !strings.HasPrefix(out.String(), "usage: verify ") {
			t.Errorf("exit code %d: %s%s", code, out.String(), errs.String())
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	id := published().example.proof.Event.EventID
	for text, want := range map[string]string{
		addressOfEvent:       addressOfEvent,
		addressOfEvent + "/": addressOfEvent,
		addressOfEvent + "#": addressOfEvent,
		"http://[::1]:8080/a/b/events/AZihssPUcACAAQIDBAUG_w": "http://[::1]:8080/a/b/events/AZihssPUcACAAQIDBAUG_w",
	} {
		a, err := parseAddress(text)
		if err != nil || a.url != want || a.id != id {
			t.Errorf("%s: %+v, %v", text, a, err)
		}
	}
}

func TestLanguageFollowsTheEnvironment(t *testing.T) {
	t.Parallel()
	for environment, want := range map[[3]string]string{
		{}:                             "en",
		{"", "", "zh_CN.UTF-8"}:        "zh",
		{"", "zh_TW", "en_US"}:         "zh",
		{"C", "zh_CN", "zh_CN.UTF-8"}:  "en",
		{"zh_CN.UTF-8", "", "C.UTF-8"}: "zh",
	} {
		got := language(func(name string) string {
			return map[string]string{"LC_ALL": environment[0], "LC_MESSAGES": environment[1], "LANG": environment[2]}[name]
		})
		if got != want {
			t.Errorf("%v: %s", environment, got)
		}
	}
}

func TestWhatIsTypedIsWhatIsGiven(t *testing.T) {
	t.Parallel()
	p := published()
	o, err := parse([]string{
		"-key", hex.EncodeToString(p.env["KEY"]), "-manifest", hex.EncodeToString(p.env["MD"]),
		"-lock", hex.EncodeToString(p.env["LD"]), "-ticket", hex.EncodeToString(p.env["WINNER"]),
		"-dev-chain", hex.EncodeToString(p.env["DEVKEY"]), "-json", "-",
	}, func(string) string { return "" })
	g := o.given
	if err != nil || o.proof != "-" || !o.json || o.lang != "en" || o.event != nil {
		t.Fatalf("%+v, %v", o, err)
	}
	if !bytes.Equal(g.Key, p.env["KEY"]) || *g.Manifest != vdraw.Digest(p.env["MD"]) || *g.Lock != vdraw.Digest(p.env["LD"]) ||
		*g.Ticket != vdraw.Ticket(p.env["WINNER"]) || len(g.Chains) != 1 || g.Chains[0].PublicKey != [96]byte(p.env["DEVKEY"]) {
		t.Errorf("%+v", g)
	}
}
