package function

import (
	"context"
	"errors"
	"time"
)

// A Protocol is how a cloud talks to the processes of its functions.
type Protocol interface {
	// Open makes the line to a process that is about to be started.
	Open(Config) (Line, error)
}

// A Line leads to the process of one instance. Ready and Invoke are called in turn, by one goroutine, with a context that
// ends with the process; Close after that.
type Line interface {
	// Environ is what the process has to be told at its start, apart from Config.Env.
	Environ() []string
	// Ready returns once the process can take an event: the first one, or the next. After an error it never will, and is
	// killed.
	Ready(ctx context.Context) error
	// Invoke hands an event over and returns the answer; an *Error is an answer, too. After another error there
	// will be none, and the process is killed. ErrNotTaken says that it has seen nothing of the event.
	Invoke(ctx context.Context, call Call) ([]byte, error)
	// Close frees what Open took.
	Close()
}

// A Call is one event as an instance gets it.
type Call struct {
	ID        string            // of the invocation, a UUID
	Event     []byte            // JSON
	Deadline  time.Time         // when the process will be killed
	Variables map[string]string // Config.Variables
}

// What the errors of lines may say to the instance, by errors.Is.
var (
	ErrNotTaken = errors.New("the process has not seen the event")
	ErrNoPlace  = errors.New("what the process was to use is in use, another process may be luckier")
)

// Error is what a function reported instead of a result: JSON with errorType and errorMessage.
type Error struct{ Payload []byte }

// Error shows the function's own words, which are meant for a log.
func (e *Error) Error() string { return "the function reported " + string(e.Payload) }
