package lottery

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"wxlottery/shared/fault"
)

// signs stand between the characters of a word without making another one of it.
var signs = []string{
	" ", "\u3000", "\u00a0", "\u2003", "-", "·", "。", ",", "_", "*", "|", "/", "(", "~", "“", "、", "+", "¥",
	"🎁", "❤️", "👨‍👩‍👧", "\u200b", "\u200d", "\ufe0f", "\u0301", "  🎲  ", "--",
}

func TestEveryWordIsRefusedWhereverItStands(t *testing.T) {
	for _, w := range words {
		for _, text := range []string{
			w.word, "x" + w.word, w.word + "x", "我们的" + w.word + "大奖", "買" + w.word + "吧", "1" + w.word + "2", w.word + w.word, "茶壶," + w.word,
			strings.TrimSuffix(w.word, string([]rune(w.word)[1:])) + w.word, // its first character twice
		} {
			if !hasWord(text) {
				t.Errorf("%q is allowed", text)
			}
		}
		for _, sign := range signs {
			if text := strings.Join(strings.Split(w.word, ""), sign); !hasWord(text) {
				t.Errorf("%q is allowed", text)
			}
		}
	}
}

func TestSignsChangeNothingAndLettersMakeAnotherWord(t *testing.T) {
	runes := rapid.SampledFrom([]rune("彩票民券博赌场注投下意目精福利体育蛋六合双色球a1"))
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SliceOfN(runes, 0, 12).Draw(t, "letters")
		var signed strings.Builder
		for _, r := range letters {
			if rapid.Bool().Draw(t, "with a sign") {
				signed.WriteString(rapid.SampledFrom(signs).Draw(t, "sign"))
			}
			signed.WriteRune(r)
		}
		if plain := string(letters); hasWord(plain) != hasWord(signed.String()) {
			t.Fatalf("%q: %v, %q: %v", plain, hasWord(plain), signed.String(), hasWord(signed.String()))
		}
	})
	for _, w := range words {
		for _, letter := range []string{"a", "7", "的", "é"} {
			if text := strings.Join(strings.Split(w.word, ""), letter); hasWord(text) {
				t.Errorf("%q is refused", text)
			}
		}
	}
}

// TestACharacterThatMakesAnotherWordIsLeftAlone goes through the table itself, and through sentences that are about other things.
func TestACharacterThatMakesAnotherWordIsLeftAlone(t *testing.T) {
	for _, w := range words {
		for _, r := range w.before {
			if text := "好" + string(r) + w.word + "好"; hasWord(text) {
				t.Errorf("%q is refused", text)
			}
			if text := w.word + string(r); !hasWord(text) && !strings.ContainsRune(w.behind, r) {
				t.Errorf("%q is allowed: the character stands on the wrong side", text)
			}
		}
		for _, r := range w.behind {
			if text := "好" + w.word + string(r) + "好"; hasWord(text) {
				t.Errorf("%q is refused", text)
			}
			if text := string(r) + w.word; !hasWord(text) && !strings.ContainsRune(w.before, r) {
				t.Errorf("%q is allowed: the character stands on the wrong side", text)
			}
		}
		if text := w.word + w.behind + "x" + w.word; !hasWord(text) {
			t.Errorf("%q: one that is left alone hides the next", text)
		}
	}
	for _, text := range []string{
		"", "🎁", "茶壶", "抽奖", "大奖", "奖券", "彩虹", "彩色", "注意", "中奖者请关注", "福利", "体育", "双色", "六合", "大乐",
		"精彩票房", "喝彩票友", "以下注意事项", "天下注目", "投注意力", "阳光彩票夹", "多彩票根", "请把目光投注目标", "当下注重品质", "楼下注册", "文下注释",
		"体育彩排", "体育彩虹跑", "福利彩蛋", "双色球鞋", "微博彩蛋", "精彩,票房第一", "以下:注意",
		"彩 a 票", "彩7票", "赌一把", "球场", "马场", "票彩", "博物馆里的彩陶", "lottery", "福利社的彩笔",
	} {
		if hasWord(text) {
			t.Errorf("%q is refused", text)
		}
	}
	for _, text := range []string{
		"精彩彩票", "精 彩票 彩票", "中国彩票", "买彩票", "彩票", "体育彩票", "福利彩票", "福彩民", "足球投注站", "快来下注", "下注吧", "网络赌博", "澳门赌场",
		"雙色球", "大樂透", "時時彩", "賭博", "賭場", "賭注", "彩🎁票", "彩-票", "六 合 彩", "双·色·球", "大。乐。透", "赌/博", "下  注",
	} {
		if !hasWord(text) {
			t.Errorf("%q is allowed", text)
		}
	}
}

// TestTheTableOfWordsIsInOrder finds entries that cannot do what they are there for.
func TestTheTableOfWordsIsInOrder(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range words {
		if seen[w.word] {
			t.Errorf("%s is there twice", w.word)
		}
		seen[w.word] = true
		for _, r := range w.word + w.before + w.behind {
			if !unicode.Is(unicode.Han, r) {
				t.Errorf("%s has %q", w.word, r)
			}
		}
		for _, some := range []string{w.before, w.behind} {
			for _, r := range some {
				if strings.Count(some, string(r)) > 1 {
					t.Errorf("%s has %q twice", w.word, r)
				}
			}
		}
	}
	for _, pair := range [][2]string{
		{"双色球", "雙色球"}, {"大乐透", "大樂透"}, {"时时彩", "時時彩"}, {"赌博", "賭博"}, {"赌场", "賭場"}, {"赌注", "賭注"},
	} {
		if !seen[pair[0]] || !seen[pair[1]] {
			t.Errorf("%v are not both there", pair)
		}
	}
}

func TestARefusedTextIsNamedByItsField(t *testing.T) {
	prizes := []Prize{{Name: "茶壶", Quantity: 1}, {Name: "茶杯", Quantity: 1}}
	with := func(change func(*Draft)) Draft {
		d := Draft{Title: "春节", Prizes: append([]Prize(nil), prizes...)}
		change(&d)
		return d
	}
	const bad = "买彩 票"
	for field, d := range map[string]Draft{
		"title":          with(func(d *Draft) { d.Title = bad }),
		"description":    with(func(d *Draft) { d.Description = bad }),
		"conditions":     with(func(d *Draft) { d.Conditions = bad }),
		"claim_terms":    with(func(d *Draft) { d.ClaimTerms = bad }),
		"prizes[1].name": with(func(d *Draft) { d.Prizes[1].Name = bad }),
	} {
		err := d.CheckWords()
		if code(err) != "text_rejected" || !strings.HasPrefix(fault.From(err).Message, field+" has ") || strings.Contains(err.Error(), "彩") {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := with(func(*Draft) {}).CheckWords(); err != nil {
		t.Error(err)
	}
	if strings.Contains(ErrText.Message, "prizes") || strings.Contains(ErrText.Message, "title") {
		t.Errorf("the error that all share was changed: %s", ErrText.Message)
	}
	// What stands in two fields is no word.
	if err := with(func(d *Draft) { d.Title, d.Description = "春节彩", "票根换礼" }).CheckWords(); err != nil {
		t.Error(err)
	}
}

func TestADisplayNameHasNoneOfTheWordsEither(t *testing.T) {
	for name, want := range map[string]string{"小明": "", "精彩票房": "", "彩票王": "text_rejected", " 彩-票 ": "text_rejected", "": "invalid_name"} {
		if _, err := DisplayName(name); code(err) != want {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, w := range words {
		f.Add("好"+w.word, w.behind)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		// A text that stands apart from others, by something that belongs to no exception, is judged by itself.
		if got, want := hasWord(a+"x"+b), hasWord(a) || hasWord(b); got != want {
			t.Errorf("%q and %q: %v together, %v apart", a, b, got, want)
		}
	})
}

func TestFillersHideNoWord(t *testing.T) {
	for _, filler := range []string{"\u3164", "\u115f", "\u1160", "\uffa0"} { // letters to Unicode, nothing to a reader
		if !hasWord("彩" + filler + "票") {
			t.Errorf("%q is allowed", "彩"+filler+"票")
		}
	}
}

func TestOrdinaryPrizesAndTitlesPass(t *testing.T) {
	for _, text := range []string{"七彩民族风围巾", "精彩民谣之夜门票", "水彩民宿体验券", "时时彩虹糖", "精彩券商路演", "福利彩电", "双色球形灯"} {
		if hasWord(text) {
			t.Errorf("%q is refused", text)
		}
	}
}
