package wechat

import (
	"bytes"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/wechatsim"
	"wxlottery/shared/fault"
)

// login makes a user one who was active a moment ago.
func login(t *testing.T, sim *wechatsim.Sim, c *Client, openID string) {
	t.Helper()
	if _, err := c.Code2Session(t.Context(), codeOf(t, sim, openID)); err != nil {
		t.Fatal(err)
	}
}

func TestATextIsWhatWeChatDocuments(t *testing.T) {
	t.Parallel()
	c, got := heard(t, `{"errcode":0,"errmsg":"ok","result":{"suggest":"pass","label":100},"trace_id":"x"}`)
	if v, err := c.CheckText(t.Context(), Text{OpenID: "o", Content: "<c>", Title: "t", Nickname: "n"}); v != Pass || err != nil {
		t.Errorf("verdict %d, %v", v, err)
	}
	const url = "POST /wxa/msg_sec_check?access_token=T%261"
	wantHeard(t, got, url, `{"content":"<c>","version":2,"scene":3,"openid":"o","title":"t","nickname":"n"}`)
	if _, err := c.CheckText(t.Context(), Text{OpenID: "o", Content: "c"}); err != nil {
		t.Error(err)
	}
	wantHeard(t, got, url, `{"content":"c","version":2,"scene":3,"openid":"o"}`)
}

func TestWhatIsNeitherPassNorRiskyIsForReview(t *testing.T) {
	t.Parallel()
	for suggest, want := range map[string]Verdict{"pass": Pass, "risky": Risky, "review": Review, "block": Review, "PASS": Review} {
		c, _ := heard(t, `{"errcode":"0","result":{"suggest":"`+suggest+`"}}`)
		if v, err := c.CheckText(t.Context(), Text{OpenID: "o", Content: "c"}); v != want || err != nil {
			t.Errorf("%s: verdict %d, %v, want %d", suggest, v, err, want)
		}
	}
}

func TestTextsAreJudged(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t)
	login(t, sim, c, "alice")
	for words, want := range map[string]Verdict{
		"a draw": Pass, "REVIEW this": Review, "RISKY": Risky, strings.Repeat("字", contentLimit): Pass,
	} {
		if v, err := c.CheckText(t.Context(), Text{OpenID: "alice", Content: words}); v != want || err != nil {
			t.Errorf("%.20s: verdict %d, %v, want %d", words, v, err, want)
		}
	}
	for _, words := range []string{"", strings.Repeat("字", contentLimit+1)} {
		v, err := c.CheckText(t.Context(), Text{OpenID: "alice", Content: words})
		if wantFault(t, err, fault.Internal, "internal"); v == Pass {
			t.Error("it passes")
		}
	}
}

func TestATextThatCannotBeCheckedDoesNotPass(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t)
	c.pause = time.Millisecond
	login(t, sim, c, "alice")
	for _, x := range []struct {
		fault wechatsim.Fault
		code  string
	}{
		{wechatsim.Fault{ErrCode: -1, N: 2}, "unavailable"},
		{wechatsim.Fault{ErrCode: 45009}, "unavailable"},
		{wechatsim.Fault{ErrCode: 61010}, "internal"},
		{wechatsim.Fault{ErrCode: 40001, N: 2}, "internal"},
		{wechatsim.Fault{ErrCode: 87014}, "internal"},
		{wechatsim.Fault{Status: 502}, "unavailable"},
		{wechatsim.Fault{HTML: true}, "unavailable"},
		{wechatsim.Fault{Drop: true}, "unavailable"},
		{wechatsim.Fault{Truncate: true}, "unavailable"},
	} {
		x.fault.API = "msg_sec_check"
		if err := sim.Fault(x.fault); err != nil {
			t.Fatal(err)
		}
		v, err := c.CheckText(t.Context(), Text{OpenID: "alice", Content: "c"})
		if f := fault.From(err); f == nil || f.Code != x.code || v == Pass {
			t.Errorf("%+v: verdict %d, %v, want %s", x.fault, v, err, x.code)
		}
	}
	if v, err := c.CheckText(t.Context(), Text{OpenID: "nobody", Content: "c"}); CodeOf(err) != 40003 || v == Pass {
		t.Errorf("of nobody: verdict %d, %v", v, err)
	}
}

func TestACodeRequestIsWhatWeChatDocuments(t *testing.T) {
	t.Parallel()
	c, got := heard(t, "GIF89a;")
	const url = "POST /wxa/getwxacodeunlimit?access_token=T%261"
	for want, r := range map[string]CodeRequest{
		`{"scene":"e=1","check_path":true,"env_version":"release","width":430}`: {Scene: "e=1"},
		`{"scene":"e","page":"p/p","check_path":true,"env_version":"release","width":280}`: {
			Scene: "e", Page: "p/p", EnvVersion: "release", Width: 280,
		},
		`{"scene":"e","page":"p","check_path":false,"env_version":"trial","width":430}`: {Scene: "e", Page: "p", EnvVersion: "trial"},
		`{"scene":"e","check_path":false,"env_version":"develop","width":430}`:          {Scene: "e", EnvVersion: "develop"},
	} {
		if _, err := c.ShareCode(t.Context(), r); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
		wantHeard(t, got, url, want)
	}
}

func TestACodeIsAPicture(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t)
	img, err := c.ShareCode(t.Context(), CodeRequest{Scene: "e=1", Page: "pages/event/event"})
	if err != nil || img.ContentType != "image/jpeg" {
		t.Fatalf("%s, %v", img.ContentType, err)
	}
	if _, err := jpeg.Decode(bytes.NewReader(img.Bytes)); err != nil {
		t.Error(err)
	}
	if _, err := c.ShareCode(t.Context(), CodeRequest{Scene: "e", Page: "none"}); CodeOf(err) != 41030 {
		t.Errorf("a page that does not exist: %v", err)
	}
	if _, err := c.ShareCode(t.Context(), CodeRequest{Scene: "e", Page: "none", EnvVersion: "develop"}); err != nil {
		t.Errorf("a page that does not exist yet: %v", err)
	}
	if err := sim.Fault(wechatsim.Fault{API: "getwxacodeunlimit", Truncate: true}); err != nil {
		t.Fatal(err)
	}
	_, err = c.ShareCode(t.Context(), CodeRequest{Scene: "e"})
	wantFault(t, err, fault.Unavailable, "unavailable")
}

func TestPicturesAreToldByTheirBytes(t *testing.T) {
	t.Parallel()
	const end = "IEND\xae\x42\x60\x82"
	for body, want := range map[string]string{
		"\xff\xd8\xff\xe0..\xff\xd9":     "image/jpeg",
		"\xff\xd8\xff\xe0..\xff\xd9\x00": "image/jpeg",
		"\x89PNG\r\n\x1a\n.." + end:      "image/png",
		"GIF87a.;":                       "image/gif",
		"GIF89a.;":                       "image/gif",
	} {
		c, _ := heard(t, body)
		img, err := c.ShareCode(t.Context(), CodeRequest{Scene: "e"})
		if err != nil || img.ContentType != want || string(img.Bytes) != body {
			t.Errorf("%q: %s, %v, want %s", body, img.ContentType, err, want)
		}
	}
	for _, body := range []string{"\xff\xd8\xff\xe0..", "\x89PNG\r\n\x1a\n..", "GIF89a", "BM..", "<svg/>", "{}", `"x"`, ""} {
		c, _ := heard(t, body)
		_, err := c.ShareCode(t.Context(), CodeRequest{Scene: "e"})
		wantFault(t, err, fault.Unavailable, "unavailable")
	}
}

func TestASceneOrVersionThatCannotBeNeverReachesWeChat(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t)
	for _, r := range []CodeRequest{
		{},
		{Scene: strings.Repeat("a", 33)},
		{Scene: "a b"},
		{Scene: "a&b"},
		{Scene: "a%"},
		{Scene: "抽"},
		{Scene: "a", EnvVersion: "formal"},
	} {
		_, err := c.ShareCode(t.Context(), r)
		wantFault(t, err, fault.Internal, "internal")
	}
	if n := len(sim.Log()); n != 0 {
		t.Errorf("WeChat was asked %d times", n)
	}
	for _, scene := range []string{"0123456789abcdefghijklmnopqrstuv", "wxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "!#$'()*+,/:;=?@-._~"} {
		if _, err := c.ShareCode(t.Context(), CodeRequest{Scene: scene}); err != nil {
			t.Errorf("%s: %v", scene, err)
		}
	}
}

func TestABusyWeChatIsAskedOnceMoreWhereThatIsSafe(t *testing.T) {
	t.Parallel()
	for api, call := range calls {
		sim, c := simulated(t)
		login(t, sim, c, leakOpen)
		if err := sim.Fault(wechatsim.Fault{API: api, ErrCode: -1, N: 9}); err != nil {
			t.Fatal(err)
		}
		before, begin := count(sim, api), time.Now()
		err := call(t.Context(), c)
		if FateOf(err) != NoAnswer || CodeOf(err) != -1 {
			t.Errorf("%s: %v", api, err)
		}
		want := 2
		if api == "subscribe_send" {
			want = 1
		}
		if n := count(sim, api) - before; n != want {
			t.Errorf("%s: %d calls, want %d", api, n, want)
		}
		if d := time.Since(begin); want == 2 && d < busyPause {
			t.Errorf("%s: asked again within %s", api, d)
		}
	}
}
