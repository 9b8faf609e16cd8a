//go:build js && wasm

// Command wasm is the checker inside the verify page. It gives its worker one function,
//
//	checkDraw(proof: string, given: string, tickets: Uint8Array | null): string
//
// where given is the JSON of what the reader brings along (type given) and the answer is the JSON of what was found (type
// answer). It never throws: what can't be read is named in the answer and left out of the check.
package main

import (
	"encoding/json"
	"syscall/js"

	"wxlottery/shared/vdraw"
)

func main() {
	js.Global().Set("checkDraw", js.FuncOf(checkDraw))
	select {} // the function lives as long as the program
}

func checkDraw(_ js.Value, args []js.Value) any {
	proof := []byte(args[0].String())
	a := check(proof, args[1].String(), bytesOf(args[2]))
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // an answer is made of texts and numbers only
	}
	return string(text)
}

// bytesOf copies a Uint8Array; null is nil, so that no list and an empty one stay apart.
func bytesOf(v js.Value) []byte {
	if v.IsNull() || v.IsUndefined() {
		return nil
	}
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v)
	return b
}

// An answer is what the page gets to show.
type answer struct {
	Report  vdraw.Report `json:"report"`
	Due     uint64       `json:"due"`     // when the deciding round is due, Unix seconds; 0 where its chain is unknown
	Refused []refusal    `json:"refused"` // what was given and can't be read
}

// A refusal names a field of given and says why it was left out.
type refusal struct {
	Field string `json:"field"`
	Why   string `json:"why"` // of the parser, in English
}

func check(proof []byte, text string, tickets []byte) answer {
	r := reader{refused: []refusal{}}
	g := r.read(text)
	g.Tickets = tickets
	report := vdraw.Check(proof, g)
	return answer{Report: report, Due: report.Due, Refused: r.refused}
}
