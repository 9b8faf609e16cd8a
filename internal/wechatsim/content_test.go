package wechatsim

import (
	"bytes"
	"image"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	checkPath = "/wxa/msg_sec_check"
	codePath  = "/wxa/getwxacodeunlimit"
)

func TestChecksOfATextComeInWeChatsOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body := `{"openid":"alice","scene":9,"version":2,"content":""}`
	wantCode := func(want int) {
		t.Helper()
		if got := f.ask(checkPath, f.stable().Token, body); got.ErrCode != want {
			t.Errorf("%.80s: errcode %d, want %d", body, got.ErrCode, want)
		}
	}
	body, good := "{", body
	wantCode(47001)
	body = good
	wantCode(40003)
	f.Know("alice")
	wantCode(61010)
	f.call(aliceIn(f))
	f.advance(activeFor)
	wantCode(40129)
	body = strings.Replace(body, "9", "3", 1)
	wantCode(44002)
	body = strings.Replace(body, `""`, `"`+strings.Repeat("字", contentLimit+1)+`"`, 1)
	wantCode(44002)
	body = strings.Replace(body, "字", "", 1)
	wantCode(0)
	f.advance(time.Second)
	wantCode(61010)
	f.call(aliceIn(f))
	wantCode(0)
}

// aliceIn is a good login of alice's.
func aliceIn(f *fixture) map[string][]string { return good(f.code("alice")) }

func TestATextIsJudgedByItsMarkers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	f.call(aliceIn(f))
	for _, c := range []struct{ want, content, title, nickname string }{
		{"pass", "a draw", "t", "n"},
		{"pass", "risky review", "", ""},
		{"review", "a REVIEW draw", "", ""},
		{"review", "a draw", "REVIEW", ""},
		{"review", "a draw", "", "REVIEW"},
		{"risky", "a RISKY draw", "", ""},
		{"risky", "a draw", "RISKY", ""},
		{"risky", "a draw", "REVIEW", "RISKY"},
	} {
		got := f.ask(checkPath, token, `{"openid":"alice","scene":3,"version":2,"content":"`+c.content+
			`","title":"`+c.title+`","nickname":"`+c.nickname+`"}`)
		if got.ErrCode != 0 || got.Result.Suggest != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

func TestChecksOfACodeComeInWeChatsOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	for _, c := range []struct {
		want int
		body string
	}{
		{40169, `no JSON`},
		{40169, `{"page":"none"}`},
		{40169, `{"scene":"` + strings.Repeat(" ", 33) + `","page":"none"}`},
		{40129, `{"scene":"a b","page":"none"}`},
		{40129, `{"scene":"a&b","page":"none"}`},
		{40129, `{"scene":"抽奖","page":"none"}`},
		{41030, `{"scene":"a","page":"none"}`},
		{41030, `{"scene":"a","page":"none","check_path":true}`},
		{41030, `{"scene":"a","page":"pages/index/index?a=b"}`},
	} {
		if got := f.ask(codePath, token, c.body); got.ErrCode != c.want {
			t.Errorf("%s: errcode %d, want %d", c.body, got.ErrCode, c.want)
		}
	}
}

func TestACodeIsAPictureOfItsScene(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	draw := func(body string) []byte {
		resp, b := f.do(http.MethodPost, codePath, token, body)
		img, kind, err := image.Decode(bytes.NewReader(b))
		if err != nil || kind != "jpeg" || img.Bounds().Dx() != 128 || resp.Header.Get("Content-Type") != "image/jpeg" {
			t.Fatalf("%s: %s, %v", body, kind, err)
		}
		return b
	}
	one := draw(`{"scene":"one","page":"pages/index/index"}`)
	if !bytes.Equal(one, draw(`{"scene":"one","page":"none","check_path":false}`)) {
		t.Error("the same scene gives another picture")
	}
	if bytes.Equal(one, draw(`{"scene":"two"}`)) {
		t.Error("another scene gives the same picture")
	}
	draw(`{"scene":"` + sceneLetters[:32] + `"}`)
	draw(`{"scene":"` + sceneLetters[len(sceneLetters)-32:] + `"}`)
}

func TestTheLogHoldsNothingOfMessagesAndTexts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	f.call(aliceIn(f))
	f.ask(sendPath, token, message())
	f.ask(checkPath, token, `{"openid":"alice","scene":3,"content":"words"}`)
	f.do(http.MethodPost, codePath, token, `{"scene":"sc"}`)
	const want = `{"calls":[{"api":"stable_token","errcode":0},{"api":"jscode2session","errcode":0},` +
		`{"api":"subscribe_send","errcode":43101},{"api":"msg_sec_check","errcode":0},{"api":"getwxacodeunlimit","errcode":0}]}`
	if got := f.get("/log"); got != want {
		t.Errorf("log %s\nwant %s", got, want)
	}
}
