package main

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A check of a million tickets takes seconds and little more memory than the list's 16 MB.
func BenchmarkMillionTickets(b *testing.B) {
	d := rehearse(1_000_000, 1000)
	key := developmentKey()
	args := []string{
		"-lang", "en", "-dev-chain", hex.EncodeToString(key[:]), "-ticket", hex.EncodeToString(d.tickets[:ticketSize]),
		"-tickets", file(b, "tickets.bin", d.tickets), file(b, "proof.json", d.json()),
	}
	d = draw{}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		var out, errs bytes.Buffer
		if code := run(args, nil, &out, &errs); code != 0 || !strings.Contains(out.String(), " 9  ok ") {
			b.Fatalf("exit code %d: %s%s", code, out.String(), errs.String())
		}
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/check")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/1e6, "MB/check")
}

func file(tb testing.TB, name string, content []byte) string {
	tb.Helper()
	name = filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return name
}
