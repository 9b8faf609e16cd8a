package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestThePageIsWrittenWhereOneSays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "check.html")
	var out bytes.Buffer
	if err := run(t.Context(), &out, io.Discard, []string{"-o", file}); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(page, []byte("<!doctype html>")) || !strings.HasPrefix(out.String(), file+": ") {
		t.Errorf("%d bytes were written, and it said %q", len(page), &out)
	}
}

func TestArgumentsThatMeanNothingAreRefused(t *testing.T) {
	for _, args := range [][]string{{"-x"}, {"page.html"}, {"-o"}} {
		var complaints bytes.Buffer
		err := run(t.Context(), io.Discard, &complaints, args)
		if !errors.Is(err, errUsage) || !strings.Contains(complaints.String(), "-o file") {
			t.Errorf("%q: %v, and it said %q", args, err, &complaints)
		}
	}
	if err := run(t.Context(), io.Discard, io.Discard, []string{"-h"}); err != nil {
		t.Errorf("asking for help is an error: %v", err)
	}
}
