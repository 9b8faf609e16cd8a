package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"wxlottery/shared/vdraw"
)

// A client calls the service over HTTP, as anybody could.
type client struct{ url string }

// A request is one call. Body and token may be empty.
type request struct {
	method, path string
	token        string
	idempotency  string
	body         any
}

// A refusal is an answer other than the expected one.
type refusal struct {
	call   string
	status int
	code   string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s was answered %d %s", r.call, r.status, r.code)
}

// do makes the call, decodes the answer into out (unless nil) and fails with a *refusal unless the status is the wanted
// one.
func (c client) do(ctx context.Context, want int, in request, out any) error {
	req, err := c.build(ctx, in)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != want {
		var said struct{ Error struct{ Code string } }
		json.Unmarshal(body, &said) // whatever else it is has no code
		return &refusal{in.method + " " + in.path, res.StatusCode, said.Error.Code}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s %s: the answer cannot be read: %w", in.method, in.path, err)
	}
	return nil
}

func (c client) build(ctx context.Context, in request) (*http.Request, error) {
	var body io.Reader
	if in.body != nil {
		text, err := json.Marshal(in.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, in.method, c.url+in.path, body)
	if err != nil {
		return nil, err
	}
	if in.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if in.token != "" {
		req.Header.Set("Authorization", "Bearer "+in.token)
	}
	if in.idempotency != "" {
		req.Header.Set("Idempotency-Key", in.idempotency)
	}
	return req, nil
}

// event is what the demo reads of GET /events/{id}.
type event struct {
	ID           string
	Status       string
	Participants int
	DrawAt       time.Time `json:"draw_at"`
	LockAt       time.Time `json:"lock_at"`
	Fairness     struct {
		Mode        uint8
		Label       string
		Manifest    vdraw.Digest
		Round       uint64
		RulesText   string       `json:"rules_text"`
		OperatorKey vdraw.Digest `json:"operator_key"`
		Lock        *lockRecord
	}
}

type lockRecord struct {
	Count  uint64
	Root   vdraw.Digest
	Digest vdraw.Digest
	Secret *vdraw.Digest // no digest, but 32 bytes in hex as well; nil in mode 0 before the draw
}

// winner is one line of GET /events/{id}/winners.
type winner struct {
	Place  int
	Prize  string
	Ticket vdraw.Ticket
	Name   string
}
