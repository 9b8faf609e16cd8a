package wechat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestEveryErrcodeHasItsFate(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]Fate{
		43101: Refused,
		40003: NoUser,
		47003: BadField,
		40037: BadTemplate, 41030: BadTemplate,
		40013: Misconfigured, 40125: Misconfigured, 41002: Misconfigured, 41004: Misconfigured, 40002: Misconfigured,
		48001: Misconfigured, 40164: Misconfigured, 40001: Misconfigured, 42001: Misconfigured, 40014: Misconfigured, 41001: Misconfigured,
		45009: Quota,
		-1:    NoAnswer,
		1:     Unknown, 47001: Unknown, 40029: Unknown, 45011: Unknown, 61010: Unknown,
	} {
		plain := &Error{API: "subscribe_send", Code: code}
		for _, err := range []error{plain, fmt.Errorf("worker: %w", plain), callFault(plain)} {
			if got := FateOf(err); got != want || CodeOf(err) != code {
				t.Errorf("%v: fate %d, errcode %d, want %d", err, got, CodeOf(err), want)
			}
		}
	}
}

func TestWithoutAnErrcodeNobodyKnows(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New("x"), context.Canceled, io.ErrUnexpectedEOF, incomplete("subscribe_send", "errcode")} {
		if got := FateOf(err); got != NoAnswer || CodeOf(err) != 0 {
			t.Errorf("%v: fate %d, errcode %d", err, got, CodeOf(err))
		}
	}
	if FateOf(nil) != Sent || CodeOf(nil) != 0 {
		t.Error("no error, and yet not sent")
	}
}
