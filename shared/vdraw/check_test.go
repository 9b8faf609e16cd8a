package vdraw_test

import (
	"os"
	"testing"

	"wxlottery/shared/vdraw"
)

func TestTheExampleHoldsWithoutAnythingGiven(t *testing.T) {
	t.Parallel()
	r := vdraw.Check(readFile(t, "example.proof.json"), vdraw.Given{})
	for _, s := range r.Steps {
		t.Log(s.Number, s.Name.En, s.Outcome, s.Finding.Code, s.Finding.En)
	}
	for _, n := range r.NotChecked {
		t.Log(n)
	}
	if r.Failed() || r.Exit() != 0 {
		t.Error(r)
	}
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
