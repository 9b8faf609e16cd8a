package courier

import (
	"context"
	"sync"
	"testing"
	"time"

	"wxlottery/internal/wechatsim"
	"wxlottery/shared/wechat"
)

// BenchmarkDelivery delivers messages to a WeChat that takes 100 ms for each, 50 at a time, and compares that with as many lanes
// that only send: ratio is of the best there can be, concurrency / latency, and plain the same for the lanes.
func BenchmarkDelivery(b *testing.B) {
	const n, lanes, latency = 3000, 50, 100 * time.Millisecond
	best := float64(lanes) / latency.Seconds()
	for b.Loop() {
		p := newPost(b)
		e, openids := p.canceled(n)
		p.fault(wechatsim.Fault{LatencyMS: int(latency.Milliseconds()), N: 1_000_000})
		begin := time.Now()
		p.deliver(p.courier(p.Store, lanes))
		ours := float64(n) / time.Since(begin).Seconds()
		if got := p.notice(e).Sent; got != n {
			b.Fatalf("%d of %d were sent", got, n)
		}
		for _, openid := range openids {
			must(b, p.sim.Subscribe(openid, result, 1))
		}
		begin = time.Now()
		p.plainly(openids, lanes)
		b.ReportMetric(ours, "messages/s")
		b.ReportMetric(ours/best, "ratio")
		b.ReportMetric(float64(n)/time.Since(begin).Seconds()/best, "plain")
	}
}

// plainly sends a message to each, and does nothing else.
func (p *post) plainly(openids []string, lanes int) {
	data := map[string]string{"thing1": "Tee", "phrase2": "已取消", "thing3": "x", "time4": "2026-11-27 12:00"}
	work := make(chan string)
	var wg sync.WaitGroup
	for range lanes {
		wg.Go(func() {
			for openid := range work {
				if err := p.client.Send(context.Background(), wechat.Message{OpenID: openid, Template: result, Page: page, Data: data}); err != nil {
					p.t.Error(err)
				}
			}
		})
	}
	for _, openid := range openids {
		work <- openid
	}
	close(work)
	wg.Wait()
}
