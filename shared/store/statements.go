package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
)

var statements atomic.Uint64

// Statements is how many statements this process has sent to databases through its stores, each try of a repeated one and
// each execution of a prepared one. BEGIN, COMMIT, ROLLBACK and what sets up a new connection are not among them. It is for the
// difference around a piece of work of a process that does one at a time, as the instance of a function does.
func Statements() uint64 { return statements.Load() }

// count takes note of a statement that a driver was asked to run. After these two errors nothing was sent: the pool prepares the
// statement, or asks another connection.
func count(err error) {
	if err != driver.ErrSkip && !errors.Is(err, driver.ErrBadConn) {
		statements.Add(1)
	}
}

// countingConnector makes connections whose statements are counted.
type countingConnector struct{ driver.Connector }

func (c countingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	plain, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return counted(plain), nil
}

// conn is all that database/sql asks a connection for; those of both drivers have it. The pool finds out at run time what a
// connection can do, so the one around it must be able to do no less.
type conn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// stmt is the same of a prepared statement.
type stmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// counted is the connection with its statements counted; one of a driver that can do less stays as it is.
func counted(plain driver.Conn) driver.Conn {
	c, ok := plain.(conn)
	if !ok {
		return plain
	}
	return &countingConn{c, checkerOf(plain)}
}

type countingConn struct {
	conn
	checker
}

func (c *countingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.conn.ExecContext(ctx, query, args)
	count(err)
	return result, err
}

func (c *countingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.conn.QueryContext(ctx, query, args)
	count(err)
	return rows, err
}

func (c *countingConn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c *countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	plain, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := plain.(stmt)
	if !ok {
		return plain, nil
	}
	return &countingStmt{s, checkerOf(plain)}, nil
}

type countingStmt struct {
	stmt
	checker
}

func (s *countingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	result, err := s.stmt.ExecContext(ctx, args)
	count(err)
	return result, err
}

func (s *countingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.stmt.QueryContext(ctx, args)
	count(err)
	return rows, err
}

// checker converts arguments as the driver does, if it wants to: MySQL's does, SQLite's leaves it to database/sql.
type checker struct{ of driver.NamedValueChecker }

func checkerOf(v any) checker {
	c, _ := v.(driver.NamedValueChecker)
	return checker{c}
}

// CheckNamedValue passes an argument on to the driver.
func (c checker) CheckNamedValue(v *driver.NamedValue) error {
	if c.of == nil {
		return driver.ErrSkip
	}
	return c.of.CheckNamedValue(v)
}

// sourceConnector connects by a driver and its name for a database.
type sourceConnector struct {
	driver driver.Driver
	source string
}

func (c sourceConnector) Connect(context.Context) (driver.Conn, error) {
	return c.driver.Open(c.source)
}

func (c sourceConnector) Driver() driver.Driver { return c.driver }
