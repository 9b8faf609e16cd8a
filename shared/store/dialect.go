package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

// dialect is the whole difference between the databases. Statements are written once and carry {now}, {share}, {update}
// and {skip}: the database's clock in milliseconds, and the lock suffixes (empty on SQLite, whose writers are serial).
type dialect struct {
	name     string
	now      string
	replacer *strings.Replacer
	cache    sync.Map // statement as written → statement as sent
}

const (
	mysqlNow = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)"
	// The parentheses keep the expression whole wherever it stands.
	sqliteNow = "(CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER))"
)

func newDialect(name, now string) *dialect {
	share, update, skip := "LOCK IN SHARE MODE", "FOR UPDATE", "FOR UPDATE SKIP LOCKED"
	if name == "sqlite" {
		share, update, skip = "", "", ""
	}
	return &dialect{name: name, now: now, replacer: strings.NewReplacer(
		"{now}", now, "{share}", share, "{update}", update, "{skip}", skip)}
}

func (d *dialect) sql(statement string) string {
	if text, ok := d.cache.Load(statement); ok {
		return text.(string)
	}
	text := d.replacer.Replace(statement)
	d.cache.Store(statement, text)
	return text
}

// Error numbers of MySQL and MariaDB, and result codes of SQLite (the extended ones, and the primary code in the low byte).
const (
	mysqlDuplicate, mysqlLockWait, mysqlDeadlock, mysqlStale = 1062, 1205, 1213, 1020
	mysqlNoVariable                                          = 1193
	sqliteDuplicateKey, sqliteDuplicateRow, sqliteDuplicate  = 1555, 2579, 2067
	sqliteBusy, sqliteLocked                                 = 5, 6
)

// sqliteCode is the result code of an error of the SQLite driver, which cloud builds do not link.
func sqliteCode(err error) int {
	var coded interface {
		error
		Code() int
	}
	if errors.As(err, &coded) {
		return coded.Code()
	}
	return 0
}

func mysqlNumber(err error) uint16 {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

func duplicate(err error) bool {
	switch sqliteCode(err) {
	case sqliteDuplicateKey, sqliteDuplicateRow, sqliteDuplicate:
		return true
	}
	return mysqlNumber(err) == mysqlDuplicate
}

// errAgain is for work that finds itself overtaken and wants to be run again from the start.
var errAgain = errors.New("overtaken by another transaction")

// contended says that the database gave way to another transaction: the same work may be tried again.
func contended(err error) bool {
	switch mysqlNumber(err) {
	case mysqlLockWait, mysqlDeadlock, mysqlStale:
		return true
	}
	if errors.Is(err, errAgain) {
		return true
	}
	code := sqliteCode(err) & 0xff
	return code == sqliteBusy || code == sqliteLocked
}

// IsHeld reports whether work failed because somebody held a row of it for as long as the server waits for a lock.
func IsHeld(err error) bool { return mysqlNumber(err) == mysqlLockWait }

// unreachable says that the database did not answer, or answers that it takes no work now (too many connections, shutting
// down, statement interrupted or out of time, read-only during a failover, a cluster's node not ready or its commit undone).
func unreachable(err error) bool {
	switch mysqlNumber(err) {
	case 1040, 1047, 1053, 1158, 1159, 1160, 1161, 1180, 1203, 1226, 1290, 1317, 1836, 1927, 1969, 3024, 3101, 4031:
		return true
	}
	var netErr net.Error
	var dialErr *net.OpError
	return errors.As(err, &netErr) || errors.As(err, &dialErr) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, context.Canceled)
}

// mysqlConfig turns a DSN into the options this package needs: matched rows are counted, parameters are interpolated (one
// round trip, nothing pinned behind a proxy), and nothing waits for ever.
func mysqlConfig(dsn string) (*mysql.Config, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("store: DB_DSN is not a MySQL data source name") // the driver's text may quote the password
	}
	cfg.ClientFoundRows = true
	cfg.InterpolateParams = true
	cfg.RejectReadOnly = true
	cfg.Timeout = 2 * time.Second
	cfg.ReadTimeout = 30 * time.Second
	cfg.WriteTimeout = 10 * time.Second
	cfg.Logger = &mysql.NopLogger{}
	return cfg, nil
}
