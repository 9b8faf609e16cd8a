package message

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"wxlottery/shared/lottery"
)

var (
	drawAt     = time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC)
	canceledAt = drawAt.Add(-time.Hour)
)

// ended is an event with three prizes, a pot and two cups, that has ended in some way; n have joined.
func ended(n uint64, change func(*lottery.Event)) *lottery.Event {
	e := &lottery.Event{
		Title: "春节", DrawAt: drawAt, LockAt: drawAt.Add(-time.Minute),
		Prizes: []lottery.Prize{{Name: "茶壶", Quantity: 1}, {Name: "茶杯", Quantity: 2}},
		Record: &lottery.LockRecord{Count: n, FrozenAt: drawAt.Add(-50 * time.Second)},
	}
	change(e)
	return e
}

// canceled is an event that ended without a draw.
func canceled(reason lottery.Reason, locked bool) *lottery.Event {
	return ended(7, func(e *lottery.Event) {
		e.Status, e.Reason, e.CanceledAt = lottery.Canceled, reason, canceledAt
		if !locked {
			e.Record = nil
		}
	})
}

func drawn(n uint64, after time.Duration) *lottery.Event {
	return ended(n, func(e *lottery.Event) {
		e.Status, e.Result = lottery.Opened, &lottery.Result{DrawnAt: drawAt.Add(after)}
	})
}

// told is what one reader is told of an event, and how it is called in these tests.
type told struct {
	what string
	got  Facts
	want Facts
}

// everything is every way an event can end, for every sort of reader.
func everything() []told {
	punctual, late := drawn(120, time.Second), drawn(2, 6*time.Second)
	frozenLate := drawn(2, time.Second)
	frozenLate.Record.FrozenAt = drawAt
	lateRound := drawn(2, time.Second)
	lateRound.Record.LateRound = 5
	nobody, nobodyLate := drawn(0, time.Second), drawn(0, time.Hour)
	byOwner, held, void := canceled(lottery.ReasonOwner, false), canceled(lottery.ReasonHeld, false), canceled(lottery.ReasonVoid, true)
	unfrozen := canceled(lottery.ReasonVoid, false)
	f := func(result, prize string, at time.Time, participants, winners uint64) Facts {
		return Facts{Title: "春节", Result: result, Prize: prize, Time: at, DrawAt: drawAt, Participants: participants, Winners: winners}
	}
	at := func(d time.Duration) time.Time { return drawAt.Add(d) }
	const undrawable = "无法产生可核验的结果,无人中奖"
	return []told{
		{"who won the first prize", ToParticipant(punctual, 1), f("已中奖", "茶壶", at(time.Second), 120, 3)},
		{"who won the second prize", ToParticipant(punctual, 2), f("已中奖", "茶杯", at(time.Second), 120, 3)},
		{"who won the last prize", ToParticipant(punctual, 3), f("已中奖", "茶杯", at(time.Second), 120, 3)},
		{"who won nothing", ToParticipant(punctual, 0), f("未中奖", "谢谢参与", at(time.Second), 120, 3)},
		{"who has a place that has no prize", ToParticipant(punctual, 4), f("未中奖", "谢谢参与", at(time.Second), 120, 3)},
		{"who won in a late one", ToParticipant(late, 2), f("已中奖", "茶杯", at(6*time.Second), 2, 2)},
		{"who is in a canceled one", ToParticipant(byOwner, 0), f("已取消", "组织者已取消,无人中奖", canceledAt, 0, 0)},
		{"who is in a void one", ToParticipant(void, 0), f("已作废", undrawable, canceledAt, 7, 0)},
		{"who is in a void one that was never frozen", ToParticipant(unfrozen, 0), f("已作废", undrawable, canceledAt, 0, 0)},
		{"whose lottery was drawn", ToOrganiser(punctual), f("已开奖", "120人参与,3人中奖", at(time.Second), 120, 3)},
		{"whose lottery has more prizes than participants", ToOrganiser(drawn(2, time.Second)), f("已开奖", "2人参与,2人中奖", at(time.Second), 2, 2)},
		{"whose lottery was drawn late", ToOrganiser(late), f("延迟开奖", "2人参与,2人中奖", at(6*time.Second), 2, 2)},
		{"whose list was frozen late", ToOrganiser(frozenLate), f("延迟开奖", "2人参与,2人中奖", at(time.Second), 2, 2)},
		{"whose lottery had a late round", ToOrganiser(lateRound), f("延迟开奖", "2人参与,2人中奖", at(time.Second), 2, 2)},
		{"whose lottery nobody joined", ToOrganiser(nobody), f("无人参与", "无人参与,奖品未开出", at(time.Second), 0, 0)},
		{"whose lottery nobody joined, and it was late", ToOrganiser(nobodyLate), f("无人参与", "无人参与,奖品未开出", at(time.Hour), 0, 0)},
		{"whose lottery is void", ToOrganiser(void), f("已作废", undrawable, canceledAt, 7, 0)},
		{"whose lottery is void and was never frozen", ToOrganiser(unfrozen), f("已作废", undrawable, canceledAt, 0, 0)},
		{"whose lottery was held", ToOrganiser(held), f("未过审核", "内容未通过审核,活动已取消", canceledAt, 0, 0)},
		{"who canceled it himself", ToOrganiser(byOwner), f("已取消", "活动已取消", canceledAt, 0, 0)},
	}
}

func TestEverybodyIsToldHowItEndedForHim(t *testing.T) {
	t.Parallel()
	for _, c := range everything() {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

// phrase and thing are WeChat's rules for fields of these kinds.
var (
	phrase = regexp.MustCompile(`^\p{Han}{1,5}$`)
	thing  = regexp.MustCompile(`^[^\p{Cc}\p{Zl}\p{Zp}]{1,20}$`)
)

// TestWhatIsToldKeepsToWeChatsRules fills every field there is with everything that is told, of events with any names and numbers.
func TestWhatIsToldKeepsToWeChatsRules(t *testing.T) {
	t.Parallel()
	every := parse(t, "T thing1=title,thing2=result,thing3=prize,phrase4=result,time5=time,time6=draw_at,number7=participants,number8=winners")
	check := func(t interface{ Errorf(string, ...any) }, what string, f Facts) {
		got := every.Fill(f)
		for name, value := range got {
			switch {
			case strings.HasPrefix(name, "phrase") && !phrase.MatchString(value),
				strings.HasPrefix(name, "thing") && !thing.MatchString(value),
				strings.HasPrefix(name, "number") && !regexp.MustCompile(`^\d{1,32}$`).MatchString(value),
				strings.HasPrefix(name, "time") && !regexp.MustCompile(`^2026-12-2\d \d\d:\d\d$`).MatchString(value):
				t.Errorf("%s: %s is %q", what, name, value)
			}
		}
		if !strings.HasSuffix(f.Prize, got["thing3"]) && utf8.RuneCountInString(f.Prize) <= thingLimit {
			t.Errorf("%s: %q is told as %q", what, f.Prize, got["thing3"])
		}
	}
	sentences := map[string]bool{}
	for _, c := range everything() {
		check(t, c.what, c.got)
		sentences[c.got.Prize] = true
		if n := utf8.RuneCountInString(c.got.Prize); n > thingLimit {
			t.Errorf("%s: %q is cut", c.what, c.got.Prize)
		}
	}
	if len(sentences) < 9 {
		t.Errorf("only %d sentences", len(sentences))
	}
	text := rapid.StringOfN(rapid.SampledFrom([]rune("抽奖🎁 a\u0301\u200d\ufe0f，。1")), 1, 60, -1)
	rapid.Check(t, func(t *rapid.T) {
		e := drawn(rapid.Uint64Range(0, 1<<40).Draw(t, "participants"), rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "late"))
		e.Title = "x" + text.Draw(t, "title")
		e.Prizes = []lottery.Prize{{Name: "x" + text.Draw(t, "prize"), Quantity: rapid.IntRange(1, lottery.MaxWinners).Draw(t, "quantity")}}
		check(t, "the organiser", ToOrganiser(e))
		for _, place := range []int{0, 1, e.Prizes[0].Quantity, e.Prizes[0].Quantity + 1} {
			f := ToParticipant(e, place)
			check(t, "a participant", f)
			if won := place >= 1 && place <= e.Prizes[0].Quantity; won != (f.Prize == e.Prizes[0].Name) || won != (f.Result == "已中奖") {
				t.Fatalf("place %d of %d: %+v", place, e.Prizes[0].Quantity, f)
			}
			if f.Winners > f.Participants || f.Winners > uint64(e.Quantity()) {
				t.Fatalf("%+v", f)
			}
		}
	})
}

func TestNobodyIsToldAnothersResult(t *testing.T) {
	t.Parallel()
	own := map[bool][]string{false: {"已中奖", "未中奖", "已取消", "已作废"}, true: {"已开奖", "延迟开奖", "无人参与", "已取消", "已作废", "未过审核"}}
	for _, c := range everything() {
		organiser := strings.HasPrefix(c.what, "whose") || strings.HasSuffix(c.what, "himself")
		if !slices.Contains(own[organiser], c.got.Result) {
			t.Errorf("%s: %s", c.what, c.got.Result)
		}
	}
}
