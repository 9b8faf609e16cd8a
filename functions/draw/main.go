// Function draw is fired by a timer. It locks, freezes and draws what is due, and stays for what comes due soon. Any
// number of it may run at once, be killed or come late: the database decides, the timer is a hint.
package main

import (
	"context"
	"sync"
	"time"

	"wxlottery/shared/cloud"
	"wxlottery/shared/config"
	"wxlottery/shared/lottery"
	"wxlottery/shared/setup"
)

type settings struct {
	Database config.Database
	Keys     config.Keys
	Rules    config.Rules
	Tick     config.Tick
}

func main() {
	w := new(lazyWorker)
	cloud.StartTimer(w.tick)
}

// lazyWorker makes its worker at the first tick, because some platforms hand over the configuration only then; after a
// failure the next tick tries again. The cloud gives a process one event at a time, but a tick that was given up may still be
// at work when the next one comes.
type lazyWorker struct {
	mu     sync.Mutex
	worker *worker
}

func (l *lazyWorker) tick(ctx context.Context, t cloud.Timer) error {
	w, err := l.get(ctx)
	if err != nil {
		return err
	}
	horizon, err := horizon(t.Message, w.horizon)
	if err != nil {
		return err
	}
	return w.tick(ctx, horizon)
}

func (l *lazyWorker) get(ctx context.Context) (*worker, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.worker != nil {
		return l.worker, nil
	}
	w, err := open(ctx)
	if err != nil {
		return nil, err
	}
	l.worker = w
	return w, nil
}

// open makes the worker from its configuration. The database is not dialed before it is needed.
func open(ctx context.Context) (*worker, error) {
	cfg, err := setup.Load[settings](ctx)
	if err != nil {
		return nil, err
	}
	keys, err := setup.Keys(cfg.Keys)
	if err != nil {
		return nil, err
	}
	db, err := setup.Store(cfg.Database)
	if err != nil {
		return nil, err
	}
	return &worker{
		store: db, keys: keys, grace: lottery.Grace(cfg.Rules.LockLead), horizon: cfg.Tick.Horizon, pause: 10 * time.Second,
	}, nil
}
