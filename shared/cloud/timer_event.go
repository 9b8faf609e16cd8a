package cloud

import (
	"encoding/json"
	"strings"
	"time"
)

// timerDecoder reads a timer event. Whatever is missing or odd, a tick is a tick; only an HTTP event is none, so that
// nobody who finds a URL of the function sets it off.
type timerDecoder func(payload []byte) (Timer, error)

// decodeAWSTimer reads the event of an EventBridge rule or schedule. A schedule sends its detail as a string that holds
// the JSON text.
func decodeAWSTimer(payload []byte) (Timer, error) {
	var in struct{ Time, Detail json.RawMessage }
	_ = json.Unmarshal(payload, &in) // what cannot be read stays empty
	return newTimer(payload, in.Time, in.Detail)
}

// decodeSCFTimer reads the event of a timer trigger, and a hand-made one.
func decodeSCFTimer(payload []byte) (Timer, error) {
	var in struct{ Time, Message json.RawMessage }
	_ = json.Unmarshal(payload, &in)
	return newTimer(payload, in.Time, in.Message)
}

func newTimer(payload, at, message json.RawMessage) (Timer, error) {
	if isHTTP(payload) {
		return Timer{}, errHTTPEvent
	}
	t := Timer{Time: time.Now().UTC(), Message: string(message)}
	var fired time.Time
	if json.Unmarshal(at, &fired) == nil && !fired.IsZero() {
		t.Time = fired
	}
	var quoted string
	if json.Unmarshal(message, &quoted) == nil {
		t.Message = quoted // also "" for null
	}
	return t, nil
}

// isHTTP reports whether an event says that it is a request, as these say it: function URLs, HTTP, REST and WebSocket APIs,
// load balancers and VPC Lattice of AWS; function URLs and the API Gateway's HTTP of Tencent.
func isHTTP(payload []byte) bool {
	if has(payload, "httpMethod") {
		return true
	}
	if has(payload, "method") && (has(payload, "path") || has(payload, "raw_path")) { // Lattice
		return true
	}
	var in struct{ RequestContext json.RawMessage }
	_ = json.Unmarshal(payload, &in)
	return has(in.RequestContext, "http") || has(in.RequestContext, "httpMethod") || has(in.RequestContext, "connectionId")
}

// has reports whether an object has something by a name, however that is written.
func has(object json.RawMessage, name string) bool {
	var in map[string]json.RawMessage
	_ = json.Unmarshal(object, &in) // what is no object has nothing
	for key, value := range in {
		if strings.EqualFold(key, name) && present(value) {
			return true
		}
	}
	return false
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }
