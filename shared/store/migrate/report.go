package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"wxlottery/shared/store"
)

// Report is what a command did or found. As JSON it has the fields of its command, and warnings.
type Report struct {
	Applied    []string    `json:"applied,omitzero"`    // of up: the names of what it applied, in order; may be empty
	Migrations []Migration `json:"migrations,omitzero"` // of status: every migration this program knows, in order
	Warnings   []string    `json:"warnings"`            // what about the server is not as the service needs it
}

// ErrCommand says that there is no such command.
var ErrCommand = errors.New("migrate: the commands are up and status")

// Do runs a command on the data source: up, which is Up, or status, which is Status. Before that it checks the server's
// settings, as connections under these options have them: where data would be damaged, nothing is applied. With an error, the
// report has what was done before it.
func Do(ctx context.Context, command, dsn string, o store.Options) (r Report, err error) {
	if command != "up" && command != "status" {
		return r, ErrCommand
	}
	if r.Warnings, err = warnings(ctx, dsn, o); err != nil {
		return r, err
	}
	if command == "status" {
		r.Migrations, err = status(ctx, dsn, o)
		return r, err
	}
	applied, err := up(ctx, dsn, o)
	r.Applied = []string{}
	for _, m := range applied {
		r.Applied = append(r.Applied, m.Name)
	}
	return r, err
}

// warnings is never nil, so that its JSON is always a list.
func warnings(ctx context.Context, dsn string, o store.Options) ([]string, error) {
	s, err := store.Open(dsn, o)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	found, err := s.Check(ctx)
	return append([]string{}, found...), err
}

// MarshalJSON gives the name and when it was applied, null if it was not.
func (m Migration) MarshalJSON() ([]byte, error) {
	out := struct {
		Name      string     `json:"name"`
		AppliedAt *time.Time `json:"applied_at"`
	}{Name: m.Name}
	if !m.Applied.IsZero() {
		at := m.Applied.UTC().Truncate(time.Second)
		out.AppliedAt = &at
	}
	return json.Marshal(out)
}
