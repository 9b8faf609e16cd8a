package migrate

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"wxlottery/shared/store"
)

// UpTo applies migrations up to a version, for tests of those that come after it.
func UpTo(ctx context.Context, dsn string, version int64) error {
	return run(dsn, store.Options{}, func(p *goose.Provider, _ *sql.DB) error {
		_, err := p.UpTo(ctx, version)
		return err
	})
}
