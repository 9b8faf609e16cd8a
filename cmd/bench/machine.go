package main

import (
	"context"
	"database/sql"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"wxlottery/shared/session"
)

// machine is where figures come from.
type machine struct {
	Date        string `json:"date"`
	Cores       int    `json:"cores"`
	Processor   string `json:"processor"`
	MemoryMB    int    `json:"memory_mb"`
	Load        string `json:"load"` // at the begin
	Go          string `json:"go"`
	MySQL       string `json:"mysql"`
	Redis       string `json:"redis"`
	Isolation   string `json:"isolation"` // the server's; ours are READ COMMITTED
	BufferPool  string `json:"buffer_pool_bytes"`
	Flush       string `json:"flush_log_at_trx_commit"`
	ServerLocal bool   `json:"server_local"` // or there are no figures about its processor time
}

func (b *bench) machine(ctx context.Context) machine {
	load, _, _ := strings.Cut(fileText("/proc/loadavg"), " ")
	m := machine{
		Date: time.Now().UTC().Format(time.RFC3339), Cores: runtime.NumCPU(), Go: runtime.Version(), Load: load,
		Processor: field("/proc/cpuinfo", "model name"), ServerLocal: b.server.known(), Redis: b.redisVersion(ctx),
	}
	kb, _, _ := strings.Cut(field("/proc/meminfo", "MemTotal"), " ")
	m.MemoryMB, _ = strconv.Atoi(kb)
	m.MemoryMB /= 1024
	m.MySQL = variable(ctx, b.db, "version")
	m.Isolation = variable(ctx, b.db, b.isolation)
	m.BufferPool = variable(ctx, b.db, "innodb_buffer_pool_size")
	m.Flush = variable(ctx, b.db, "innodb_flush_log_at_trx_commit")
	return m
}

// variable is a setting of the server, "" where it has none of that name.
func variable(ctx context.Context, db *sql.DB, name string) (value string) {
	_ = db.QueryRowContext(ctx, `SHOW GLOBAL VARIABLES LIKE '`+name+`'`).Scan(new(string), &value)
	return value
}

func (b *bench) redisVersion(ctx context.Context) string {
	rdb := session.Open(session.RedisOptions{Addr: b.redis})
	defer rdb.Close()
	return property(rdb.Info(ctx, "server").Val(), "redis_version")
}

// fileText is a file's text, "" where there is none.
func fileText(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}

// field is the value of a line `name : value` of a file.
func field(path, name string) string { return property(fileText(path), name) }

func property(text, name string) string {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
