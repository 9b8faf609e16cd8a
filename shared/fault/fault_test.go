package fault

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

var errTaken = New(Conflict, "name_taken", "the name is taken")

func TestFromKeepsAClassifiedErrorThroughWrapping(t *testing.T) {
	err := fmt.Errorf("store: rename: %w", errTaken.Because(errors.New("duplicate key")))
	if got := From(err); got.Code != "name_taken" || got.Kind != Conflict {
		t.Fatalf("From(%v) = %v", err, got)
	}
	if !errors.Is(err, errTaken) {
		t.Error("a copy with a cause is no longer the error it was made from")
	}
}

func TestFromClassifiesWhatNobodyDid(t *testing.T) {
	for _, c := range []struct {
		err  error
		code string
		kind Kind
	}{
		{context.DeadlineExceeded, "unavailable", Unavailable},
		{fmt.Errorf("read: %w", context.Canceled), "unavailable", Unavailable},
		{errors.New("index out of range"), "internal", Internal},
	} {
		if got := From(c.err); got.Code != c.code || got.Kind != c.kind {
			t.Errorf("From(%v) = %s, want %s", c.err, got.Code, c.code)
		}
	}
	if From(nil) != nil {
		t.Error("From(nil) is not nil")
	}
}

func TestBecauseLeavesTheOriginalAlone(t *testing.T) {
	_ = errTaken.Because(errors.New("secret detail"))
	if errTaken.Unwrap() != nil {
		t.Error("the package level error was changed")
	}
}
