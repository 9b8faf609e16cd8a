package wechat

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wxlottery/internal/wechatsim"
)

var goodMessage = Message{
	OpenID: "alice", Template: "result", Page: "pages/event/event?id=7&x=<1>",
	Data:  map[string]string{"thing1": "<春> & draw", "phrase2": "已开奖"},
	State: "trial",
}

// heard is a server that gives out a token and keeps what else it is sent.
func heard(t *testing.T, answer string) (*Client, func() (url, contentType, body string)) {
	t.Helper()
	var url, contentType, body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/cgi-bin/stable_token" {
			_, _ = fmt.Fprint(w, `{"access_token":"T&1","expires_in":"7200"}`)
			return
		}
		url, contentType, body = r.Method+" "+r.URL.String(), r.Header.Get("Content-Type"), string(b)
		_, _ = fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	return client(t, server.URL), func() (string, string, string) { return url, contentType, body }
}

func wantHeard(t *testing.T, got func() (string, string, string), wantURL, wantBody string) {
	t.Helper()
	url, contentType, body := got()
	if url != wantURL || contentType != "application/json" {
		t.Errorf("%s with %s, want %s", url, contentType, wantURL)
	}
	if d := cmp.Diff(wantBody, body); d != "" {
		t.Errorf("body (-want +got):\n%s", d)
	}
}

func TestAMessageIsWhatWeChatDocuments(t *testing.T) {
	t.Parallel()
	c, got := heard(t, `{"errcode":0,"errmsg":"ok","msgid":4000000000000000001}`)
	if err := c.Send(t.Context(), goodMessage); err != nil {
		t.Fatal(err)
	}
	wantHeard(t, got, "POST /cgi-bin/message/subscribe/send?access_token=T%261",
		`{"touser":"alice","template_id":"result","page":"pages/event/event?id=7&x=<1>",`+
			`"data":{"phrase2":{"value":"已开奖"},"thing1":{"value":"<春> & draw"}},"miniprogram_state":"trial","lang":"zh_CN"}`)
	if err := c.Send(t.Context(), Message{OpenID: "o", Template: "t"}); err != nil {
		t.Fatal(err)
	}
	wantHeard(t, got, "POST /cgi-bin/message/subscribe/send?access_token=T%261",
		`{"touser":"o","template_id":"t","data":{},"miniprogram_state":"formal","lang":"zh_CN"}`)
}

func TestAMessageArrivesOnceForATap(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t)
	if err := sim.Subscribe("alice", "result", 1); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), goodMessage); err != nil {
		t.Fatal(err)
	}
	sent := sim.Sent()
	if len(sent) != 1 || sent[0].ToUser != "alice" || sent[0].Data["thing1"].Value != "<春> & draw" || sent[0].State != "trial" {
		t.Errorf("sent %+v", sent)
	}
	if err := c.Send(t.Context(), goodMessage); FateOf(err) != Refused {
		t.Errorf("without a tap: %v", err)
	}
}

func TestTheRealRulesGiveTheirFates(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t)
	if err := sim.Subscribe("alice", "result", 1); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		change func(*Message)
		want   Fate
	}{
		"user":     {func(m *Message) { m.OpenID = "nobody" }, NoUser},
		"template": {func(m *Message) { m.Template = "none" }, BadTemplate},
		"page":     {func(m *Message) { m.Page = "none" }, BadTemplate},
		"field":    {func(m *Message) { m.Data = map[string]string{"thing1": "x", "phrase2": "Latin"} }, BadField},
	} {
		m := goodMessage
		x.change(&m)
		if err := c.Send(t.Context(), m); FateOf(err) != x.want {
			t.Errorf("wrong %s: %v", name, err)
		}
	}
}

func TestAMessageIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	for _, f := range []wechatsim.Fault{
		{ErrCode: -1}, {ErrCode: 45009}, {Drop: true}, {Truncate: true}, {Status: 500}, {Status: 503}, {HTML: true},
	} {
		sim, c := simulated(t)
		if err := sim.Subscribe("alice", "result", 3); err != nil {
			t.Fatal(err)
		}
		if err := c.Send(t.Context(), goodMessage); err != nil { // which leaves a live connection behind
			t.Fatal(err)
		}
		f.API = "subscribe_send"
		if err := sim.Fault(f); err != nil {
			t.Fatal(err)
		}
		if err := c.Send(t.Context(), goodMessage); err == nil {
			t.Errorf("%+v: no error", f)
		}
		if n := count(sim, "subscribe_send"); n != 2 {
			t.Errorf("%+v: %d calls, want two", f, n)
		}
	}
}

func TestOnlyLoginsGiveUpTheirConnections(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"errcode":0,"access_token":"T","expires_in":7200,"openid":"o"}`)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := client(t, server.URL)
	for range 5 {
		if err := c.Send(t.Context(), goodMessage); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("five messages took %d connections", n)
	}
	for range 3 {
		if _, err := c.Code2Session(t.Context(), "code"); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 4 {
		t.Errorf("three logins took %d connections", n-1)
	}
}
