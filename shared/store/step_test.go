package store

import (
	"context"
	"testing"

	"wxlottery/shared/lottery"
)

func TestAStepThatIsNoneIsRefused(t *testing.T) {
	s := &Store{dialect: newDialect("sqlite", sqliteNow)}
	done, err := s.step(context.Background(), nil, lottery.EventID{}, lottery.Transition{}, with("held = 0"), with("1 = 1"))
	if done || err == nil {
		t.Errorf("the zero transition was taken: %v, %v", done, err)
	}
}
