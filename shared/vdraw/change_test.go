package vdraw_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wxlottery/shared/vdraw"
)

// TestNoFieldOfAProofCanBeChanged changes every value of a proof in every way that this test can think of, one at a time. Whoever
// has the digests that were shown before the draw, the operator's key and the list refuses each.
func TestNoFieldOfAProofCanBeChanged(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"A", "B", "D", "E"} {
		d := publishedOf(t, drawNamed(t, letter))
		for _, tt := range []struct {
			name string
			d    published
		}{{letter, d}, {letter + " before the draw", d.undrawn()}} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				n := 0
				for where, text := range changes(t, tt.d.json(t)) {
					n++
					if r := vdraw.Check(text, tt.d.given); !r.Failed() && !left(r, where) {
						t.Errorf("%s: accepted", where)
					}
				}
				if n < 100 {
					t.Errorf("only %d changes were tried", n)
				}
			})
		}
	}
}

// left is for what may be left out: the signature of the lock, which is then said, and the paths of all winners, for which the list
// stands in.
func left(r vdraw.Report, where string) bool {
	return where == ".lock.sig is gone" && slices.Contains(codes(r), "lock.no_signature") ||
		where == ".winners[0].path is gone" && r.Steps[8].Finding.Code == "list.ok"
}

// changes yields a JSON text with one thing changed, and where.
func changes(t *testing.T, text []byte) func(yield func(string, []byte) bool) {
	t.Helper()
	var root any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&root); err != nil {
		t.Fatal(err)
	}
	return func(yield func(string, []byte) bool) {
		walk(root, "", func(where string) bool {
			changed, err := json.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			return yield(where, changed)
		})
	}
}

// walk sets each value below v to others in turn and calls try after each change.
func walk(v any, where string, try func(string) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			old := v[key]
			for i, other := range others(old) {
				v[key] = other
				if !try(fmt.Sprintf("%s.%s #%d", where, key, i)) {
					return false
				}
			}
			delete(v, key)
			gone := try(where + "." + key + " is gone")
			v[key] = old
			if !gone || !walk(old, where+"."+key, try) {
				return false
			}
		}
		v["extra"] = 1
		more := try(where + ".extra")
		delete(v, "extra")
		return more
	case []any:
		for i := range v {
			if i > 3 {
				break // the others are like these
			}
			old := v[i]
			for k, other := range others(old) {
				v[i] = other
				if !try(fmt.Sprintf("%s[%d] #%d", where, i, k)) {
					return false
				}
			}
			v[i] = old
			if !walk(old, fmt.Sprintf("%s[%d]", where, i), try) {
				return false
			}
		}
	}
	return true
}

// others are values that might stand for v and do not.
func others(v any) []any {
	switch v := v.(type) {
	case string:
		all := []any{v + "0", strings.ToUpper(v) + " ", "", nil, 1, []any{}}
		if v != "" {
			all = append(all, v[1:], flip(v, 0), flip(v, len(v)/2), flip(v, len(v)-1))
		}
		if upper := strings.ToUpper(v); upper != v {
			all = append(all, upper)
		}
		return all
	case json.Number:
		n, _ := v.Int64()
		all := []any{n + 1, n + 256, json.Number("-1"), json.Number(v + ".0"), json.Number("9007199254740993"), string(v), nil}
		if n > 0 {
			all = append(all, n-1)
		}
		return all
	case []any:
		all := []any{nil, map[string]any{}, append(slices.Clone(v), "")}
		if len(v) > 0 {
			all = append(all, []any{}, v[1:], v[:len(v)-1], append(slices.Clone(v), v[0]))
		}
		if len(v) > 1 {
			swapped := slices.Clone(v)
			swapped[0], swapped[1] = v[1], v[0]
			all = append(all, swapped)
		}
		return all
	case map[string]any:
		return []any{nil, []any{}, "x", map[string]any{}}
	}
	return []any{1, "", map[string]any{}, []any{}, strings.Repeat("0", 64)} // of null
}

// flip changes one hex digit into another.
func flip(text string, at int) string {
	digit := byte('0')
	if text[at] == '0' {
		digit = '1'
	}
	return text[:at] + string(digit) + text[at+1:]
}

// FuzzAChangedProof overwrites a piece of a proof. What then says something else than before is refused.
func FuzzAChangedProof(f *testing.F) {
	draws := []published{}
	for _, letter := range []string{"A", "B", "D", "E"} {
		draws = append(draws, publishedOf(f, drawNamed(f, letter)))
	}
	f.Add(uint8(1), uint16(100), uint8(1), "9")
	f.Add(uint8(3), uint16(900), uint8(4), "null")
	f.Add(uint8(0), uint16(0), uint8(0), " ")
	f.Add(uint8(2), uint16(0), uint8(200), "{")
	f.Fuzz(func(t *testing.T, which uint8, at uint16, length uint8, piece string) {
		d := draws[int(which)%len(draws)]
		text := d.json(t)
		from := int(at) % len(text)
		to := min(from+int(length), len(text))
		changed := slices.Concat(text[:from], []byte(piece), text[to:])
		if sameValue(text, changed) {
			return
		}
		if r := vdraw.Check(changed, d.given); !r.Failed() {
			t.Errorf("accepted with %q instead of %q at %d", piece, text[from:to], from)
		}
	})
}

func sameValue(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

func TestAFieldThatIsThereTwiceIsRefused(t *testing.T) {
	t.Parallel()
	d := publishedOf(t, drawNamed(t, "B"))
	for _, field := range []string{`"spec":"vdraw/1",`, `"seq":2,`, `"count":1000,`} {
		text := strings.Replace(string(d.json(t)), field, field+field, 1)
		if r := vdraw.Check([]byte(text), d.given); !r.Failed() {
			t.Errorf("%s twice: accepted", field)
		}
	}
	for _, text := range []string{
		strings.Replace(string(d.json(t)), "vdraw/1", `vdraw\/1`, 1), strings.Replace(string(d.json(t)), `"seq"`, `"\u0073eq"`, 1),
		string(d.json(t)) + "{}", strings.Replace(string(d.json(t)), `"seq"`, `"SEQ"`, 1),
	} {
		if r := vdraw.Check([]byte(text), d.given); !r.Failed() {
			t.Errorf("accepted: %.60s…", text)
		}
	}
}

func TestAReceiptIsReadStrictly(t *testing.T) {
	t.Parallel()
	r := vdraw.NewReceipt(operatorKey, vdraw.Digest{1}, vdraw.Ticket{2}, 3)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := vdraw.ParseReceipt(text)
	if err != nil || *got != r || !got.Verify(operatorPublic) {
		t.Errorf("%v %+v", err, got)
	}
	for where, changed := range changes(t, text) {
		if got, err := vdraw.ParseReceipt(changed); err == nil && got.Verify(operatorPublic) && got.Key == r.Key {
			t.Errorf("%s: accepted", where)
		}
	}
}
