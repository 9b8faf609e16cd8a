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
	{"users", "name_held SMALLINT NOT NULL DEFAULT 0 CHECK (name_held IN (0, 1))"},
	{"events", "organiser_kind SMALLINT NOT NULL DEFAULT 0 CHECK (organiser_kind IN (0, 1))"},
	{"events", "conditions VARCHAR(300) NOT NULL DEFAULT ''"},
	{"events", "claim_terms VARCHAR(300) NOT NULL DEFAULT ''"},
	{"events", "notify_owner SMALLINT NOT NULL DEFAULT 0 CHECK (notify_owner IN (0, 1))"},
	{"events", "tell_at_ms BIGINT NULL"},
	{"prizes", "value_cny INT NULL CHECK (value_cny BETWEEN 1 AND 100000000)"},
	{"participants", "seen SMALLINT NOT NULL DEFAULT 1 CHECK (seen IN (0, 1))"},
}

// messageIndex finds the events whose participants are still to be told.
const messageIndex = "events_tell"

// mysqlMessages is one ALTER TABLE for each table, of what is not there yet: MySQL ends a transaction at each of them, so that
// some may have happened without having been recorded.
func mysqlMessages(ctx context.Context, tx *sql.Tx) error {
	there, err := columns(ctx, tx)
	if err != nil {
		return fmt.Errorf("read the columns: %w", err)
	}
	for _, table := range []string{"users", "events", "prizes", "participants"} {
		var changes []string
		for _, c := range messageColumns {
			name, _, _ := strings.Cut(c.definition, " ")
			if c.table == table && !there[table+"."+name] {
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

// columns are those of the MySQL database's tables, as table.column. The statement has no parameters: MariaDB 10.11.19 was seen
// to crash at a prepared one on this table.
func columns(ctx context.Context, tx *sql.Tx) (map[string]bool, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT table_name, column_name
		FROM information_schema.columns
		WHERE table_schema = DATABASE()`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]bool{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, err
		}
		all[table+"."+column] = true
	}
	return all, rows.Err()
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
