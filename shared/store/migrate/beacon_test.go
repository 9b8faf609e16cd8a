package migrate_test

import (
	"bytes"
	"context"
	"testing"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store/migrate"
)

// forget makes a migration one that happened and was not recorded, as when the client was killed right after it.
func forget(t *testing.T, dsn string, version int) {
	t.Helper()
	if err := testdb.Exec(t, dsn, `DELETE FROM goose_db_version WHERE version_id = ?`, version); err != nil {
		t.Fatal(err)
	}
}

// MySQL ends a transaction at each change of a table, so a migration can have happened without having been recorded.
func TestAMigrationThatWasNotRecordedIsRunAgain(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	dsn := testdb.DSN(t)
	for _, versions := range [][]int{{7}, {6, 7}, {5, 6, 7}, {4, 5, 6, 7}} {
		for _, version := range versions {
			forget(t, dsn, version)
		}
		applied, err := migrate.Up(context.Background(), dsn)
		if err != nil || len(applied) != len(versions) {
			t.Errorf("versions %v: %v, %v", versions, applied, err)
		}
	}
}

// An organiser whose first event was made by a function of the version before has no public id until the next run.
func TestOrganisersWithoutAnIDGetTheirs(t *testing.T) {
	t.Parallel()
	dsn, user := testdb.DSN(t), lottery.UserID{7}
	if err := testdb.Exec(t, dsn, `INSERT INTO users (id, openid, created_at_ms) VALUES (?, ?, 1)`, user[:], []byte("olga")); err != nil {
		t.Fatal(err)
	}
	zeros, id := make([]byte, 32), lottery.EventID{8}
	if err := testdb.Exec(t, dsn, `
		INSERT INTO events (id, owner_id, seq, status, held, title, description, created_at_ms, lock_at_ms, draw_at_ms, mode, key_version,
			operator_key, prev, commitment, manifest_digest, rules_text, next_at_ms)
		VALUES (?, ?, 1, 0, 0, 'x', '', 1, 2, 3, 0, 1, ?, ?, ?, ?, ?, 2)`, id[:], user[:], zeros, zeros, zeros, zeros, []byte("x")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // and keep it
		if _, err := migrate.Up(context.Background(), dsn); err != nil {
			t.Fatal(err)
		}
		var public []byte
		testdb.Row(t, dsn, `SELECT organiser_id FROM users WHERE id = ?`, []any{user[:]}, &public)
		if want := user.Organiser(); !bytes.Equal(public, want[:]) {
			t.Errorf("%x, want %x", public, want)
		}
	}
}
