package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"wxlottery/shared/vdraw"
)

func TestJSONIsTheReport(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run([]string{"-json", vdrawData + "example.proof.json"}, nil, &out, &errs); code != 0 || errs.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var r vdraw.Report
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil || len(r.Steps) != 10 || !r.Drawn || len(r.NotChecked) == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Error("there is more than one value")
	}
}

func TestAReportThatCantBePrintedIsNoSuccess(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-json"}, {}} {
		var errs bytes.Buffer
		code := run(append(args, vdrawData+"example.proof.json"), nil, fullDisk{}, &errs)
		if code != 2 || errs.String() != "verify: no space left\n" {
			t.Errorf("%v: exit code %d: %s", args, code, errs.String())
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestTooLargeFilesAreNotRead(t *testing.T) {
	t.Parallel()
	proof := vdrawData + "example.proof.json"
	for want, args := range map[string][]string{
		"over 33554432 bytes":   {sparse(t, maxProof+1)},
		"over 1073741824 bytes": {"-tickets", sparse(t, maxList+1), proof},
		"over 1048576 bytes":    {"-rules", sparse(t, maxRules+1), proof},
		"over 65536 bytes":      {"-receipt", sparse(t, maxReceipt+1), proof},
	} {
		var out, errs bytes.Buffer
		if code := run(args, nil, &out, &errs); code != 2 || !strings.Contains(errs.String(), "too large: "+want) || out.Len() > 0 {
			t.Errorf("%v: exit code %d: %s", args, code, errs.String())
		}
	}
}

// sparse makes a file of a size that takes no space.
func sparse(t *testing.T, size int64) string {
	t.Helper()
	name := file(t, "large", nil)
	if err := os.Truncate(name, size); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestStandardInputHasALimit(t *testing.T) {
	t.Parallel()
	if _, err := readUpTo(spaces{}, 1000, 0); !errors.Is(err, errTooLarge) {
		t.Error(err)
	}
	if text, err := readUpTo(io.LimitReader(spaces{}, 1000), 1000, 0); err != nil || len(text) != 1000 {
		t.Error(len(text), err)
	}
	var out, errs bytes.Buffer
	code := run([]string{"-"}, iotest.ErrReader(errors.New("unplugged")), &out, &errs)
	if code != 2 || errs.String() != "verify: read standard input: unplugged\n" {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// Whoever reads only the last line must not take an unfinished check for a finished one.
func TestNothingUncheckedIsPassedOver(t *testing.T) {
	t.Parallel()
	p := published()
	for name, proof := range map[string][]byte{
		"example": p.example.json(), "undrawn": p.example.undrawn().json(),
		"late": p.late.json(), "trusted": p.trusted.json(), "dev": p.dev.json(),
	} {
		r := vdraw.Check(proof, vdraw.Given{Chains: []vdraw.Chain{vdraw.DevelopmentChain(developmentKey())}})
		for _, lang := range []string{"en", "zh"} {
			var out bytes.Buffer
			if err := show(&out, result{Report: r}, options{lang: lang}); err != nil {
				t.Fatal(err)
			}
			list, closing, _ := strings.Cut(out.String(), (&printer{lang: lang}).in(headingOpen))
			if list == "" || !strings.Contains(closing, (&printer{lang: lang}).in(notEverything)) {
				t.Errorf("%s: the closing line does not say that something is open: %s", name, closing)
			}
			for _, f := range r.NotChecked {
				if !strings.Contains(closing, (&printer{lang: lang}).in(f.Text)) {
					t.Errorf("%s: not said: %v", name, f)
				}
			}
		}
	}
}

// Every flag that is recommended exists.
func TestRemediesAreFlags(t *testing.T) {
	t.Parallel()
	for code, name := range remedies {
		if flags(new(options)).Lookup(strings.TrimPrefix(name, "-")) == nil {
			t.Errorf("%s: there is no flag %s", code, name)
		}
	}
}

func TestOnlyWhatMayPassIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err   error
		try   int
		wait  time.Duration
		again bool
	}{
		{&refusal{status: 404}, 1, 0, false},
		{&refusal{status: 500}, 1, 0, false},
		{&refusal{status: 503}, 2, 2 * patience.pause, true},
		{&refusal{status: 429, wait: 7 * time.Second}, 1, 7 * time.Second, true},
		{&refusal{status: 429, wait: 10 * time.Second}, 1, 10 * time.Second, true},
		{&refusal{status: 429, wait: 11 * time.Second}, 1, 11 * time.Second, false},
		{io.ErrUnexpectedEOF, 1, patience.pause, true},
		{errElsewhere, 1, 0, false},
		{errTooLarge, 1, 0, false},
	} {
		if wait, again := pauseAfter(c.err, c.try); wait != c.wait || again != c.again {
			t.Errorf("%v, try %d: %v, %t", c.err, c.try, wait, again)
		}
	}
}

// A service can't fill the memory with an answer that is small until it is unpacked.
func TestTheLimitIsThatOfTheUnpackedAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write(bytes.Repeat([]byte(" "), 100_000))
		z.Close()
	}))
	t.Cleanup(server.Close)
	s := newService(&address{url: server.URL})
	if _, err := s.get("/proof", 99_999); !errors.Is(err, errTooLarge) {
		t.Error(err)
	}
	if text, err := s.get("/proof", 100_000); err != nil || len(text) != 100_000 {
		t.Error(len(text), err)
	}
}

func TestRedirectsDoNotLeaveEncryption(t *testing.T) {
	t.Parallel()
	for target, ok := range map[string]bool{
		"https://host/x": true, "http://host/x": false, "https://host:8443/x": false, "https://host.example/x": false,
	} {
		first, next := request(t, "https://host/events/x"), request(t, target)
		if err := stay(next, []*http.Request{first}); (err == nil) != ok {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func request(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWordsOfAServiceAreFitForATerminal(t *testing.T) {
	t.Parallel()
	if got := printable("a\x1b[31m\nb\u202ec 抽奖"); got != "a [31m b c 抽奖" {
		t.Errorf("%q", got)
	}
	if got := printable(strings.Repeat("长", 500)); len([]rune(got)) != 201 {
		t.Errorf("%d characters", len([]rune(got)))
	}
}

func FuzzReceiptsAreReadOrRefused(f *testing.F) {
	p := published()
	for _, name := range []string{"receipt.json", "answer.json", "answer-no-path.json", "proof.json"} {
		f.Add(p.files[name])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var g vdraw.Given
		if err := bringReceipt(&g, text); err == nil && g.Receipt == nil {
			t.Error("neither a receipt nor an error")
		}
	})
}
