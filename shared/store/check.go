package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Check asks a MySQL server for the settings this package relies on and returns what is not as it should be, a sentence
// each. They belong in the server's parameter group (or Options.SetSession). Settings under which data would be damaged are
// an error. SQLite has none to check.
func (s *Store) Check(ctx context.Context) (warnings []string, err error) {
	if s.dialect.name != "mysql" {
		return nil, nil
	}
	var rows []struct {
		Name  string `db:"Variable_name"`
		Value string `db:"Value"`
	}
	if err := s.db.SelectContext(ctx, &rows, `
		SHOW VARIABLES
		WHERE Variable_name IN ('sql_mode', 'tx_isolation', 'transaction_isolation', 'innodb_lock_wait_timeout', 'wait_timeout',
			'character_set_database', 'wsrep_on', 'group_replication_single_primary_mode')`); err != nil {
		return nil, classify("read the server's settings", err)
	}
	for _, r := range rows {
		name := strings.ToLower(r.Name)
		if d := damage(name, r.Value); d != "" {
			return warnings, errors.New("store: " + d)
		}
		if w := s.warning(name, r.Value); w != "" {
			warnings = append(warnings, w)
		}
	}
	return warnings, nil
}

// damage says why data would be damaged under a setting, or "".
func damage(name, value string) string {
	switch {
	case name == "sql_mode" && !strings.Contains(value, "STRICT_"):
		return "sql_mode is not strict: values that do not fit would be cut instead of refused"
	case name == "character_set_database" && value != "utf8mb4":
		return fmt.Sprintf("the database's character set is %s; it must be utf8mb4, or emoji are lost", value)
	}
	return ""
}

// warning says what should be set otherwise, or "".
func (s *Store) warning(name, value string) string {
	switch name {
	case "tx_isolation", "transaction_isolation":
		if value != "READ-COMMITTED" && value != "REPEATABLE-READ" {
			return fmt.Sprintf("transaction isolation is %s; READ-COMMITTED is recommended, REPEATABLE-READ works", value)
		}
	case "innodb_lock_wait_timeout":
		if seconds, err := strconv.Atoi(value); err != nil || seconds > 5 {
			return fmt.Sprintf("innodb_lock_wait_timeout is %s s; 5 is recommended: a join that waits for a lock goes on for so long after its client has been told to try again", value)
		}
	case "wait_timeout":
		if seconds, err := strconv.Atoi(value); err != nil || seconds > 600 {
			return fmt.Sprintf("wait_timeout is %s s; 120 is recommended (on MariaDB also idle_transaction_timeout 10): an instance whose host is lost in the middle of a draw holds that event until the server drops its connection", value)
		}
	case "wsrep_on":
		if value == "ON" && !s.multi {
			return "this server is a node of a Galera cluster; set DB_MULTI_PRIMARY=true unless all functions write to one node"
		}
	case "group_replication_single_primary_mode":
		if value == "OFF" && !s.multi {
			return "this server takes writes beside others (group replication); set DB_MULTI_PRIMARY=true unless all functions write to one of them"
		}
	}
	return ""
}
