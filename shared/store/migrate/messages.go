package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// messageColumns are what events and those in them have besides, by table. A participant from before counts as having seen his
// result; the functions say so of each new one that he has not.
var messageColumns = []struct{ table, definition string }{
	{"users", "name_held SMALLINT NOT NULL DEFAULT 0"},
	{"events", "organiser_kind SMALLINT NOT NULL DEFAULT 0"},
	{"events", "conditions VARCHAR(300) NOT NULL DEFAULT ''"},
	{"events", "claim_terms VARCHAR(300) NOT NULL DEFAULT ''"},
	{"events", "notify_owner SMALLINT NOT NULL DEFAULT 0"},
	{"events", "tell_at_ms BIGINT NULL"},
	{"prizes", "value_cny INT NULL"},
	{"participants", "seen SMALLINT NOT NULL DEFAULT 1"},
}

// messageIndex finds the events whose participants are still to be told.
const messageIndex = "events_tell"

// mysqlMessages is one ALTER TABLE for each table, of what is not there yet: MySQL ends a transaction at each of them, so that
// some may have happened without having been recorded.
func mysqlMessages(ctx context.Context, tx *sql.Tx) error {
	for _, table := range []string{"users", "events", "prizes", "participants"} {
		var changes []string
		for _, c := range messageColumns {
			there, err := hasColumn(ctx, tx, c.table, c.definition)
			if err != nil {
				return err
			}
			if c.table == table && !there {
				changes = append(changes, "ADD COLUMN "+c.definition)
			}
		}
		if len(changes) == 0 {
			continue
		}
		if table == "events" {
			changes = append(changes, "ADD INDEX "+messageIndex+" (tell_at_ms)")
		}
		if _, err := tx.ExecContext(ctx, "ALTER TABLE "+table+" "+strings.Join(changes, ", ")); err != nil {
			return fmt.Errorf("change %s: %w", table, err)
		}
	}
	return nil
}

// hasColumn reports whether a table of the MySQL database has the column that a definition begins with.
func hasColumn(ctx context.Context, tx *sql.Tx, table, definition string) (bool, error) {
	name, _, _ := strings.Cut(definition, " ")
	var n int
	err := tx.QueryRowContext(ctx, `
		SELECT COUNT(*)
		FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?`, table, name).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("find column %s of %s: %w", name, table, err)
	}
	return n > 0, nil
}

func sqliteMessages(ctx context.Context, tx *sql.Tx) error {
	for _, c := range messageColumns {
		if _, err := tx.ExecContext(ctx, "ALTER TABLE "+c.table+" ADD COLUMN "+c.definition); err != nil {
			return fmt.Errorf("change %s: %w", c.table, err)
		}
	}
	_, err := tx.ExecContext(ctx, `CREATE INDEX `+messageIndex+` ON events (tell_at_ms)`)
	return err
}
