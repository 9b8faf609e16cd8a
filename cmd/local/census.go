package main

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

const (
	censusKept  = 500 * time.Millisecond // so that several open pages cost one query
	censusLimit = time.Second
)

// eventCounts is how many events there are of each status, as it is stored.
type eventCounts struct {
	Init     int `json:"init"`
	Opening  int `json:"opening"`
	Opened   int `json:"opened"`
	Canceled int `json:"canceled"`
}

// A census counts the events for all who ask at about the same time. It is safe for concurrent use.
type census struct {
	count func(context.Context) (*eventCounts, error)
	close func() error

	mu   sync.Mutex
	last *inquiry // the one under way, or the last one that ended
}

// An inquiry is one count; at and found may be read once done is closed.
type inquiry struct {
	done  chan struct{}
	at    time.Time
	found *eventCounts // nil after an error
}

// newCensus counts in a database, as DB_DSN has it, which need not be there yet.
func newCensus(dsn string) *census {
	db, err := openPool(dsn)
	if err != nil {
		return &census{count: func(context.Context) (*eventCounts, error) { return nil, err }, close: func() error { return nil }}
	}
	db.SetMaxOpenConns(1)
	return &census{count: func(ctx context.Context) (*eventCounts, error) { return countEvents(ctx, db) }, close: db.Close}
}

func openPool(dsn string) (*sql.DB, error) {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		return sql.Open("sqlite", store.SQLiteSource(path))
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	cfg.Logger = &mysql.NopLogger{} // a server that is away shows in the answer
	connector, err := store.Connector(cfg, store.Options{})
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// get returns nil if there is no answer within a second.
func (c *census) get(ctx context.Context) *eventCounts {
	ctx, cancel := context.WithTimeout(ctx, censusLimit)
	defer cancel()
	i := c.ask()
	select {
	case <-i.done:
		return i.found
	case <-ctx.Done():
		return nil
	}
}

func (c *census) ask() *inquiry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil || c.last.old() {
		c.last = &inquiry{done: make(chan struct{})}
		go c.answer(c.last)
	}
	return c.last
}

func (i *inquiry) old() bool {
	select {
	case <-i.done:
		return time.Since(i.at) > censusKept
	default:
		return false
	}
}

func (c *census) answer(i *inquiry) {
	ctx, cancel := context.WithTimeout(context.Background(), censusLimit)
	defer cancel()
	if found, err := c.count(ctx); err == nil {
		i.found = found
	}
	i.at = time.Now()
	close(i.done)
}

func countEvents(ctx context.Context, db *sql.DB) (*eventCounts, error) {
	rows, err := db.QueryContext(ctx, `
		SELECT status, COUNT(*)
		FROM events
		GROUP BY status`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all eventCounts
	into := map[lottery.Status]*int{
		lottery.Init: &all.Init, lottery.Opening: &all.Opening, lottery.Opened: &all.Opened, lottery.Canceled: &all.Canceled,
	}
	for rows.Next() {
		var status lottery.Status
		var n int
		if err := rows.Scan(&status, &n); err != nil {
			return nil, err
		}
		if at, ok := into[status]; ok {
			*at = n
		}
	}
	return &all, rows.Err()
}
