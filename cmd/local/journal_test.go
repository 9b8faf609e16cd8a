package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	aRequest = `events | {"timestamp":"2026-11-24T12:00:01.2345+01:00","level":"INFO","msg":"request","version":"0.1.0","commit":"x","request_id":"R","method":"GET","route":"GET /events/{id}","status":404,"ms":1.25,"queries":3,"code":"event_not_found"}` + "\n"
	aTick    = `draw | {"timestamp":"2026-11-24T12:00:02Z","level":"INFO","msg":"tick","request_id":"R","ms":12.3,"queries":9,"overdue":1,"messages_sent":3,"messages_refused":2,"messages_dead":1,"messages_again":7,"steps":5,"failures":4}` + "\n"
	aFailure = `draw | {"timestamp":"2026-11-24T12:00:03Z","level":"ERROR","msg":"tick","request_id":"R","ms":2,"error":"no database","steps":0,"failures":0}` + "\n"
	others   = "draw | {\"level\":\"INFO\",\"msg\":\"waiting\",\"seconds\":2}\n" + "join | panic: {\n" + "join | {\"msg\":\"request\",\n" +
		"no name\n" + "{\"msg\":\"request\"}\n" + "login | {\"msg\":\"request\",\"status\":\"odd\"}\n" + " | \n\n"
)

func TestTheJournalPassesEverythingOnAndRemembersRequestsAndTicks(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	j := newJournal(&out)
	all := aRequest + others + aTick + aFailure
	if n, err := j.Write([]byte(all)); n != len(all) || err != nil || out.String() != all {
		t.Fatalf("%d of %d bytes, %v:\n%s", n, len(all), err, &out)
	}
	requests, ticks := j.read()
	wantRequests := []requestLine{{"2026-11-24T11:00:01.234Z", "events", "GET", "GET /events/{id}", 404, 1.25, 3}}
	wantTicks := []tickLine{
		{"2026-11-24T12:00:03.000Z", tickCounts{MS: 2, Failures: 1}}, {"2026-11-24T12:00:02.000Z", tickCounts{12.3, 5, 4, 1, 3, 2, 1}},
	}
	if d := cmp.Diff(wantRequests, requests) + cmp.Diff(wantTicks, ticks, cmp.AllowUnexported(tickLine{})); d != "" {
		t.Error(d)
	}
}

func TestTheJournalWorksWhereNobodyElseWantsTheLines(t *testing.T) {
	t.Parallel()
	j := newJournal(nil)
	if n, err := j.Write([]byte(aTick)); n != len(aTick) || err != nil {
		t.Error(n, err)
	}
	if _, ticks := j.read(); len(ticks) != 1 {
		t.Error(ticks)
	}
}

func TestTheJournalTellsWhenWritingFails(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	r.Close()
	j := newJournal(w)
	if _, err := j.Write([]byte(aTick)); err == nil {
		t.Error("the failure is hidden")
	}
	if _, ticks := j.read(); len(ticks) != 1 {
		t.Error("what cannot be shown is not remembered")
	}
}

func TestTheJournalIsBoundedAndItsNewestComeFirst(t *testing.T) {
	t.Parallel()
	j := newJournal(io.Discard)
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 300 {
				io.WriteString(j, aRequest)
				io.WriteString(j, aTick)
			}
		})
	}
	writers.Wait()
	for i := range 3 {
		fmt.Fprint(j, strings.Replace(aRequest, `"status":404`, fmt.Sprintf(`"status":%d`, i), 1))
	}
	requests, ticks := j.read()
	if len(requests) != keptRequests || len(ticks) != keptTicks || cap(j.requests.kept) > 2*keptRequests {
		t.Errorf("%d requests (room for %d) and %d ticks", len(requests), cap(j.requests.kept), len(ticks))
	}
	for i, want := range []int{2, 1, 0, 404} {
		if requests[i].Status != want {
			t.Errorf("request %d has status %d, want %d", i, requests[i].Status, want)
		}
	}
}

func FuzzTheJournalPassesEverythingOn(f *testing.F) {
	for _, text := range []string{aRequest, aTick, aFailure, others} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var out bytes.Buffer
		j := newJournal(&out)
		if n, err := io.WriteString(j, text); n != len(text) || err != nil || out.String() != text {
			t.Errorf("%q became %q, %v", text, out.String(), err)
		}
	})
}
