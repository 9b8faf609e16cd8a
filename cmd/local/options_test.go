package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDefaultsFitTogether(t *testing.T) {
	t.Parallel()
	o, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if o.addr != "127.0.0.1:8080" || o.tick != time.Second || o.lockLead != 10*time.Second || o.minLead != 15*time.Second {
		t.Errorf("defaults are %+v", o)
	}
	if !filepath.IsAbs(o.data) || filepath.Base(o.data) != ".local" {
		t.Errorf("data folder %q", o.data)
	}
}

func TestMinLeadGrowsWithTheOthersUnlessGiven(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]time.Duration{
		"-lock-lead 60s":                 15*time.Second + 50*time.Second,
		"-lock-lead 60s -tick 1500ms":    66 * time.Second,
		"-lock-lead 2s":                  15 * time.Second,
		"-lock-lead 3s -min-lead 5s":     5 * time.Second,
		"-lock-lead 60s -min-lead 61s":   61 * time.Second,
		"-min-lead 20s -lock-lead 5s":    20 * time.Second,
		"-tick 60s -lock-lead 60s":       124 * time.Second,
		"-tick 100ms -lock-lead 11000ms": 16 * time.Second,
	} {
		o, err := parse(strings.Fields(args), io.Discard)
		if err != nil || o.minLead != want {
			t.Errorf("%s: min-lead %v instead of %v, error %v", args, o.minLead, want, err)
		}
	}
}

func TestBadFlagsAreRefusedByName(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"-cloud azure":                "-cloud azure",
		"-min-lead 5s":                "-min-lead 5s is too short",
		"-lock-lead 3s -min-lead 3s":  "-min-lead 3s is too short",
		"-min-lead 20.5s":             "whole seconds",
		"-lock-lead 1500ms":           "-lock-lead 1.5s",
		"-lock-lead 0s -min-lead 20s": "-lock-lead 0s",
		"-tick -1s":                   "-tick -1s",
		"-tick soon":                  "-tick",
		"-nope":                       "-nope",
		"serve":                       `"serve"`,
	} {
		var stderr bytes.Buffer
		if code := run(strings.Fields(args), io.Discard, &stderr); code != 2 || !strings.Contains(stderr.String(), says) {
			t.Errorf("%s: exit code %d, %s", args, code, stderr.String())
		}
	}
}

func TestCloudIsAWSUnlessGiven(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{"": "aws", "-cloud aws": "aws", "-cloud scf": "scf"} {
		if o, err := parse(strings.Fields(args), io.Discard); err != nil || o.cloud.name != want {
			t.Errorf("%q: %s, %v", args, o.cloud.name, err)
		}
	}
}

func TestHelpListsTheFlags(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if _, err := parse([]string{"-h"}, &out); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out.String(), "-lock-lead") {
		t.Errorf("error %v, text %s", err, out.String())
	}
}

func TestHorizonIsFourPeriods(t *testing.T) {
	t.Parallel()
	for tick, want := range map[time.Duration]time.Duration{
		time.Minute: 240 * time.Second, time.Second: 4 * time.Second, 100 * time.Millisecond: 4 * time.Second,
	} {
		if got := horizon(tick); got != want {
			t.Errorf("tick %v: horizon %v instead of %v", tick, got, want)
		}
	}
}
