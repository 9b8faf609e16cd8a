package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"
)

// Connector makes connections by cfg and the options that are about connections. Its errors quote nothing of cfg.
func Connector(cfg *mysql.Config, o Options) (driver.Connector, error) {
	if err := trust(cfg, o.CA); err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, errors.New("store: DB_DSN has options that do not go together")
	}
	if o.SetSession || o.MultiPrimary {
		return sessionConnector{connector, o}, nil
	}
	return connector, nil
}

// sessionConnector gives every new connection settings that belong in the server's parameter group. It is for plain
// servers and clusters; behind a proxy such settings pin the connection.
type sessionConnector struct {
	driver.Connector
	options Options
}

// settings are what a plain server should have set, and may not. A client that falls silent in a transaction, as an instance
// does whose host is lost, holds its event's row until the server drops the connection.
var settings = []string{
	"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
	"SET SESSION innodb_lock_wait_timeout = 5, wait_timeout = 120, sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO'",
	"SET SESSION idle_transaction_timeout = 10",
}

// syncWait lets reads wait until the node has applied what others committed before them. Only Galera has the variable.
const syncWait = "SET SESSION wsrep_sync_wait = 7"

func (c sessionConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.prepare(ctx, conn.(driver.ExecerContext)); err != nil {
		conn.Close()
		return nil, fmt.Errorf("store: set up the session: %w", err)
	}
	return conn, nil
}

func (c sessionConnector) prepare(ctx context.Context, conn driver.ExecerContext) error {
	if c.options.SetSession {
		for _, statement := range settings {
			if err := set(ctx, conn, statement); err != nil {
				return err
			}
		}
	}
	if c.options.MultiPrimary {
		return set(ctx, conn, syncWait)
	}
	return nil
}

// set passes over variables that this server does not have: idle_transaction_timeout is MariaDB's, wsrep_sync_wait Galera's.
func set(ctx context.Context, conn driver.ExecerContext, statement string) error {
	_, err := conn.ExecContext(ctx, statement, nil)
	if mysqlNumber(err) == mysqlNoVariable {
		return nil
	}
	return err
}
