package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"wxlottery/cmd/local/function"
	"wxlottery/cmd/local/gateway"
	"wxlottery/internal/drandsim"
	"wxlottery/internal/wechatsim"
	"wxlottery/web/playground"
)

// A world is what stands in for what is around the functions.
type world struct {
	wechat *wechatsim.Sim
	relay  *drandsim.Sim
	page   http.Handler // checks draws in the browser
}

// newFront puts the gateway and, under /_sim/, the world on one address.
func newFront(c *localCloud, w world, version string) http.Handler {
	public := map[string]gateway.Invoker{}
	for _, name := range names {
		if name != "draw" {
			public[name] = c.functions[name]
		}
	}
	gate := gateway.New(public, c.form, c.log)
	tools := http.NewServeMux()
	tools.Handle("/_sim/wechat/api/", http.StripPrefix("/_sim/wechat/api", w.wechat.API()))
	tools.Handle("/_sim/wechat/", http.StripPrefix("/_sim/wechat", w.wechat.Control()))
	tools.Handle("/_sim/drand/", http.StripPrefix("/_sim/drand", w.relay))
	tools.Handle("/_sim/drand/control/", http.StripPrefix("/_sim/drand/control", w.relay.Control()))
	tools.HandleFunc("POST /_sim/draw", c.serveDraw)
	tools.HandleFunc("GET /_sim/functions", c.serveStats)
	tools.HandleFunc("GET /_sim/operator", c.serveOperator)
	tools.Handle("GET /verify/", w.page)
	play := playground.Handler()
	tools.Handle("GET /{$}", play)
	tools.Handle("GET "+playground.Assets, play)
	tools.Handle("/", gate)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Lottery-Version", version)
		if isTool(r.URL.Path) {
			tools.ServeHTTP(w, r)
			return
		}
		gate.ServeHTTP(w, r) // not through a mux, which would redirect paths it finds untidy
	})
}

func isTool(path string) bool {
	return path == "/" || strings.HasPrefix(path, "/_sim/") || strings.HasPrefix(path, "/verify/") ||
		strings.HasPrefix(path, playground.Assets)
}

func (c *localCloud) serveDraw(w http.ResponseWriter, r *http.Request) {
	err := c.drawOnce(r.Context())
	if err == nil {
		writeJSON(w, map[string]bool{"ok": true})
		return
	}
	c.log.Error("draw failed", "error", err)
	status, code := http.StatusInternalServerError, "internal"
	switch {
	case errors.Is(err, function.ErrTimeout):
		status = http.StatusGatewayTimeout
	case errors.Is(err, function.ErrThrottled), errors.Is(err, function.ErrClosed):
		status, code = http.StatusServiceUnavailable, "unavailable"
	}
	gateway.WriteError(w, rand.Text(), status, code, err.Error())
}

func (c *localCloud) serveStats(w http.ResponseWriter, _ *http.Request) { writeJSON(w, c.stats()) }

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

// listen takes the address and says how clients on this machine reach it.
func listen(addr string) (l net.Listener, url string, err error) {
	l, err = net.Listen("tcp", addr)
	if err != nil {
		return nil, "", fmt.Errorf("cannot listen on %s (choose another with -addr): %w", addr, err)
	}
	at := l.Addr().(*net.TCPAddr)
	host := at.IP.String()
	if at.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return l, fmt.Sprintf("http://%s", net.JoinHostPort(host, fmt.Sprint(at.Port))), nil
}
