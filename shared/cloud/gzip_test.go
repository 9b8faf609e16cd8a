package cloud_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"wxlottery/shared/cloud"
)

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"gzip": true, "br, GZIP": true, "deflate,gzip ;q=0.5": true, "gzip;q=0.001": true, "gzip; q=1.0": true,
		"": false, "br": false, "identity": false, "gzip;q=0": false, "gzip; Q=0.000": false, "br, gzip ; q = 0.0": false, "xgzip": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", header)
		if got := cloud.AcceptsGzip(r); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

func TestAnAnswerInGzip(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	cloud.WriteGzipJSON(w, http.StatusOK, map[string]string{"text": "抽奖"})
	h := w.Result().Header
	if w.Code != http.StatusOK || h.Get("Content-Encoding") != "gzip" || h.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("%d %v", w.Code, h)
	}
	body, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	if want := "{\"text\":\"抽奖\"}\n"; string(text) != want {
		t.Errorf("%q", text)
	}
}
