package storm_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/cmd/local/lambda"
)

// function runs one of the programs under the Runtime API, as at most so many processes, whose clocks are off by skew
// seconds.
func (g *ground) function(name string, skew, most int) *function.Function {
	g.t.Helper()
	programs := trueClock
	if skew != 0 {
		programs = anyClock
	}
	dir, err := programs()
	must(g.t, err)
	limit := g.pace.limit
	if name == "join" {
		limit = 10 * time.Second
	}
	f := function.New(function.Config{
		Name: name, Path: dir + name, Protocol: lambda.Protocol{}, Variables: g.variables(skew),
		Env: []string{"PATH=" + os.Getenv("PATH")}, Cap: most, Timeout: limit, Wait: 10 * time.Second, Log: g.log,
	})
	g.t.Cleanup(f.Close)
	return f
}

func (g *ground) variables(skew int) map[string]string {
	v := map[string]string{
		"DB_DSN": g.dsn, "DB_SET_SESSION": "true", "REDIS_ADDR": g.redis,
		"MASTER_KEYS":  fmt.Sprintf("1:%x", masterKey),
		"LOCK_LEAD":    g.pace.lead.String(),
		"MIN_LEAD":     (g.pace.lead + g.pace.period).String(),
		"TICK_PERIOD":  g.pace.period.String(),
		"TICK_HORIZON": g.pace.horizon.String(),
		"BEACON":       "drand", "BEACON_DEV_KEY": fmt.Sprintf("%x", g.beacon.Public()), "BEACON_RELAYS": g.relays,
	}
	if skew != 0 {
		v["CLOCK_SKEW"] = fmt.Sprint(skew)
	}
	maps.Copy(v, g.more)
	return v
}

// tick is what the timer's rule sends.
func tick() []byte {
	text, err := json.Marshal(map[string]any{
		"version": "0", "id": rand.Text(), "detail-type": "Scheduled Event", "source": "aws.events",
		"account": "000000000000", "region": "local", "resources": []string{"arn:aws:events:local:000000000000:rule/tick"},
		"time": time.Now().UTC().Format(time.RFC3339), "detail": struct{}{},
	})
	if err != nil {
		panic(err) // strings only
	}
	return text
}

// keepTicking fires a tick whenever the one before it has ended, however it ended, until ctx ends.
func keepTicking(ctx context.Context, f *function.Function) {
	for ctx.Err() == nil {
		begin := time.Now()
		f.Invoke(ctx, tick())
		time.Sleep(100*time.Millisecond - time.Since(begin)) // a tick with nothing to do ends at once
	}
}

// ticking keeps ticks going until stop is called, each on a function of its own or on one they share.
func (g *ground) ticking(on ...*function.Function) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, f := range on {
		wg.Go(func() { keepTicking(ctx, f) })
	}
	stop = func() {
		cancel()
		for _, f := range on {
			f.Close()
		}
		wg.Wait()
	}
	g.t.Cleanup(stop)
	return stop
}

// living are the processes at this moment that have a tick in hand.
func living(functions ...*function.Function) (pids []int) {
	for _, f := range functions {
		for _, i := range f.Stats().Instances {
			if i.Busy {
				pids = append(pids, i.PID)
			}
		}
	}
	return pids
}

// kill is kill -9.
func kill(pid int) bool { return syscall.Kill(pid, syscall.SIGKILL) == nil }

// journal keeps the end of what the programs say, and whether one of them ever panicked.
type journal struct {
	mu       sync.Mutex
	text     []byte
	panicked bool
}

// Write takes whole lines.
func (j *journal) Write(p []byte) (int, error) {
	const most = 32 << 10
	j.mu.Lock()
	defer j.mu.Unlock()
	j.panicked = j.panicked || bytes.Contains(p, []byte(`"msg":"panic"`)) || bytes.Contains(p, []byte("goroutine "))
	j.text = append(j.text, p...)
	if len(j.text) > 2*most {
		j.text = append(j.text[:0], j.text[len(j.text)-most:]...)
	}
	return len(p), nil
}

// String is what it kept.
func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.TrimSpace(string(j.text))
}

// sawPanic tells whether a program panicked.
func (j *journal) sawPanic() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.panicked
}
