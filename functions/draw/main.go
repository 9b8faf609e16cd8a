// Function draw is fired by a timer. It locks, freezes and draws what is due, and stays for what comes due soon. Any
// number of it may run at once, be killed or come late: the database decides, the timer is a hint.
package main

import (
	"context"
	"os"
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
// failure the next tick tries again. The cloud gives a process one event at a time.
type lazyWorker struct{ worker *worker }

func (l *lazyWorker) tick(ctx context.Context, t cloud.Timer) error {
	if l.worker == nil {
		w, err := open()
		if err != nil {
			return err
		}
		l.worker = w
	}
	horizon, err := horizon(t.Message, l.worker.horizon)
	if err != nil {
		return err
	}
	return l.worker.tick(ctx, horizon)
}

// open makes the worker from the environment. Nothing is dialed before it is needed.
func open() (*worker, error) {
	cfg, err := config.Load[settings](os.Environ())
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
