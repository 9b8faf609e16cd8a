package lottery

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"wxlottery/shared/fault"
)

// ErrText says that a text was refused by a check of its content.
var ErrText = fault.New(fault.Rejected, "text_rejected", "a text was refused by the check of its content")

// fieldText is a text and the field of the request that it is of.
type fieldText struct{ field, text string }

// words are those that a mini program's lottery must not use: it is a giveaway, and neither a state lottery nor gambling, which
// WeChat and the law keep for others. Beside a word stand the characters that make another word of it, before or behind it:
// 精彩票房 is splendid box office, 以下注意 a note about what follows.
var words = []struct{ word, before, behind string }{
	{word: "彩票", before: "精喝光色多出异七云"},
	{word: "彩券", before: "精", behind: "商"},
	{word: "彩民", before: "精七水多异", behind: "族谣宿间俗歌"},
	{word: "福利彩", behind: "蛋笔绘虹妆排色带电"},
	{word: "体育彩", behind: "蛋笔绘虹妆排色带"},
	{word: "六合彩"},
	{word: "双色球", behind: "鞋拍衣服形灯"},
	{word: "雙色球", behind: "鞋拍衣服形燈"},
	{word: "大乐透"},
	{word: "大樂透"},
	{word: "时时彩", behind: "虹灯"},
	{word: "時時彩", behind: "虹燈"},
	{word: "博彩", before: "微", behind: "蛋妆"},
	{word: "赌博"},
	{word: "賭博"},
	{word: "赌场"},
	{word: "賭場"},
	{word: "赌球"},
	{word: "赌注"},
	{word: "賭注"},
	{word: "投注", behind: "意目释明入重册"},
	{word: "下注", behind: "意目释明册重入定解"},
}

// checkWords refuses a text with one of the words, also where spaces or signs stand between its characters. Error: text_rejected,
// which names the field.
func checkWords(texts []fieldText) error {
	for _, t := range texts {
		if hasWord(t.text) {
			refused := *ErrText
			refused.Message = fmt.Sprintf("%s has a word of state lotteries or gambling, which a giveaway must not use", t.field)
			return &refused
		}
	}
	return nil
}

func hasWord(text string) bool {
	letters := []rune(strings.Map(func(r rune) rune {
		if (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
			return r
		}
		return -1
	}, text))
	for _, w := range words {
		word := []rune(w.word)
		for at := 0; at+len(word) <= len(letters); at++ {
			if slices.Equal(letters[at:at+len(word)], word) &&
				!isOneOf(letters, at-1, w.before) && !isOneOf(letters, at+len(word), w.behind) {
				return true
			}
		}
	}
	return false
}

// isOneOf reports whether the character at a place, if there is one, is among some.
func isOneOf(letters []rune, at int, some string) bool {
	return at >= 0 && at < len(letters) && strings.ContainsRune(some, letters[at])
}
