package verifypage_test

import (
	"os"
	"strconv"
	"testing"
	"time"
)

func full() bool { return os.Getenv("LOTTERY_TEST_SCALE") == "full" }

// TestALongListAndManyWinners checks a draw from 100,000 and holds the page to staying alive: while the checker works, its clock
// must go on. With LOTTERY_TEST_SCALE=full nearly everybody wins.
func TestALongListAndManyWinners(t *testing.T) {
	p := newTab(t)
	winners := 19_999
	if full() {
		winners = 99_999
	}
	d := newDraw(t, recipe{tickets: 100_000, prizes: []prize{{"Grand prize", 1}, {"Tea", winners - 1}}})
	took, stall := p.timed(serve(t, d).verify() + "?lang=en")
	t.Logf("100,000 tickets, %d winners: %v, longest stall %v", winners, took, stall)
	if rows := eval[int](p, `document.querySelectorAll('#winners-rows tr').length`); rows > 200 {
		t.Errorf("%d rows at once", rows)
	}
	thousands := strconv.Itoa(winners/1000) + ",999"
	p.says("#winners-shown", "1–50 of "+thousands)
	p.enter("winners-place", strconv.Itoa(winners))
	p.says("#winners-rows", d.proof.Winners[winners-1].Ticket.String())
	p.says("#winners-shown", thousands+" of "+thousands)
	p.click("#winners-previous")
	p.says("#winners-shown", ",950 of "+thousands)
	p.enter("ticket", d.proof.Winners[17_776].Ticket.String())
	p.settled()
	p.says("#mine-answer", "Won, place 17777")
}

// timed opens an address and returns how long the check took and the longest time that the page did not react for.
func (p *tab) timed(address string) (took, stall time.Duration) {
	p.Helper()
	start := time.Now()
	p.open(address)
	eval[bool](p, `(globalThis.stall = 0, globalThis.beat = performance.now(), setInterval(() => {
		const now = performance.now();
		stall = Math.max(stall, now - beat);
		beat = now;
	}, 5), true)`)
	p.is("open")
	took = time.Since(start).Round(time.Millisecond)
	if limit := time.Duration(eval[float64](p, `stall`)) * time.Millisecond; limit > 2*time.Second {
		p.Errorf("the page stood still for %v", limit)
	}
	return took, time.Duration(eval[float64](p, `stall`)) * time.Millisecond
}

func TestAMillionTickets(t *testing.T) {
	if !full() {
		t.Skip("LOTTERY_TEST_SCALE is not full")
	}
	p := newTab(t)
	took, stall := p.timed(serve(t, newDraw(t, recipe{tickets: 1_000_000})).verify() + "?lang=en")
	t.Logf("1,000,000 tickets: %v, longest stall %v", took, stall)
	p.says("#verdict .open", "No ticket was given")
}
