// Function migrate brings the database to the schema of this version, or says where it stands. It has no URL and no
// timer: who deploys invokes it, with {"command":"up"} or {"command":"status"}.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"wxlottery/shared/cloud"
	"wxlottery/shared/config"
	"wxlottery/shared/setup"
	"wxlottery/shared/store/migrate"
)

type settings struct {
	Database config.Database
}

func main() {
	cloud.StartCall(run)
}

// run carries out the command of an invocation; its answer is a migrate.Report.
func run(ctx context.Context, payload []byte) (any, error) {
	command, err := decode(payload)
	if err != nil {
		return nil, err
	}
	cfg, err := setup.Load[settings](ctx)
	if err != nil {
		return nil, err
	}
	report, err := migrate.Do(ctx, command, cfg.Database.DSN.Reveal(), setup.Options(cfg.Database))
	if err != nil {
		return nil, err
	}
	return report, nil
}

var errEvent = errors.New(`migrate: the event must be {"command":"up"} or {"command":"status"}`)

// decode is strict: a migration must not be the answer to an event that was meant for something else.
func decode(payload []byte) (command string, err error) {
	var event struct{ Command string }
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if d.Decode(&event) != nil {
		return "", errEvent
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || event.Command != "up" && event.Command != "status" {
		return "", errEvent
	}
	return event.Command, nil
}
