// Package testredis gives a test its Redis in one line: an in-process one by default, the server at LOTTERY_TEST_REDIS
// (host:port) when that is set. A shared server is never flushed; tests keep apart by random user ids and tokens.
package testredis

import (
	"os"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Env names the variable with the address of a real server.
const Env = "LOTTERY_TEST_REDIS"

// New returns a client that is closed when the test ends. It fails the test when the server named by Env does not
// answer: a test that was asked to use a real server must not pass without it.
func New(t testing.TB) *redis.Client {
	t.Helper()
	addr := os.Getenv(Env)
	if addr == "" {
		addr = Mini(t).Addr()
	}
	rdb := redis.NewClient(&redis.Options{
		Addr:                     addr,
		Protocol:                 2,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	t.Cleanup(func() { _ = rdb.Close() })
	if err := rdb.Ping(t.Context()).Err(); err != nil {
		t.Fatalf("testredis: %s: %v", addr, err)
	}
	return rdb
}

// Mini returns an in-process server for tests that stop it or move its clock: it expires nothing by itself, FastForward
// does. It is stopped when the test ends.
func Mini(t testing.TB) *miniredis.Miniredis {
	t.Helper()
	m := miniredis.NewMiniRedis()
	if err := m.Start(); err != nil {
		t.Fatalf("testredis: %v", err)
	}
	t.Cleanup(m.Close)
	return m
}
