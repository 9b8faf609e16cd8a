package migrate_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"wxlottery/internal/testdb"
	"wxlottery/shared/store"
	"wxlottery/shared/store/migrate"
)

func TestResetDropsTheTablesOfTheSchemaAndNoOther(t *testing.T) {
	t.Parallel()
	ctx, dsn := context.Background(), testdb.DSN(t)
	if err := testdb.Exec(t, dsn, `CREATE TABLE somebody_elses (x INT)`); err != nil {
		t.Fatal(err)
	}
	if err := migrate.Reset(ctx, dsn); err != nil {
		t.Fatal(err)
	}
	if err := testdb.Exec(t, dsn, `INSERT INTO users (id, openid, created_at_ms) VALUES ('1234567890123456', 'x', 1)`); err == nil {
		t.Error("a table of the schema is still there")
	}
	if err := testdb.Exec(t, dsn, `INSERT INTO somebody_elses (x) VALUES (1)`); err != nil {
		t.Error(err)
	}
	applied, err := migrate.Up(ctx, dsn)
	if err != nil || len(applied) == 0 {
		t.Errorf("up after reset: %v, %v", applied, err)
	}
}

func TestMigrationsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	all, err := migrate.Up(context.Background(), testdb.Empty(t))
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	dsn := testdb.Empty(t)
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := 0
	for range 4 {
		wg.Go(func() {
			applied, err := migrate.Up(context.Background(), dsn)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			n += len(applied)
		})
	}
	wg.Wait()
	if n != len(all) {
		t.Errorf("%d migrations were applied, of %d", n, len(all))
	}
}

// TestNothingIsAppliedWhereDataWouldBeDamaged has a database whose character set loses emoji.
func TestNothingIsAppliedWhereDataWouldBeDamaged(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	dsn := testdb.Empty(t)
	if err := testdb.Exec(t, dsn, `ALTER DATABASE CHARACTER SET latin1`); err != nil {
		t.Fatal(err)
	}
	r, err := migrate.Do(context.Background(), "up", dsn, store.Options{})
	if err == nil || !strings.Contains(err.Error(), "utf8mb4") || len(r.Applied) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	var tables int
	testdb.Row(t, dsn, `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()`, nil, &tables)
	if tables != 0 {
		t.Errorf("%d tables were made", tables)
	}
}
