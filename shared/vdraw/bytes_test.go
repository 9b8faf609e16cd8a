package vdraw_test

import (
	"crypto/ed25519"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"wxlottery/shared/vdraw"
)

func TestOnlyLowerCaseHexIsATicket(t *testing.T) {
	t.Parallel()
	good := "0123456789abcdef00ff00ff00ff00ff"
	ticket, err := vdraw.ParseTicket(good)
	if err != nil || ticket.String() != good {
		t.Errorf("ParseTicket(%q) = %s, %v", good, ticket, err)
	}
	for name, text := range map[string]string{
		"empty": "", "upper case": strings.ToUpper(good), "one upper-case digit": "A" + good[1:], "short": good[:31],
		"a byte short": good[:30], "long": good + "00", "space": " " + good[1:], "letter": "g" + good[1:],
		"between the ranges": ":" + good[1:], "not ASCII": "é" + good[2:], "prefix": "0x" + good[2:],
	} {
		if _, err := vdraw.ParseTicket(text); err == nil {
			t.Errorf("%s: %q is accepted", name, text)
		}
		if _, err := vdraw.ParseDigest(text + text); err == nil {
			t.Errorf("%s: the digest %q is accepted", name, text+text)
		}
	}
}

func FuzzParseTicket(f *testing.F) {
	f.Add("0123456789abcdef00ff00ff00ff00ff")
	f.Add("0123456789ABCDEF00ff00ff00ff00ff")
	f.Add("é")
	f.Fuzz(func(t *testing.T, text string) {
		ticket, err := vdraw.ParseTicket(text)
		if err == nil && ticket.String() != text {
			t.Errorf("%q is a second spelling of %s", text, ticket)
		}
		alphabet := strings.Trim(text, "0123456789abcdef") == ""
		if want := len(text) == 32 && alphabet; (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func TestDigestsAndTicketsAreHexInJSON(t *testing.T) {
	t.Parallel()
	type pair struct {
		D vdraw.Digest
		T vdraw.Ticket
	}
	in := pair{vdraw.RulesDigest("x"), vdraw.Ticket{0xab}}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "JSON", string(text), `{"D":"`+in.D.String()+`","T":"ab000000000000000000000000000000"}`)
	var out pair
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	diff(t, "round trip", out, in)
	if err := json.Unmarshal([]byte(strings.ToUpper(string(text))), &out); err == nil {
		t.Error("upper case is accepted")
	}
	diff(t, "value after a refusal", out, in)
}

func TestEveryManifestFieldIsInTheDigest(t *testing.T) {
	t.Parallel()
	seen := map[vdraw.Digest]string{}
	for name, m := range map[string]vdraw.Manifest{
		"none": {}, "event": {EventID: [16]byte{1}}, "seq": {Seq: 1}, "prev": {Prev: vdraw.Digest{1}}, "mode": {Mode: 1},
		"lock": {LockTime: 1}, "draw": {DrawTime: 1}, "chain": {Chain: vdraw.Digest{1}}, "round": {Round: 1},
		"winners": {Winners: 1}, "commit": {Commit: vdraw.Digest{1}}, "rules": {Rules: vdraw.Digest{1}},
	} {
		if other, ok := seen[m.Digest()]; ok {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[m.Digest()] = name
	}
}

func TestTicketsOfOneOpenidDifferByEventAndKey(t *testing.T) {
	t.Parallel()
	base := vdraw.NewTicket([]byte("key"), [16]byte{1}, "alice")
	if again := vdraw.NewTicket([]byte("key"), [16]byte{1}, "alice"); again != base {
		t.Error("the same inputs give two tickets")
	}
	for name, other := range map[string]vdraw.Ticket{
		"openid": vdraw.NewTicket([]byte("key"), [16]byte{1}, "bob"),
		"event":  vdraw.NewTicket([]byte("key"), [16]byte{2}, "alice"),
		"key":    vdraw.NewTicket([]byte("yek"), [16]byte{1}, "alice"),
	} {
		if other == base {
			t.Errorf("another %s gives the same ticket", name)
		}
	}
}

func TestReceiptIsGoodForItsOwnFieldsOnly(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	pub := key.Public().(ed25519.PublicKey)
	md, ticket := vdraw.Digest{1}, vdraw.Ticket{2}
	sig := vdraw.SignReceipt(key, md, ticket, 3)
	if !vdraw.VerifyReceipt(pub, md, ticket, 3, sig) {
		t.Error("a true receipt is refused")
	}
	stranger := ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", 32))).Public().(ed25519.PublicKey)
	for name, ok := range map[string]bool{
		"event":           vdraw.VerifyReceipt(pub, vdraw.Digest{9}, ticket, 3, sig),
		"ticket":          vdraw.VerifyReceipt(pub, md, vdraw.Ticket{9}, 3, sig),
		"time":            vdraw.VerifyReceipt(pub, md, ticket, 4, sig),
		"key":             vdraw.VerifyReceipt(stranger, md, ticket, 3, sig),
		"short key":       vdraw.VerifyReceipt(pub[:31], md, ticket, 3, sig),
		"no key":          vdraw.VerifyReceipt(nil, md, ticket, 3, sig),
		"short signature": vdraw.VerifyReceipt(pub, md, ticket, 3, sig[:63]),
		"no signature":    vdraw.VerifyReceipt(pub, md, ticket, 3, nil),
	} {
		if ok {
			t.Errorf("accepted with another %s", name)
		}
	}
}

func TestLockSignatureIsOverTheLockDigest(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	pub := key.Public().(ed25519.PublicKey)
	ld := vdraw.LockDigest(vdraw.Digest{1}, 2, vdraw.Digest{3})
	sig := vdraw.SignLock(key, ld)
	if !vdraw.VerifyLock(pub, ld, sig) {
		t.Error("a true lock is refused")
	}
	// The message by hand: no vector has it.
	if message := append([]byte("vdraw/1/locked\x00"), ld[:]...); !ed25519.Verify(pub, message, sig) {
		t.Error("the signature is not over tag, zero byte and LD")
	}
	if vdraw.VerifyLock(pub, vdraw.Digest{9}, sig) || vdraw.VerifyLock(pub[:5], ld, sig) || vdraw.VerifyLock(pub, ld, nil) {
		t.Error("a false lock is accepted")
	}
}

func TestALateLockIsNeverAPunctualOne(t *testing.T) {
	t.Parallel()
	md, root := vdraw.Digest{1}, vdraw.Digest{2}
	punctual := vdraw.LockDigest(md, 7, root)
	late := vdraw.LateLockDigest(md, 7, root, 100)
	if late == punctual || late == vdraw.LateLockDigest(md, 7, root, 101) || late == vdraw.LateLockDigest(md, 8, root, 100) {
		t.Error("two locks have one digest")
	}
}

func TestRoundsOutsideTheChainDoNotWrapAround(t *testing.T) {
	t.Parallel()
	c := vdraw.Quicknet()
	diff(t, "round before the genesis", c.RoundAt(0), uint64(1))
	diff(t, "round just before the genesis", c.RoundAt(vdraw.QuicknetGenesis-1), uint64(1))
	diff(t, "time of round 0", c.RoundTime(0), uint64(0))
	diff(t, "time of the last round", c.RoundTime(math.MaxUint64), uint64(math.MaxUint64))
	last := c.RoundAt(math.MaxUint64 - 3)
	if at := c.RoundTime(last); at < math.MaxUint64-3 {
		t.Errorf("round %d is due at %d, before the time it is for", last, at)
	}
}

func TestARoundIsTheFirstAtOrAfterItsTime(t *testing.T) {
	t.Parallel()
	c := vdraw.Quicknet()
	for at := vdraw.QuicknetGenesis + 1; at < vdraw.QuicknetGenesis+100; at++ {
		r := c.RoundAt(at)
		if c.RoundTime(r) < at || c.RoundTime(r-1) >= at {
			t.Errorf("time %d: round %d is not the first", at, r)
		}
	}
}
