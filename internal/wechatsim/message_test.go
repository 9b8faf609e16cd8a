package wechatsim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const sendPath = "/cgi-bin/message/subscribe/send"

// message is a good one, with a few replacements: old, new, old, new.
func message(replace ...string) string {
	return strings.NewReplacer(replace...).Replace(`{"touser":"alice","template_id":"result",` +
		`"page":"pages/event/event?id=7","data":{"thing1":{"value":"Spring draw"},"phrase2":{"value":"已开奖"},` +
		`"time3":{"value":"2026-11-23 07:00"},"number4":{"value":"42"},"amount5":{"value":"¥5"}},` +
		`"miniprogram_state":"trial","lang":"zh_CN"}`)
}

func TestChecksOfAMessageComeInWeChatsOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	bad := []string{`"alice"`, `"bob"`, `"result"`, `"none"`, `pages/event`, `pages/none`, `Spring draw`, ``}
	if got := f.ask(sendPath, token, "{"); got.ErrCode != 47001 {
		t.Errorf("broken JSON: errcode %d", got.ErrCode)
	}
	for _, want := range []int{40003, 40037, 41030, 47003, 43101} {
		if got := f.ask(sendPath, token, message(bad...)); got.ErrCode != want {
			t.Errorf("with %q: errcode %d, want %d", bad, got.ErrCode, want)
		}
		if want == 40003 {
			f.Know("alice")
		}
		bad = bad[min(2, len(bad)):] // each step mends one thing
	}
	f.mustPost("/subscribe", `{"openid":"alice","template_id":"result"}`)
	if got := f.ask(sendPath, token, message()); got.ErrCode != 0 || got.MsgID.String() != "4000000000000000001" {
		t.Errorf("a good message: %+v", got)
	}
	if got := f.ask(sendPath, token, message()); got.ErrCode != 43101 {
		t.Errorf("without a tap left: errcode %d", got.ErrCode)
	}
}

func TestATemplateHasExactlyItsFields(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	if err := f.Subscribe("alice", "result", 1); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][]string{
		"missing":       {`,"amount5":{"value":"¥5"}`, ``},
		"one too many":  {`"thing1"`, `"thing9":{"value":"x"},"thing1"`},
		"another":       {`"thing1"`, `"thing9"`},
		"no data":       {`"data":`, `"date":`},
		"empty":         {`¥5`, ``},
		"a long thing":  {`Spring draw`, strings.Repeat("字", 21)},
		"two lines":     {`Spring draw`, `Spring\ndraw`},
		"a NUL":         {`¥5`, `¥\u0000`},
		"Latin phrase":  {`已开奖`, `drawn`},
		"a long phrase": {`已开奖`, `已开奖已开奖`},
		"marked phrase": {`已开奖`, `已开奖。`},
		"a sign":        {`"42"`, `"-42"`},
		"long number":   {`"42"`, `"` + strings.Repeat("4", 33) + `"`},
		"RFC 3339":      {`2026-11-23 07:00`, `2026-11-23T07:00:00+08:00`},
		"no zero":       {`2026-11-23 07:00`, `2026-11-23 7:00`},
		"no date":       {`2026-11-23 07:00`, `2026-02-30 07:00`},
	} {
		if got := f.ask(sendPath, token, message(change...)); got.ErrCode != 47003 {
			t.Errorf("%s: errcode %d, want 47003", name, got.ErrCode)
		}
	}
	longest := message(`Spring draw`, strings.Repeat("字", 20), `已开奖`, `已开奖已开`, `"42"`, `"`+strings.Repeat("4", 32)+`"`)
	if got := f.ask(sendPath, token, longest); got.ErrCode != 0 {
		t.Errorf("the longest values: errcode %d", got.ErrCode)
	}
}

func TestAPageMayHaveAQueryOrBeMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	if err := f.Subscribe("alice", "", 9); err != nil {
		t.Fatal(err)
	}
	for page, want := range map[string]int{
		"": 0, "pages/index/index": 0, "pages/event/event?id=1?2": 0,
		"pages": 41030, "/pages/index/index": 41030, "?pages/index/index": 41030,
	} {
		if got := f.ask(sendPath, token, message("pages/event/event?id=7", page)); got.ErrCode != want {
			t.Errorf("page %q: errcode %d, want %d", page, got.ErrCode, want)
		}
	}
}

func TestTapsAreCountedByUserAndTemplate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	short := message(`"result"`, `"short"`, `,"phrase2":{"value":"已开奖"},"time3":{"value":"2026-11-23 07:00"},`+
		`"number4":{"value":"42"},"amount5":{"value":"¥5"}`, ``)
	f.mustPost("/subscribe", `{"openid":"alice","template_id":"short","n":2}`)
	f.mustPost("/subscribe", `{"openid":"bob","n":1}`)
	f.mustPost("/subscribe", `{"openid":"alice"}`)
	for i, c := range []struct {
		body string
		want int
	}{
		{short, 0},
		{message(), 0},
		{message(), 43101},
		{short, 0},
		{short, 0},
		{short, 43101},
		{message("alice", "bob"), 0},
		{message("alice", "bob"), 43101},
	} {
		if got := f.ask(sendPath, token, c.body); got.ErrCode != c.want {
			t.Errorf("message %d: errcode %d, want %d", i, got.ErrCode, c.want)
		}
	}
}

func TestWhatWasAcceptedCanBeReadBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	for _, user := range []string{"alice", "bob"} {
		if err := f.Subscribe(user, "result", 1); err != nil {
			t.Fatal(err)
		}
		f.ask(sendPath, token, message("alice", user))
		f.ask(sendPath, token, message("alice", user)) // refused
		f.advance(time.Minute)
	}
	const first = `{"touser":"alice","template_id":"result","page":"pages/event/event?id=7","data":{"amount5":{"value":"¥5"},` +
		`"number4":{"value":"42"},"phrase2":{"value":"已开奖"},"thing1":{"value":"Spring draw"},` +
		`"time3":{"value":"2026-11-23 07:00"}},"miniprogram_state":"trial","at":"2026-11-23T06:00:00Z"}`
	second := strings.NewReplacer("alice", "bob", "06:00:00Z", "06:01:00Z").Replace(first)
	for query, want := range map[string]string{
		"":             `{"sent":[` + first + `,` + second + `]}`,
		"?openid=bob":  `{"sent":[` + second + `]}`,
		"?openid=carl": `{"sent":[]}`,
	} {
		if d := cmp.Diff(want, f.get("/sent"+query)); d != "" {
			t.Errorf("%s (-want +got):\n%s", query, d)
		}
	}
	if n := f.SentCount(); n != 2 || len(f.Sent()) != 2 || f.Sent()[1].ToUser != "bob" {
		t.Errorf("%d messages: %+v", n, f.Sent())
	}
	f.Reset()
	if f.SentCount() != 0 || f.get("/sent") != `{"sent":[]}` {
		t.Error("messages are left after a reset")
	}
}

// get reads from the control plane.
func (f *fixture) get(path string) string {
	f.t.Helper()
	resp, err := http.Get(f.control + path)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		f.t.Fatalf("GET %s: status %d, %v", path, resp.StatusCode, err)
	}
	return string(body)
}

func TestTheOldestMessagesAreForgotten(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	for i := range sentLimit + 10 {
		s.keep(Sent{ToUser: strconv.Itoa(i)})
	}
	got := s.Sent()
	if len(got) != sentLimit || got[0].ToUser != "10" || got[sentLimit-1].ToUser != strconv.Itoa(sentLimit+9) {
		t.Errorf("%d messages from %s to %s", len(got), got[0].ToUser, got[len(got)-1].ToUser)
	}
}

func TestSubscribeRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, body := range []string{
		`{}`, `{"openid":"a","n":0}`, `{"openid":"a","n":-1}`, `{"openid":"a","n":1000001}`, `{"openid":"a","template_id":"none"}`,
	} {
		if status, out := f.post("/subscribe", body); status != http.StatusBadRequest {
			t.Errorf("%s: %d %v, want 400", body, status, out)
		}
	}
	if err := New(Config{}).Subscribe("a", "", 1); err == nil {
		t.Error("an app without templates takes a tap")
	}
}

// TestAHundredConcurrentSendersAreServedQuickly has every answer wait; the waiting must be done side by side.
func TestAHundredConcurrentSendersAreServedQuickly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const senders, each, pause = 100, 10, 20
	if err := f.Subscribe("alice", "result", senders*each); err != nil {
		t.Fatal(err)
	}
	if err := f.Fault(Fault{API: "subscribe_send", LatencyMS: pause, N: senders * each}); err != nil {
		t.Fatal(err)
	}
	target, handler := sendPath+"?access_token="+f.stable().Token, f.API()
	begin := time.Now()
	var wait sync.WaitGroup
	for range senders {
		wait.Go(func() {
			for range each {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, target, strings.NewReader(message())))
				if !json.Valid(w.Body.Bytes()) {
					t.Error("the answer is not JSON")
				}
			}
		})
	}
	wait.Wait()
	if d := time.Since(begin); d > 10*time.Second { // one after the other would take 20
		t.Errorf("took %s", d)
	}
	if n := f.SentCount(); n != senders*each {
		t.Errorf("%d messages", n)
	}
}

func BenchmarkSend(b *testing.B) {
	s := New(Config{AppID: "wx1", Secret: "s3cret", Templates: map[string][]string{"short": {"thing1"}}})
	_ = s.Subscribe("alice", "short", tapsLimit)
	target, handler := sendPath+"?access_token="+s.tokens.give(time.Now(), false).value, s.API()
	const body = `{"touser":"alice","template_id":"short","data":{"thing1":{"value":"x"}}}`
	for b.Loop() {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, target, strings.NewReader(body)))
	}
}
