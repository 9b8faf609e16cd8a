package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestByDefaultEverythingIsBuilt(t *testing.T) {
	t.Parallel()
	o, err := parse(nil, &bytes.Buffer{})
	if err != nil || o.out != "dist" || len(o.targets) != 2 || !slices.Equal(o.functions, functionNames) || o.tools || o.bare || o.commit != "" {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestFunctionsAndCloudsAreChosen(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"draw":                               "aws scf: draw",
		"-cloud aws migrate join join":       "aws: join migrate",
		"-cloud scf":                         "scf: login events join draw migrate",
		"-cloud all -out x -commit 1.2 draw": "aws scf: draw",
		"-bare -cloud scf login":             "scf: login",
	} {
		o, err := parse(strings.Fields(line), &bytes.Buffer{})
		var clouds []string
		for _, target := range o.targets {
			clouds = append(clouds, target.cloud)
		}
		if got := strings.Join(clouds, " ") + ": " + strings.Join(o.functions, " "); err != nil || got != want {
			t.Errorf("%s: %s, %v", line, got, err)
		}
	}
}

func TestWrongArgumentsSayWhatIsRight(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"drawing":                       `there is no function "drawing"; there are login, events, join, draw, migrate`,
		"draw -cloud aws":               `there is no function "-cloud"`,
		"-cloud azure":                  `there is no cloud "azure"; there are aws, scf and all`,
		"-out=":                         "-out is empty",
		"-bare":                         "-bare is for exactly one function and one -cloud",
		"-bare draw":                    "-bare is for exactly one function and one -cloud",
		"-bare -cloud aws":              "-bare is for exactly one function and one -cloud",
		"-bare -cloud aws draw join":    "-bare is for exactly one function and one -cloud",
		"-bare -cloud aws -tools draw":  "-bare is for exactly one function and one -cloud",
		"-commit x,-X=main.evil=1 draw": "-commit may have letters",
		"-fast":                         "flag provided but not defined: -fast",
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), strings.Fields(line), &out, &errs)
		if code != 2 || !strings.Contains(errs.String(), want) || out.Len() > 0 {
			t.Errorf("%s: exit code %d: %s", line, code, errs.String())
		}
	}
}

func TestHelpIsNoFailure(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"-help"}, &out, &errs); code != 0 || !strings.Contains(errs.String(), "-bare") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}
