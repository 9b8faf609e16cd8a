// Function draw is fired by a timer. It locks, freezes and draws what is due, and stays for what comes due soon.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"wxlottery/functions/draw/courier"
	"wxlottery/functions/draw/worker"
	"wxlottery/shared/beacon"
	"wxlottery/shared/cloud"
	"wxlottery/shared/config"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
	"wxlottery/shared/setup"
	"wxlottery/shared/store"
	"wxlottery/shared/wechat"
)

type settings struct {
	Database config.Database
	Keys     config.Keys
	Rules    config.Rules
	Relays   config.Relays
	Tick     config.Tick
	Platform config.Platform
	Messages config.Messages
	Delivery config.Delivery
	Cache    config.Cache
}

func main() {
	cloud.Count("queries", store.Statements)
	w := new(lazyWorker)
	cloud.StartTimer(w.tick)
}

// lazyWorker makes its worker at the first tick, because some platforms hand over the configuration only then; after a
// failure the next tick tries again. The cloud gives a process one event at a time, but a tick that was given up may still be
// at work when the next one comes.
type lazyWorker struct {
	mu      sync.Mutex
	worker  *worker.Worker
	horizon time.Duration // how far a tick looks ahead, unless the timer says otherwise
}

func (l *lazyWorker) tick(ctx context.Context, t cloud.Timer) error {
	w, usual, err := l.get(ctx)
	if err != nil {
		return err
	}
	horizon, err := horizon(t.Message, usual)
	if err != nil {
		return err
	}
	return w.Tick(ctx, horizon)
}

func (l *lazyWorker) get(ctx context.Context) (*worker.Worker, time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.worker == nil {
		w, horizon, err := open(ctx)
		if err != nil {
			return nil, 0, err
		}
		l.worker, l.horizon = w, horizon
	}
	return l.worker, l.horizon, nil
}

// open makes the worker from its configuration. The database is not dialed before it is needed.
func open(ctx context.Context) (*worker.Worker, time.Duration, error) {
	cfg, err := setup.Load[settings](ctx)
	if err != nil {
		return nil, 0, err
	}
	keys, err := setup.Keys(cfg.Keys)
	if err != nil {
		return nil, 0, err
	}
	beacons, err := beacons(cfg)
	if err != nil {
		return nil, 0, err
	}
	db, err := setup.Store(cfg.Database, worker.Conns)
	if err != nil {
		return nil, 0, err
	}
	w := worker.New(db, keys, lottery.Grace(cfg.Rules.LockLead), beacons...)
	c, err := mail(cfg, db)
	if err != nil { // draws do not depend on messages; what there is to tell waits until this is put right
		slog.ErrorContext(ctx, "no messages are sent", "request_id", cloud.RequestID(ctx), "error", err.Error())
		return w, cfg.Tick.Horizon, nil
	}
	w.WithCourier(c)
	return w, cfg.Tick.Horizon, nil
}

// mail makes the courier.
func mail(cfg settings, db *store.Store) (worker.Courier, error) {
	participant, organiser, err := setup.Messages(cfg.Messages)
	if err != nil {
		return nil, err
	}
	if participant.IsZero() && organiser.IsZero() {
		return courier.Nobody{Store: db}, nil
	}
	if !cfg.Platform.On() {
		return nil, errors.New("draw: there are templates of messages, but WECHAT_SECRET is not set")
	}
	c := wechat.Config{AppID: cfg.Platform.AppID, Secret: cfg.Platform.Secret, BaseURL: cfg.Platform.BaseURL}
	if cfg.Cache.Addr != "" {
		c.Tokens = wechat.NewRedisTokens(session.Open(session.RedisOptions(cfg.Cache)), c.AppID)
	}
	client, err := wechat.New(c)
	if err != nil {
		return nil, err
	}
	return courier.New(db, client, courier.Options{
		Participant: participant, Organiser: organiser, Page: cfg.Platform.Page, State: states[cfg.Platform.Version],
		Concurrency: cfg.Delivery.Concurrency, Rate: cfg.Delivery.Rate,
	}), nil
}

// states are what messages call the versions of a mini program.
var states = map[string]string{"release": "formal", "trial": "trial", "develop": "developer"}

// beacons are where the rounds of every chain come from that an event may have. Relays serve any chain they know.
func beacons(cfg settings) (all []worker.Beacon, err error) {
	relays := cfg.Relays.URLs
	if len(relays) == 0 {
		relays = beacon.Relays()
	}
	chains, err := setup.Chains(cfg.Rules)
	if err != nil {
		return nil, err
	}
	for _, chain := range chains {
		source, err := beacon.New(chain, relays, beacon.Options{})
		if err != nil {
			return nil, err
		}
		all = append(all, worker.Beacon{Chain: chain, Source: source})
	}
	return all, nil
}

// horizon is how far a tick looks ahead: usual, unless the timer's message says otherwise, as in {"horizon":"0s"}.
func horizon(message string, usual time.Duration) (time.Duration, error) {
	if message == "" {
		return usual, nil
	}
	var wish struct {
		Horizon *string `json:"horizon"`
	}
	if err := json.Unmarshal([]byte(message), &wish); err != nil || wish.Horizon == nil {
		return usual, nil // a message for somebody else
	}
	d, err := time.ParseDuration(*wish.Horizon)
	if err != nil || d < 0 || d > time.Hour {
		return 0, errors.New("draw: the timer's message has a horizon that is no duration between 0s and 1h")
	}
	return d, nil
}
