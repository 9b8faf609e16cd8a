// Package fault is the one error type of the service: what a client may know of a failure (a kind, a stable code, a
// sentence), and the cause, which only the log sees.
package fault

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of refusal or failure an error is. Each kind has one HTTP status; package cloud has the table.
type Kind uint8

// The kinds. Internal is the zero value: what nobody classified is our own fault.
const (
	Internal         Kind = iota // a defect of ours or a wrong configuration
	Malformed                    // the input cannot be read or breaks a rule of its own
	LoginRequired                // no caller, or not one we know
	Forbidden                    // a known caller who may not do this
	NotFound                     // no such thing
	MethodNotAllowed             // the route exists, the method does not
	Conflict                     // the state of the thing forbids it
	TooLarge                     // the input is over its limit
	Rejected                     // the content was refused by a check
	RateLimited                  // too many in too short a time
	Unavailable                  // something we depend on does not answer; nothing was half done
)

// Error is a failure a client may be told about.
type Error struct {
	Kind       Kind
	Code       string        // stable, lower case with underscores; clients switch on it
	Message    string        // one sentence for a person, no secrets in it
	RetryAfter time.Duration // when another try makes sense; 0: not known
	cause      error
}

// New makes an error without a cause; the package level ones of the domain are made by it.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Invalid refuses the value of one input field with the code invalid_<field>.
func Invalid(field, format string, args ...any) *Error {
	return New(Malformed, "invalid_"+field, fmt.Sprintf(format, args...))
}

// Down says that something the service depends on did not answer; the client may try again soon.
func Down(cause error) *Error {
	e := New(Unavailable, "unavailable", "the service is briefly unavailable, please try again")
	e.RetryAfter = time.Second
	e.cause = cause
	return e
}

// Because returns a copy of e that carries the cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Error returns code, message and cause: a text for the log, never for a client.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.Code + ": " + e.Message
	}
	return e.Code + ": " + e.cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is an Error of the same code, whatever its cause.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// From classifies any error: an Error as it is, a deadline or a cancellation as unavailable, all else as internal.
// From(nil) is nil.
func From(err error) *Error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Down(err)
	}
	return New(Internal, "internal", "something went wrong on our side").Because(err)
}
