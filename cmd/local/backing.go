package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite" // the embedded database

	"wxlottery/internal/drandsim"
	"wxlottery/shared/session"
	"wxlottery/shared/store/migrate"
)

// defaultDatabase is used, and made, for a -mysql without a database name.
const defaultDatabase = "lottery_local"

// A backing is what the functions stand on: a migrated database, a Redis, the master keys.
type backing struct {
	dsn   string        // as DB_DSN wants it
	redis string        // host:port
	keys  string        // as MASTER_KEYS wants it
	chain *drandsim.Key // signs the rounds of the development chain
	close func()
}

// openBacking makes everything ready that the functions need before their first request.
func openBacking(ctx context.Context, o options) (backing, error) {
	b := backing{close: func() {}}
	var err error
	if b.dsn, err = openDatabase(ctx, o); err != nil {
		return b, err
	}
	if b.keys, err = masterKeys(filepath.Join(o.data, "keys"), o.fresh); err != nil {
		return b, fmt.Errorf("cannot prepare the keys: %w", err)
	}
	if b.chain, err = chainKey(filepath.Join(o.data, "chain"), o.fresh); err != nil {
		return b, fmt.Errorf("cannot prepare the development chain: %w", err)
	}
	if o.redis == "" {
		b.redis, b.close, err = embeddedRedis(ctx)
		return b, err
	}
	b.redis = o.redis
	return b, pingRedis(ctx, o.redis)
}

// pingRedis tells now what would otherwise show at the first login.
func pingRedis(ctx context.Context, addr string) error {
	rdb := session.Open(session.RedisOptions{Addr: addr})
	defer rdb.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := rdb.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("no Redis answers at %s: %w", addr, err)
	}
	return nil
}

// openDatabase migrates the database, emptied before when -fresh is set, and returns its DSN.
func openDatabase(ctx context.Context, o options) (string, error) {
	dsn, err := databaseDSN(ctx, o)
	if err != nil {
		return "", err
	}
	if o.fresh && o.mysql != "" {
		if err := migrate.Reset(ctx, dsn); err != nil {
			return "", fmt.Errorf("cannot empty the database: %w", err)
		}
	}
	if _, err := migrate.Up(ctx, dsn); err != nil {
		return "", fmt.Errorf("cannot prepare the database: %w", err)
	}
	return dsn, nil
}

func databaseDSN(ctx context.Context, o options) (string, error) {
	if o.mysql != "" {
		return mysqlDSN(ctx, o.mysql)
	}
	file := filepath.Join(o.data, "lottery.db")
	if o.fresh {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(file + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("cannot remove the old database: %w", err)
			}
		}
	}
	return "sqlite:" + file, nil
}

// mysqlDSN returns the DSN with a database name in it, and makes that database if it is not there. Whether a database that
// the user named can be used is left to the migration: he may not be allowed to make any.
func mysqlDSN(ctx context.Context, dsn string) (string, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", fmt.Errorf("-mysql: %w", err)
	}
	named := cfg.DBName != ""
	name := cmp.Or(cfg.DBName, defaultDatabase)
	cfg.DBName = ""
	db, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		return "", fmt.Errorf("-mysql: %w", err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	quoted := "`" + strings.ReplaceAll(name, "`", "``") + "`"
	if _, err := db.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+quoted+" CHARACTER SET utf8mb4"); err != nil && !named {
		return "", fmt.Errorf("cannot make the database %s: %w", name, err)
	}
	cfg.DBName = name
	return cfg.FormatDSN(), nil
}

// masterKeys are kept, as MASTER_KEYS wants them: whatever was made under a key needs it for good.
func masterKeys(file string, fresh bool) (string, error) {
	return kept(file, fresh, func() string { return "1:" + randomHex() })
}

// chainKey is the key of the development chain. It is kept, so that draws of earlier runs can be rechecked.
func chainKey(file string, fresh bool) (*drandsim.Key, error) {
	text, err := kept(file, fresh, randomHex)
	if err != nil {
		return nil, err
	}
	seed, err := hex.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%s is not what this program wrote: %w", file, err)
	}
	return drandsim.NewKey(seed)
}

func randomHex() string {
	key := make([]byte, 32)
	rand.Read(key)
	return hex.EncodeToString(key)
}

// kept reads a secret from a file, or makes one and writes it.
func kept(file string, fresh bool, make func() string) (string, error) {
	if !fresh {
		text, err := os.ReadFile(file)
		if err == nil {
			return string(text), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	text := make()
	return text, os.WriteFile(file, []byte(text), 0o600)
}

// embeddedRedis runs miniredis on a free port. It never expires a key by itself, so its clock is pushed on.
func embeddedRedis(ctx context.Context) (addr string, stop func(), err error) {
	m := miniredis.NewMiniRedis()
	if err := m.StartAddr("127.0.0.1:0"); err != nil {
		return "", func() {}, fmt.Errorf("cannot start the embedded Redis: %w", err)
	}
	go pushClock(ctx, m)
	return m.Addr(), m.Close, nil
}

// pushClock looks through all keys at every push, so it takes at most a twentieth of the time.
func pushClock(ctx context.Context, m *miniredis.Miniredis) {
	last, pause := time.Now(), time.Second
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		begin := time.Now()
		m.FastForward(begin.Sub(last))
		last = begin
		pause = max(time.Second, 20*time.Since(begin))
	}
}
