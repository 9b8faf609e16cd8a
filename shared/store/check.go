package store

import (
	"context"
	"fmt"
	"strings"
)

// Check asks a MySQL server for the settings this package relies on and returns what is not as it should be, a sentence
// each. They belong in the server's parameter group (or Options.SetSession). SQLite has none to check.
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
		WHERE Variable_name IN ('sql_mode', 'tx_isolation', 'transaction_isolation', 'innodb_lock_wait_timeout',
			'character_set_database')`); err != nil {
		return nil, classify("read the server's settings", err)
	}
	for _, r := range rows {
		if w := judge(strings.ToLower(r.Name), r.Value); w != "" {
			warnings = append(warnings, w)
		}
	}
	return warnings, nil
}

// judge says what is wrong with a setting, or "".
func judge(name, value string) string {
	switch name {
	case "sql_mode":
		if !strings.Contains(value, "STRICT_") {
			return "sql_mode is not strict: values that do not fit would be cut instead of refused"
		}
	case "tx_isolation", "transaction_isolation":
		if value != "READ-COMMITTED" && value != "REPEATABLE-READ" {
			return fmt.Sprintf("transaction isolation is %s; READ-COMMITTED is recommended, REPEATABLE-READ works", value)
		}
	case "innodb_lock_wait_timeout":
		if len(value) > 1 && value != "10" {
			return fmt.Sprintf("innodb_lock_wait_timeout is %s s; 5 is recommended, so that a wait ends before the function does", value)
		}
	case "character_set_database":
		if value != "utf8mb4" {
			return fmt.Sprintf("the database's character set is %s; it must be utf8mb4, or emoji are lost", value)
		}
	}
	return ""
}
