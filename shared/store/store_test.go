package store_test

import (
	"context"
	"testing"
	"time"

	"wxlottery/internal/testdb"
)

func TestTheDatabaseClockIsTheWorldsClock(t *testing.T) {
	t.Parallel()
	s := testdb.New(t)
	now, err := s.Now(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(now).Abs(); d > 5*time.Second {
		t.Errorf("the database's clock is %s off", d)
	}
}
