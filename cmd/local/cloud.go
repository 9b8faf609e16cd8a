package main

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/internal/wechatsim"
)

const (
	httpTimeout = 10 * time.Second
	drawTimeout = 300 * time.Second
	wait        = 10 * time.Second // for a free instance
	drawCap     = 6                // ticks overlap
)

// appID is what the simulated WeChat knows this deployment by, together with a secret that is new at every start.
const appID = "wx0000000000000000"

// A localCloud is the functions and the timer that wakes the draw.
type localCloud struct {
	platform
	functions map[string]*function.Function
	log       *slog.Logger
	journal   *journal
	census    *census
}

// newCloud makes the functions; nothing runs before the first request. Their variables are what the cloud would be told.
// What goes wrong around the functions is told to stderr; so is what they log, unless -quiet is set. The journal gets that always.
func newCloud(o options, b build, variables map[string]string, stderr io.Writer) *localCloud {
	logs := stderr
	if o.quiet {
		logs = nil
	}
	httpCap := 8 // writers of one SQLite file take turns anyway
	if o.mysql != "" {
		httpCap = 32
	}
	c := &localCloud{
		platform: o.cloud, functions: map[string]*function.Function{}, log: slog.New(slog.NewTextHandler(stderr, nil)),
		journal: newJournal(logs), census: newCensus(variables["DB_DSN"]),
	}
	for _, name := range names {
		cfg := function.Config{
			Name: name, Path: b.path(name), Protocol: o.cloud.protocol, Env: baseEnv(), Variables: variables,
			Cap: httpCap, Timeout: httpTimeout, Wait: wait, Log: c.journal,
		}
		if name == "draw" {
			cfg.Cap, cfg.Timeout = drawCap, drawTimeout
		}
		c.functions[name] = function.New(cfg)
	}
	return c
}

// The templates that the simulated WeChat has, and what goes into their fields.
const (
	resultTemplate    = "local-result"
	organiserTemplate = "local-organiser"
	resultFields      = "thing1=title,phrase2=result,thing3=prize,time4=time"
	organiserFields   = "thing1=title,phrase2=result,number3=participants,number4=winners,time5=time"
)

// functionVariables is the configuration of the functions. front is where they find the simulated WeChat and the relay.
func functionVariables(o options, b backing, front, secret string) map[string]string {
	key := b.chain.Public()
	return map[string]string{
		"DB_DSN":          b.dsn,
		"DB_SET_SESSION":  strconv.FormatBool(o.mysql != ""),
		"REDIS_ADDR":      b.redis,
		"WECHAT_APPID":    appID,
		"WECHAT_SECRET":   secret,
		"WECHAT_BASE_URL": front + "/_sim/wechat/api",
		"MASTER_KEYS":     b.keys,
		"LOCK_LEAD":       o.lockLead.String(),
		"MIN_LEAD":        o.minLead.String(),
		"TICK_PERIOD":     max(o.tick, time.Millisecond).String(),
		"TICK_HORIZON":    horizon(o.tick).String(),
		"BEACON":          o.beacon,
		"BEACON_DEV_KEY":  hex.EncodeToString(key[:]),
		"BEACON_RELAYS":   front + "/_sim/drand",

		"NOTIFY_TEMPLATE":           resultTemplate + " " + resultFields,
		"NOTIFY_ORGANISER_TEMPLATE": organiserTemplate + " " + organiserFields,
	}
}

// simulated is WeChat as it knows this deployment.
func simulated(secret string) wechatsim.Config {
	fields := func(list string) (names []string) {
		for item := range strings.SplitSeq(list, ",") {
			name, _, _ := strings.Cut(item, "=")
			names = append(names, name)
		}
		return names
	}
	return wechatsim.Config{
		AppID: appID, Secret: secret, Now: time.Now, Pages: []string{"pages/event/event"},
		Templates: map[string][]string{resultTemplate: fields(resultFields), organiserTemplate: fields(organiserFields)},
	}
}

// baseEnv is what the functions may see of this command's own environment.
func baseEnv() []string {
	var kept []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			kept = append(kept, name+"="+value)
		}
	}
	return kept
}

// horizon is how far a tick looks ahead: four periods, as 240 s are of a minute, since a timer may lose a tick or two.
func horizon(tick time.Duration) time.Duration {
	return max(4*tick, 4*time.Second)
}

// runTimer fires until ctx ends, or never where every is 0. Like the cloud's, it does not wait for the draws it starts and
// drops a tick when they are all busy.
func (c *localCloud) runTimer(ctx context.Context, every time.Duration) {
	if every == 0 {
		return
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case at := <-ticker.C:
			go c.fire(ctx, at)
		}
	}
}

func (c *localCloud) fire(ctx context.Context, at time.Time) {
	_, err := c.functions["draw"].TryInvoke(c.tick(at, ""))
	if err != nil && ctx.Err() == nil {
		c.log.Error("tick failed", "error", err)
	}
}

// drawOnce runs one more tick, which does what is due and does not look ahead. It waits for an instance and for the end.
func (c *localCloud) drawOnce(ctx context.Context) error {
	_, err := c.functions["draw"].Invoke(ctx, c.tick(time.Now(), `{"horizon":"0s"}`))
	return err
}

// stats is what GET /_sim/functions shows.
func (c *localCloud) stats() map[string]function.Stats {
	all := map[string]function.Stats{}
	for name, f := range c.functions {
		all[name] = f.Stats()
	}
	return all
}

// close ends every process.
func (c *localCloud) close() {
	for _, f := range c.functions {
		f.Close()
	}
	c.census.close()
}
