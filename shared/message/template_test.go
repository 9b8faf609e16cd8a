package message

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestATemplateIsAnIDAndItsFields(t *testing.T) {
	t.Parallel()
	every := "thing1=title,thing2=result,thing3=prize,phrase4=result,time5=time,time6=draw_at,number7=participants,number8=winners"
	for text, want := range map[string]Template{
		"":                                      {},
		" \t\n":                                 {},
		"aBc_1-2 thing1=title":                  {"aBc_1-2", []field{{"thing1", "title"}}},
		" T  thing1=title ":                     {"T", []field{{"thing1", "title"}}},
		"T thing1=title, thing2=prize":          {"T", []field{{"thing1", "title"}, {"thing2", "prize"}}},
		"T\x20\nthing99=title,\n\ttime1=time\n": {"T", []field{{"thing99", "title"}, {"time1", "time"}}},
		"T thing1=title,phrase1=result,time1=time,number1=winners": {"T", []field{ // numbers are each kind's own
			{"thing1", "title"}, {"phrase1", "result"}, {"time1", "time"}, {"number1", "winners"},
		}},
		"T thing1=title,thing2=title":           {"T", []field{{"thing1", "title"}, {"thing2", "title"}}},
		strings.Repeat("x", 64) + " time1=time": {strings.Repeat("x", 64), []field{{"time1", "time"}}},
		"T " + every: {"T", []field{
			{"thing1", "title"},
			{"thing2", "result"},
			{"thing3", "prize"},
			{"phrase4", "result"},
			{"time5", "time"},
			{"time6", "draw_at"},
			{"number7", "participants"},
			{"number8", "winners"},
		}},
	} {
		got, err := Parse(text)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Template{}, field{})); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", text, err, diff)
		}
		if got.IsZero() != (strings.TrimSpace(text) == "") {
			t.Errorf("%q: zero is %v", text, got.IsZero())
		}
	}
}

func TestABadTemplateIsRefusedForAReason(t *testing.T) {
	t.Parallel()
	const shape, kind, twice = "an id, a space and its fields", "is no field of the kinds", "is there twice"
	for text, want := range map[string]string{
		"T":                                      shape,
		"T ":                                     shape, // what stands around it is trimmed
		"thing1=title":                           shape,
		"T\tthing1=title":                        shape,
		"T.1 thing1=title":                       shape,
		"Tä thing1=title":                        shape,
		"T,thing1=title thing2=prize":            shape,
		strings.Repeat("x", 65) + " time1=time":  shape,
		"T  ,":                                   kind,
		"T thing1=title,":                        kind,
		"T ,thing1=title":                        kind,
		"T thing=title":                          kind,
		"T thing0=title":                         kind,
		"T thing01=title":                        kind,
		"T thing100=title":                       kind,
		"T thing-1=title":                        kind,
		"T thing1a=title":                        kind,
		"T thing 1=title":                        kind,
		"T Thing1=title":                         kind,
		"T 1=title":                              kind,
		"T =title":                               kind,
		"T date1=time":                           kind,
		"T character_string1=title":              kind,
		"T thing99999999999999999999=title":      kind,
		"T thing1 =title":                        kind,
		"T thing1=title thing2=prize":            "it takes",
		"T thing1":                               "it takes",
		"T thing1=":                              "it takes",
		"T thing1= title":                        "it takes",
		"T thing1=Title":                         "it takes",
		"T thing1=title=prize":                   "it takes",
		"T thing1=name":                          "it takes title, result, prize",
		"T thing1=time":                          "it takes title, result, prize",
		"T phrase1=title":                        "it takes result",
		"T phrase1=prize":                        "it takes result",
		"T time1=title":                          "it takes time, draw_at",
		"T number1=time":                         "it takes participants, winners",
		"T thing1=title,thing1=prize":            "thing1 " + twice,
		"T thing1=title,time2=time,thing1=title": "thing1 " + twice,
	} {
		got, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) || !got.IsZero() || got.fields != nil {
			t.Errorf("%q: %+v, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"hunter2 thing1=other", "hunter2 thing1=title,thing1=title", "hunter.2 thing1=title", "hunter2"} {
		if _, err := Parse(text); err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func parse(t testing.TB, text string) Template {
	t.Helper()
	got, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestEverySourceFillsItsFields(t *testing.T) {
	t.Parallel()
	f := Facts{
		Title: "春节抽奖", Result: "已中奖", Prize: "茶壶", Participants: 1_234_567, Winners: 3,
		Time: time.Date(2026, 12, 24, 10, 0, 0, 999, time.UTC), DrawAt: time.Date(2026, 12, 24, 9, 59, 59, 0, time.UTC),
	}
	values := map[string]string{
		"title": "春节抽奖", "result": "已中奖", "prize": "茶壶", "participants": "1234567", "winners": "3",
		"time": "2026-12-24 18:00", "draw_at": "2026-12-24 17:59",
	}
	var fields []string
	want := map[string]string{}
	for kind, some := range sources {
		for i, source := range some {
			name := fmt.Sprint(kind, i+1)
			fields = append(fields, name+"="+source)
			want[name] = values[source]
		}
	}
	got := parse(t, "T "+strings.Join(fields, ",")).Fill(f)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (Template{}).Fill(f); len(got) != 0 {
		t.Errorf("no template: %v", got)
	}
	if got := parse(t, "T number1=winners,number2=participants").Fill(Facts{}); got["number1"] != "0" || got["number2"] != "0" {
		t.Errorf("nobody: %v", got)
	}
}

func TestAThingIsCutAtTwentyCharacters(t *testing.T) {
	t.Parallel()
	things := parse(t, "T thing1=title,thing2=prize")
	for text, want := range map[string]string{
		"":                           "",
		"茶":                          "茶",
		strings.Repeat("奖", 19):      strings.Repeat("奖", 19),
		strings.Repeat("奖", 20):      strings.Repeat("奖", 20),
		strings.Repeat("奖", 21):      strings.Repeat("奖", 19) + "…",
		strings.Repeat("🎁", 20):      strings.Repeat("🎁", 20), // four bytes each
		strings.Repeat("🎁", 60):      strings.Repeat("🎁", 19) + "…",
		"1234567890123456789 ":       "1234567890123456789 ",
		"12345678901234567890 and x": "1234567890123456789…",
	} {
		got := things.Fill(Facts{Title: text, Prize: text})
		if got["thing1"] != want || got["thing2"] != want {
			t.Errorf("%q: %q and %q, want %q", text, got["thing1"], got["thing2"], want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		got := things.Fill(Facts{Title: text})["thing1"]
		n, whole := utf8.RuneCountInString(text), got == text
		switch {
		case utf8.RuneCountInString(got) > thingLimit, !utf8.ValidString(got), whole != (n <= thingLimit):
			t.Fatalf("%q: %q", text, got)
		case !whole && !strings.HasPrefix(text, strings.TrimSuffix(got, "…")):
			t.Fatalf("%q is not the beginning of %q", got, text)
		}
	})
}

// TestInstantsAreThoseOfChina looks at both sides of China's midnight, at the ends of a month and a year and from other zones.
func TestInstantsAreThoseOfChina(t *testing.T) {
	t.Parallel()
	times := parse(t, "T time1=time,time2=draw_at")
	for instant, want := range map[string]string{
		"2026-12-24T15:59:59.999Z":  "2026-12-24 23:59",
		"2026-12-24T16:00:00Z":      "2026-12-25 00:00",
		"2026-12-24T16:00:59Z":      "2026-12-25 00:00",
		"2026-12-31T16:00:00Z":      "2027-01-01 00:00",
		"2026-12-31T15:59:00Z":      "2026-12-31 23:59",
		"2028-02-28T16:30:00Z":      "2028-02-29 00:30",
		"2026-07-01T04:05:06Z":      "2026-07-01 12:05", // no summer time
		"2026-12-25T01:00:00+09:00": "2026-12-25 00:00",
		"2026-12-24T08:00:00-08:00": "2026-12-25 00:00",
	} {
		at, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		got := times.Fill(Facts{Time: at, DrawAt: at.Add(time.Minute)})
		if got["time1"] != want || got["time2"] == want {
			t.Errorf("%s: %v, want %s", instant, got, want)
		}
	}
}

// FuzzParse has whatever is accepted be a template by every rule, and be written the same way in the end.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "T thing1=title", "aBc_1-2 thing1=title,phrase2=result,time3=time,thing4=prize,number5=winners", "T thing01=title", "T thing1=title,thing1=title", "T time1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text)
		if err != nil {
			if !got.IsZero() {
				t.Errorf("%q: a template beside the error %v", text, err)
			}
			return
		}
		if got.IsZero() {
			if strings.TrimSpace(text) != "" {
				t.Errorf("%q is none", text)
			}
			return
		}
		data := got.Fill(Facts{Title: text, Result: "已中奖", Prize: text}) // panics at a source that there is not
		if len(data) != len(got.fields) || len(data) == 0 || !isID(got.ID) {
			t.Errorf("%q: %+v gives %v", text, got, data)
		}
		var fields []string
		for _, f := range got.fields {
			fields = append(fields, f.name+"="+f.source)
		}
		again, err := Parse(got.ID + " " + strings.Join(fields, ","))
		if err != nil || again.ID != got.ID || !slices.Equal(again.fields, got.fields) {
			t.Errorf("%q: %+v, again %+v, %v", text, got, again, err)
		}
		for name, value := range data {
			if strings.HasPrefix(name, "thing") && utf8.RuneCountInString(value) > thingLimit {
				t.Errorf("%s is %q", name, value)
			}
		}
	})
}
