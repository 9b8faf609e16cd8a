package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"wxlottery/shared/lottery"
)

// Steps that are not the same statements on every database, or need more than SQL. There is no way back from them but Reset.
func programmed(dialect goose.Dialect) []*goose.Migration {
	beacon, organisers, messages := mysqlBeacon, mysqlOrganisers, mysqlMessages
	if dialect == goose.DialectSQLite3 {
		beacon, organisers, messages = sqliteBeacon, sqliteOrganisers, sqliteMessages
	}
	return []*goose.Migration{
		goose.NewGoMigration(4, &goose.GoFunc{RunTx: beacon}, nil),
		goose.NewGoMigration(5, &goose.GoFunc{RunTx: organisers}, nil),
		goose.NewGoMigration(6, &goose.GoFunc{RunTx: messages}, nil),
	}
}

// programmedNames are their names; the others have that of their file.
var programmedNames = map[int64]string{4: "00004_beacon", 5: "00005_organisers", 6: "00006_message_columns"}

// beaconColumns are those of draws by public randomness: the chain and the round of the manifest, the round of a late lock, and
// the signature of the round that decides.
var beaconColumns = []string{
	"beacon_chain BINARY(32) NULL", "beacon_round BIGINT NULL", "late_round BIGINT NULL", "beacon_signature BINARY(48) NULL",
}

// beaconRules take the place of "mode = 0" and of "(status = 2) = (secret IS NOT NULL)": in mode 1 the secret is published with
// the lock record.
var beaconRules = []struct{ name, rule string }{
	{"events_ids", "LENGTH(id) = 16 AND seq >= 1 AND mode IN (0, 1) AND held IN (0, 1) AND hidden IN (0, 1)"},
	{"events_chain", "(mode = 1) = (beacon_chain IS NOT NULL)"},
	{"events_round", "(mode = 1) = (beacon_round IS NOT NULL)"},
	{"events_round_values", "beacon_round IS NULL OR beacon_round >= 1 AND LENGTH(beacon_chain) = 32"},
	{"events_late_round", "late_round IS NULL OR mode = 1 AND list_root IS NOT NULL AND late_round > beacon_round"},
	{"events_signature", "beacon_signature IS NULL OR mode = 1 AND list_root IS NOT NULL AND LENGTH(beacon_signature) = 48"},
	{"events_drawn_by", "status <> 2 OR mode = 0 OR beacon_signature IS NOT NULL"},
	{"events_secret", "(secret IS NOT NULL) = (status = 2 OR mode = 1 AND list_root IS NOT NULL)"},
}

// oldRules are the two that beaconRules replace, as the first migration has them.
var oldRules = []string{
	"LENGTH(id) = 16 AND seq >= 1 AND mode = 0 AND held IN (0, 1) AND hidden IN (0, 1)",
	"(status = 2) = (secret IS NOT NULL)",
}

// mysqlBeacon is one ALTER TABLE, so that it happens whole or not at all. The old rules have no names of their own; those the
// server gave them are found by their text. MySQL ends a transaction at an ALTER TABLE, so this may have happened without having
// been recorded: then there is nothing left to do.
func mysqlBeacon(ctx context.Context, tx *sql.Tx) error {
	rules, err := checks(ctx, tx)
	if err != nil {
		return fmt.Errorf("read the rules of events: %w", err)
	}
	if _, done := rules[beaconRules[0].name]; done {
		return nil
	}
	var changes []string
	for _, c := range beaconColumns {
		changes = append(changes, "ADD COLUMN "+c)
	}
	for _, old := range oldRules {
		for name, rule := range rules {
			if rule == plain(old) {
				changes = append(changes, "DROP CONSTRAINT `"+name+"`")
			}
		}
	}
	if found := len(changes) - len(beaconColumns); found != len(oldRules) {
		return fmt.Errorf("found %d of the %d rules of events that change", found, len(oldRules))
	}
	for _, r := range beaconRules {
		changes = append(changes, "ADD CONSTRAINT "+r.name+" CHECK ("+r.rule+")")
	}
	_, err = tx.ExecContext(ctx, "ALTER TABLE events "+strings.Join(changes, ", "))
	return err
}

// checks are the rules of events by name, in their plain form. On MariaDB names are those of one table only; the text tells.
func checks(ctx context.Context, tx *sql.Tx) (map[string]string, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT c.constraint_name, c.check_clause
		FROM information_schema.check_constraints AS c
		JOIN information_schema.table_constraints AS t
			ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
		WHERE c.constraint_schema = DATABASE() AND t.table_name = 'events' AND t.constraint_type = 'CHECK'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	known := map[string]string{}
	for rows.Next() {
		var name, clause string
		if err := rows.Scan(&name, &clause); err != nil {
			return nil, err
		}
		if known[name] == "" || changing(plain(clause)) {
			known[name] = plain(clause)
		}
	}
	return known, rows.Err()
}

// changing reports whether a rule is one that this step replaces.
func changing(rule string) bool {
	return slices.ContainsFunc(oldRules, func(old string) bool { return plain(old) == rule })
}

// plain is a rule without what servers write differently: spaces, quotes, parentheses, case.
func plain(rule string) string {
	return strings.NewReplacer(" ", "", "`", "", "(", "", ")", "", "octet_", "").Replace(strings.ToLower(rule))
}

// sqliteBeacon changes the rules in the table's stored text, as SQLite's documentation describes it for changes that leave the
// rows alone: it has no statement for it.
func sqliteBeacon(ctx context.Context, tx *sql.Tx) error {
	for _, c := range beaconColumns {
		if _, err := tx.ExecContext(ctx, "ALTER TABLE events ADD COLUMN "+c); err != nil {
			return err
		}
	}
	var text string
	if err := tx.QueryRowContext(ctx, `
		SELECT sql
		FROM sqlite_schema
		WHERE type = 'table' AND name = 'events'`).Scan(&text); err != nil {
		return err
	}
	var rules []string
	for _, r := range beaconRules {
		rules = append(rules, "CONSTRAINT "+r.name+" CHECK ("+r.rule+")")
	}
	for i, old := range oldRules {
		old = "CHECK (" + old + ")"
		if strings.Count(text, old) != 1 {
			return fmt.Errorf("the table's text does not have %q once", old)
		}
		some := rules[:1]
		if i == 1 {
			some = rules[1:]
		}
		text = strings.Replace(text, old, strings.Join(some, ", "), 1)
	}
	return rewrite(ctx, tx, text)
}

func rewrite(ctx context.Context, tx *sql.Tx, text string) error {
	var version int
	if err := tx.QueryRowContext(ctx, `PRAGMA schema_version`).Scan(&version); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `PRAGMA writable_schema = ON`); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `
		UPDATE sqlite_schema
		SET sql = ?
		WHERE type = 'table' AND name = 'events'`, text); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA schema_version = %d; PRAGMA writable_schema = OFF`, version+1))
	return err
}

// mysqlOrganisers may have happened without having been recorded, as mysqlBeacon.
func mysqlOrganisers(ctx context.Context, tx *sql.Tx) error {
	var there int
	if err := tx.QueryRowContext(ctx, `
		SELECT COUNT(*)
		FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name = 'users' AND column_name = 'organiser_id'`).Scan(&there); err != nil || there > 0 {
		return err
	}
	_, err := tx.ExecContext(ctx, `
		ALTER TABLE users ADD COLUMN organiser_id BINARY(16) NULL, ADD CONSTRAINT users_organiser UNIQUE (organiser_id)`)
	return err
}

func sqliteOrganisers(ctx context.Context, tx *sql.Tx) error {
	for _, statement := range []string{
		`ALTER TABLE users ADD COLUMN organiser_id BINARY(16) NULL`,
		`CREATE UNIQUE INDEX users_organiser ON users (organiser_id)`,
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// nameOrganisers gives those who own events and have none their public id: owners from before there were any, and those whose first
// event an older function made since then. It may be run at any time, and ends after any number of them.
func nameOrganisers(ctx context.Context, db *sql.DB) error {
	owners, err := unnamedOwners(ctx, db)
	if err != nil {
		return fmt.Errorf("migrate: find organisers without an id: %w", err)
	}
	for _, id := range owners {
		public := id.Organiser()
		if _, err := db.ExecContext(ctx, `
			UPDATE users
			SET organiser_id = ?
			WHERE id = ?`, public[:], id[:]); err != nil {
			return fmt.Errorf("migrate: give an organiser his id: %w", err)
		}
	}
	return nil
}

func unnamedOwners(ctx context.Context, db *sql.DB) (owners []lottery.UserID, err error) {
	rows, err := db.QueryContext(ctx, `
		SELECT DISTINCT e.owner_id
		FROM events AS e
		JOIN users AS u ON u.id = e.owner_id
		WHERE u.organiser_id IS NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return nil, err
		}
		owners = append(owners, lottery.UserID(raw))
	}
	return owners, rows.Err()
}
