package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"wxlottery/shared/vdraw"
)

type options struct {
	proof   string   // a file, or "-"; "" with an event
	event   *address // nil with a proof
	tickets string   // files, "" for none
	receipt string
	rules   string
	given   vdraw.Given // what is on the command line itself
	lang    string
	json    bool
}

// address is where a service shows an event.
type address struct {
	url string // without a slash at the end
	id  vdraw.EventID
}

const usage = `usage: verify [flags] proof.json
       verify [flags] -event https://host/events/ID

Rechecks a draw in ten steps and says what was not checked. proof.json is a file, or - for standard input.

  verify -tickets tickets.bin -receipt receipt.json -key HEX proof.json

Exit codes: 0 nothing failed, 1 something failed, 2 usage or nothing to check, 3 nothing failed, but the draw was late or
rests on the operator's word.

`

func help(w io.Writer) error {
	var text strings.Builder
	text.WriteString(usage)
	f := flags(new(options))
	f.SetOutput(&text)
	f.PrintDefaults()
	_, err := io.WriteString(w, text.String())
	return err
}

func flags(o *options) *flag.FlagSet {
	f := flag.NewFlagSet("verify", flag.ContinueOnError)
	f.SetOutput(io.Discard) // run says what is wrong
	f.Usage = func() {}
	g := &o.given
	value(f, "tickets", "`file` with the list, tickets.bin: 16 bytes for each participant", parseName,
		func(s string) { o.tickets = s })
	value(f, "receipt", "`file` with your receipt, or with all that GET /join/{id} answered", parseName,
		func(s string) { o.receipt = s })
	value(f, "rules", "`file` with the rules text, byte for byte", parseName, func(s string) { o.rules = s })
	value(f, "ticket", "your ticket, to look up without a receipt; 32 digits of `hex`", vdraw.ParseTicket,
		func(t vdraw.Ticket) { g.Ticket = &t })
	value(f, "key", "the operator's public key, from elsewhere than the service; 64 digits of `hex`", vdraw.ParseDigest,
		func(d vdraw.Digest) { g.Key = ed25519.PublicKey(d[:]) })
	value(f, "manifest", "the event's digest as you saw it when you joined; 64 digits of `hex`", vdraw.ParseDigest,
		func(d vdraw.Digest) { g.Manifest = &d })
	value(f, "lock", "the lock record's digest as you saw it before the draw; 64 digits of `hex`", vdraw.ParseDigest,
		func(d vdraw.Digest) { g.Lock = &d })
	value(f, "dev-chain", "take a development chain, too, whose draws prove nothing; its public key, 192 digits of `hex`",
		vdraw.ParsePublicKey, func(k [96]byte) { g.Chains = []vdraw.Chain{vdraw.DevelopmentChain(k)} })
	value(f, "event", "check an event at a running service; `URL` is https://host/events/ID", parseAddress,
		func(a *address) { o.event = a })
	value(f, "lang", "`language` of the report, en or zh; by default what LC_ALL or LANG say", parseLanguage,
		func(l string) { o.lang = l })
	f.BoolVar(&o.json, "json", false, "print the report as JSON")
	return f
}

// value adds a flag whose text is parsed at once: a value that is wrong, or empty because a variable was, is wrong usage.
func value[T any](f *flag.FlagSet, name, text string, parse func(string) (T, error), set func(T)) {
	f.Func(name, text, func(s string) error {
		v, err := parse(s)
		if err == nil {
			set(v)
		}
		return err
	})
}

func parse(args []string, getenv func(string) string) (options, error) {
	o := options{lang: language(getenv)}
	f := flags(&o)
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	switch {
	case f.NArg() > 1:
		return options{}, fmt.Errorf("there is one proof too many: %s (flags come first)", f.Arg(1))
	case o.event != nil && f.NArg() > 0:
		return options{}, errors.New("a proof and -event exclude each other")
	case o.event == nil && f.Arg(0) == "":
		return options{}, errors.New("which proof? name a file, or an -event")
	}
	o.proof = f.Arg(0)
	return o, nil
}

// parseAddress reads an event's URL. Its last part has to be the event's id, in base64url: what is served is held against it.
func parseAddress(text string) (*address, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, err
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, errors.New("not an address that starts with https://")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("nothing but a host and a path may be in it")
	}
	a := &address{url: strings.TrimRight(u.String(), "/")}
	dir, id := path.Split(strings.TrimRight(u.Path, "/"))
	raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(raw) != len(a.id) || path.Base(dir) != "events" {
		return nil, errors.New("it does not end with /events/ and the 22 characters of an event's id")
	}
	a.id = vdraw.EventID(raw)
	return a, nil
}

func parseName(text string) (string, error) {
	if text == "" {
		return "", errors.New("it names no file")
	}
	return text, nil
}

func parseLanguage(text string) (string, error) {
	if text != "en" && text != "zh" {
		return "", errors.New("there are en and zh")
	}
	return text, nil
}

// language is that of the environment, in the order in which the C library looks.
func language(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh"
			}
			break
		}
	}
	return "en"
}
