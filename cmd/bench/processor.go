package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// processorTime reads how much processor time a server on this machine has used, by its file in /proc; the zero value is a
// server elsewhere, of which nothing is known. On a busy machine it is steadier than time by the clock.
type processorTime struct{ stat string }

// self is this process.
var self = processorTime{"/proc/self/stat"}

// localServer finds the process of a MySQL server by its own word: its host's name and its file with the process id.
func localServer(ctx context.Context, dsn string) processorTime {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return processorTime{}
	}
	defer db.Close()
	here, _ := os.Hostname()
	pidFile := variable(ctx, db, "pid_file")
	if !filepath.IsAbs(pidFile) {
		pidFile = filepath.Join(variable(ctx, db, "datadir"), pidFile)
	}
	pid := strings.TrimSpace(fileText(pidFile))
	p := processorTime{filepath.Join("/proc", pid, "stat")}
	if here != variable(ctx, db, "hostname") || pid == "" || p.read() == 0 {
		return processorTime{}
	}
	return p
}

func (p processorTime) known() bool { return p.stat != "" }

// tick is the unit of /proc, the same on every Linux.
const tick = time.Second / 100

// read is user and system time of all threads, also of those that have ended; 0 where it is not known.
func (p processorTime) read() time.Duration {
	if !p.known() {
		return 0
	}
	text := fileText(p.stat)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // a program's name may have spaces
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick
}
