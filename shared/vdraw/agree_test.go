package vdraw_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wxlottery/shared/vdraw"
)

// judgement is the JavaScript that judges what this test sends, a proof a line.
const judgement = `
import { readFileSync } from 'node:fs';
import { check } from %q;
const { given, proofs } = JSON.parse(readFileSync(0, 'utf8'));
if (given.tickets) given.tickets = Uint8Array.from(Buffer.from(given.tickets, 'hex'));
console.log(JSON.stringify(proofs.map((text) => check(text, given).steps.map((s) => s.status[0] === 'f' ? 'f' : '-').join(''))));`

// TestBothCheckersRefuseTheSame has the second checker, written in JavaScript from the specification alone, judge every proof that
// TestNoFieldOfAProofCanBeChanged makes. Signatures apart, which it does not check, both find fault with the same ones.
func TestBothCheckersRefuseTheSame(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	for _, letter := range []string{"A", "B", "D", "E"} {
		t.Run(letter, func(t *testing.T) {
			t.Parallel()
			d := publishedOf(t, drawNamed(t, letter))
			d.given.Key = nil // the other one cannot check signatures
			where, proofs := []string{"unchanged"}, []string{string(d.json(t))}
			for what, text := range changes(t, d.json(t)) {
				where, proofs = append(where, what), append(proofs, string(text))
			}
			refused := 0
			for i, word := range judge(t, node, d.given, proofs) {
				r := vdraw.Check([]byte(proofs[i]), d.given)
				if r.Failed() {
					refused++
				}
				if failed := strings.Contains(word, "f"); failed != r.Failed() {
					t.Errorf("%s: Go fails it: %v (%s), JavaScript: %s", where[i], r.Failed(), failure(r), word)
				}
			}
			if refused < len(proofs)*9/10 {
				t.Errorf("only %d of %d are refused", refused, len(proofs))
			}
		})
	}
}

func judge(t *testing.T, node string, g vdraw.Given, proofs []string) (words []string) {
	t.Helper()
	module, err := filepath.Abs("../../web/vdraw.mjs")
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(map[string]any{"proofs": proofs, "given": map[string]any{
		"manifest": g.Manifest, "lock": g.Lock, "rules": g.Rules, "receipt": g.Receipt, "tickets": hex.EncodeToString(g.Tickets),
	}})
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(judgement, "file://"+module)
	cmd := exec.Command(node, "--input-type=module", "-e", script)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %.2000s", err, out)
	}
	if err := json.Unmarshal(out, &words); err != nil {
		t.Fatalf("%v: %.200s", err, out)
	}
	return words
}
