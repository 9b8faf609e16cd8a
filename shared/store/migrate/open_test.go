package migrate_test

import (
	"strings"
	"testing"

	"wxlottery/internal/testdb"
	"wxlottery/shared/store"
	"wxlottery/shared/store/migrate"
)

// TestMigrationsRunUnderTheOptionsOfTheFunctions looks at the connections that goose gets, not those of the check before.
func TestMigrationsRunUnderTheOptionsOfTheFunctions(t *testing.T) {
	t.Parallel()
	const nobody = "user:hunter2@tcp(127.0.0.1:1)/x?tls=true"
	if _, _, err := migrate.Open(nobody, store.Options{CA: "hunter2"}); err == nil || !strings.Contains(err.Error(), "DB_TLS_CA") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("an authority that is none: %v", err)
	}
	testdb.MySQL(t)
	db, _, err := migrate.Open(testdb.Empty(t), store.Options{SetSession: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var wait int
	if err := db.QueryRow(`SELECT @@innodb_lock_wait_timeout`).Scan(&wait); err != nil || wait != 5 {
		t.Errorf("a lock is waited for %d s, %v", wait, err)
	}
}
