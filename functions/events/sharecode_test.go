package main

import (
	"bytes"
	"context"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"wxlottery/internal/wechatsim"
	"wxlottery/shared/lottery"
	"wxlottery/shared/wechat"
)

const kept = "public, max-age=86400"

// code calls for a share code and wants its image.
func (b *platformBench) code(t *testing.T, s *server, id, token, cache string) []byte {
	t.Helper()
	w := b.image(t, s, "/events/"+id+"/qrcode", token)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/jpeg" || w.Header().Get("Cache-Control") != cache {
		t.Fatalf("%d, %v", w.Code, w.Header())
	}
	if w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Error("a web page may not read it")
	}
	if img, err := jpeg.Decode(bytes.NewReader(w.Body.Bytes())); err != nil || img.Bounds().Empty() {
		t.Fatalf("no image: %v", err)
	}
	return w.Body.Bytes()
}

func TestAShareCodeIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	e, other := b.create(t, b.user(t, "owner")), b.create(t, b.user(t, "owner"))
	s := b.server(0)
	first := b.code(t, s, e.ID, "", kept)
	for who, token := range map[string]string{"anyone": "", "a user": b.Token("user"), "the owner": b.Token("owner")} {
		if !bytes.Equal(b.code(t, s, e.ID, token, kept), first) {
			t.Errorf("%s gets another image", who)
		}
	}
	if n := b.asked(codeMaker); n != 1 {
		t.Errorf("it was made %d times", n)
	}
	if bytes.Equal(b.code(t, s, other.ID, "", kept), first) {
		t.Error("two events have one code")
	}
	if n := b.asked(codeMaker); n != 2 {
		t.Errorf("two were made %d times", n)
	}
	if n := b.count(t, "SELECT COUNT(*) FROM share_codes WHERE version = 'release' AND content_type = 'image/jpeg'"); n != 2 {
		t.Errorf("%d are kept", n)
	}
	b.Call("GET /events/"+e.ID+"/qrcode", "bad", nil).Want(t, "a bad token", 401, "login_required")
	for _, nothing := range []string{"x", lottery.NewEventID().String()} {
		b.Call("GET /events/"+nothing+"/qrcode", "", nil).Want(t, "nothing's", 404, "event_not_found")
	}
	if n := b.asked(codeMaker); n != 2 {
		t.Errorf("of nothing it was made %d times", n-2)
	}
}

// A kept code outlives WeChat, and a deployment that has it.
func TestAKeptShareCodeNeedsNoPlatform(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	e := b.create(t, b.user(t, "owner"))
	first := b.code(t, b.server(0), e.ID, "", kept)
	b.fails(t, wechatsim.Fault{API: codeMaker, Status: 502})
	for _, s := range []*server{b.server(0), b.server(0, withoutPlatform), b.server(2 * time.Hour)} {
		if !bytes.Equal(b.code(t, s, e.ID, "", kept), first) {
			t.Error("another image")
		}
	}
	if n := b.asked(codeMaker); n != 1 {
		t.Errorf("it was made %d times", n)
	}
}

func TestEachVersionOfTheMiniProgramHasItsOwnCode(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	e := b.create(t, b.user(t, "owner"))
	for range 2 {
		for _, version := range []string{"release", "trial", "develop"} {
			b.code(t, b.server(0, func(s *server) { s.version = version }), e.ID, "", kept)
		}
	}
	if made, rows := b.asked(codeMaker), b.count(t, "SELECT COUNT(DISTINCT version) FROM share_codes"); made != 3 || rows != 3 {
		t.Errorf("made %d times, %d kept", made, rows)
	}
}

// painter draws no two pictures alike, and begins none before all who ask at once are there.
type painter struct {
	platform
	all *sync.WaitGroup
	mu  sync.Mutex
	n   byte
}

func (p *painter) ShareCode(ctx context.Context, r wechat.CodeRequest) (wechat.Image, error) {
	p.all.Done()
	p.all.Wait()
	img, err := p.platform.ShareCode(ctx, r)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	img.Bytes = append(bytes.Clone(img.Bytes), p.n)
	return img, err
}

// TestOfCodesMadeAtOnceAllGetTheOneThatIsKept has two ask before either code is made, so that WeChat draws both.
func TestOfCodesMadeAtOnceAllGetTheOneThatIsKept(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	e := b.create(t, b.user(t, "owner"))
	p := &painter{platform: b.client, all: &sync.WaitGroup{}}
	p.all.Add(2)
	s := b.server(0, func(s *server) { s.platform = p })
	images := make(chan []byte, 2)
	for range 2 {
		go func() { images <- b.image(t, s, "/events/"+e.ID+"/qrcode", "").Body.Bytes() }()
	}
	first, second := <-images, <-images
	if !bytes.Equal(first, second) || !bytes.Equal(b.code(t, s, e.ID, "", kept), first) {
		t.Error("they got different images")
	}
	if n := b.count(t, "SELECT COUNT(*) FROM share_codes"); n != 1 {
		t.Errorf("%d are kept", n)
	}
}

func TestManyWhoAskForACodeAtOnceGetTheSame(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	e := b.create(t, b.user(t, "owner"))
	s := b.server(0)
	images := make(chan []byte, 10)
	for range cap(images) {
		go func() { images <- b.image(t, s, "/events/"+e.ID+"/qrcode", "").Body.Bytes() }()
	}
	first := <-images
	for range cap(images) - 1 {
		if !bytes.Equal(first, <-images) {
			t.Error("another image")
		}
	}
	made := b.asked(codeMaker)
	b.code(t, s, e.ID, "", kept)
	if rows, again := b.count(t, "SELECT COUNT(*) FROM share_codes"), b.asked(codeMaker); rows != 1 || again != made {
		t.Errorf("%d kept, and made once more afterwards: %t", rows, again != made)
	}
}

// recorder keeps what the function asks WeChat to draw.
type recorder struct {
	platform
	requests []wechat.CodeRequest
}

func (r *recorder) ShareCode(ctx context.Context, c wechat.CodeRequest) (wechat.Image, error) {
	r.requests = append(r.requests, c)
	return r.platform.ShareCode(ctx, c)
}

func TestTheSceneOfACodeIsTheEvent(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	e := b.create(t, b.user(t, "owner"))
	rec := &recorder{platform: b.client}
	b.code(t, b.server(0, func(s *server) { s.platform = rec }), e.ID, "", kept)
	want := wechat.CodeRequest{Scene: "e=" + e.ID, Page: codePage, EnvVersion: "release"}
	if len(rec.requests) != 1 || rec.requests[0] != want || len(want.Scene) > 32 {
		t.Errorf("%+v", rec.requests)
	}
}

func TestWithoutWeChatACodeIsUnavailableAndThenMade(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	e := b.create(t, b.user(t, "owner"))
	path := "GET /events/" + e.ID + "/qrcode"
	for what, f := range map[string]struct {
		fault  wechatsim.Fault
		status int
		code   string
	}{
		"a server error":   {wechatsim.Fault{Status: 502}, 503, "unavailable"},
		"a page of HTML":   {wechatsim.Fault{HTML: true}, 503, "unavailable"},
		"half a picture":   {wechatsim.Fault{Truncate: true}, 503, "unavailable"},
		"no answer":        {wechatsim.Fault{Drop: true}, 503, "unavailable"},
		"busy":             {wechatsim.Fault{ErrCode: -1}, 503, "unavailable"},
		"the quota":        {wechatsim.Fault{ErrCode: 45009}, 503, "unavailable"},
		"an unknown page":  {wechatsim.Fault{ErrCode: 41030}, 500, "internal"},
		"a wrong app id":   {wechatsim.Fault{ErrCode: 40013}, 500, "internal"},
		"nothing but slow": {wechatsim.Fault{LatencyMS: 10_000}, 503, "unavailable"},
	} {
		f.fault.API = codeMaker
		b.fails(t, f.fault)
		a := b.Call(path, "", nil).Want(t, what, f.status, f.code)
		if (f.status == 503) != (a.Header.Get("Retry-After") != "") || a.Header.Get("Cache-Control") == kept {
			t.Errorf("%s: %v", what, a.Header)
		}
		b.sim.Heal(codeMaker)
	}
	if n := b.count(t, "SELECT COUNT(*) FROM share_codes"); n != 0 {
		t.Errorf("%d are kept", n)
	}
	b.code(t, b.server(0), e.ID, "", kept)
}

// WeChat looks for the page of a released mini program, of other versions it does not.
func TestAPageThatIsNotPublishedIsOurMistake(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	e := b.create(t, b.user(t, "owner"))
	elsewhere := func(s *server) { s.page = "pages/nowhere/nowhere" }
	b.at(0, elsewhere).Call("GET /events/"+e.ID+"/qrcode", "", nil).Want(t, "an unknown page", 500, "internal")
	b.code(t, b.server(0, elsewhere, func(s *server) { s.version = "develop" }), e.ID, "", kept)
	b.code(t, b.server(0), e.ID, "", kept)
}

func TestAHeldEventsCodeIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	e := b.hold(t, owner)
	path := "GET /events/" + e.ID + "/qrcode"
	check := func(what string) {
		t.Helper()
		b.Call(path, "", nil).Want(t, what+": anyone", 404, "event_not_found")
		b.Call(path, b.Token("other"), nil).Want(t, what+": another", 404, "event_not_found")
	}
	check("not made")
	private := b.code(t, b.server(0), e.ID, owner, "private, no-store")
	check("made")
	if n := b.asked(textCheck); n != 1 {
		t.Errorf("its texts were checked %d times", n)
	}
	if seen := b.look(t, b.Client, e.ID, owner); seen.Held {
		t.Fatal("held")
	}
	if !bytes.Equal(b.code(t, b.server(0), e.ID, "", kept), private) || b.asked(codeMaker) != 1 {
		t.Error("another code once it is published")
	}
}

func TestWhateverBecomesOfAnEventItHasACode(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	e, deleted := b.create(t, owner), b.create(t, owner)
	b.Call("POST /events/"+e.ID+"/cancel", owner, nil).Want(t, "cancel", 200, "")
	b.Call("DELETE /events/"+deleted.ID, owner, nil).Want(t, "delete", 204, "")
	drawn := b.drawn(t, 1, "alice")
	for _, id := range []string{e.ID, deleted.ID, drawn} {
		b.code(t, b.server(62*time.Minute), id, "", kept)
	}
}

func TestACodeIsNoJSON(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	e := b.create(t, b.user(t, "owner"))
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		b.Call(method+" /events/"+e.ID+"/qrcode", "", nil).Want(t, method, 405, "method_not_allowed")
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/events/"+e.ID+"/qrcode", strings.NewReader(""))
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	b.server(0).routes().Handler().ServeHTTP(w, r)
	if w.Header().Get("Content-Encoding") != "" || http.DetectContentType(w.Body.Bytes()) != "image/jpeg" {
		t.Errorf("%v", w.Header())
	}
}
