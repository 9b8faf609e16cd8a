package cloud

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

func TestATimerEventIsReadAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC()
		at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
		both := map[string]Timer{
			`{"horizon":"0s"}`: {now, ""},
			`{}`:               {now, ""}, `null`: {now, ""}, `[]`: {now, ""}, `"x"`: {now, ""}, ``: {now, ""}, `{`: {now, ""},
			`{"headers":{},"httpMethod":null,"requestContext":{"http":null}}`: {now, ""},
			`{"httpMethods":"GET","requestContext":{"https":1}}`:              {now, ""}, // names that only begin like a request's
			`{"method":"GET"}`: {now, ""}, `{"path":"/","raw_path":"/"}`: {now, ""}, `{"method":null,"path":"/"}`: {now, ""},
			`{"requestContext":{"connectionId":null}}`: {now, ""},
		}
		for cloud, tt := range map[string]struct {
			decode timerDecoder
			events map[string]Timer
		}{
			"AWS": {decodeAWSTimer, map[string]Timer{
				`{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.events","time":"2026-11-23T14:00:00Z","detail":{}}`: {at, "{}"},
				`{"source":"aws.scheduler","time":"2026-11-23T14:00:00Z","detail":"{}"}`:                                                   {at, "{}"},
				`{"time":"2026-11-23T14:00:00Z","detail":{"horizon":"0s"}}`:                                                                {at, `{"horizon":"0s"}`},
				`{"time":"2026-11-23T14:00:00Z"}`: {at, ""},
				`{"detail":null}`:                 {now, ""},
				`{"time":"0001-01-01T00:00:00Z"}`: {now, ""},
				`{"time":"tomorrow","detail":{}}`: {now, "{}"},
				`{"time":5,"detail":[1]}`:         {now, "[1]"},
			}},
			"SCF": {decodeSCFTimer, map[string]Timer{
				`{"Type":"Timer","TriggerName":"EveryMinute","Time":"2026-11-23T14:00:00Z","Message":"{\"horizon\":\"0s\"}"}`: {at, `{"horizon":"0s"}`},
				`{"Type":"Timer","TriggerName":"EveryMinute","Time":"2026-11-23T22:00:00+08:00","Message":""}`:                {at, ""},
				`{"Type":"Timer","Time":"2026-11-23 14:00:00","Message":"text"}`:                                              {now, "text"},
				`{"Type":"Timer","Time":1795442400,"Message":{"horizon":"0s"}}`:                                               {now, `{"horizon":"0s"}`},
				`{"Type":"Timer","Time":null,"Message":null}`:                                                                 {now, ""},
				`{"Type":5}`:              {now, ""},
				`{"Message":"by hand"}`:   {now, "by hand"},
				`{"detail":"AWS's name"}`: {now, ""},
			}},
		} {
			for _, events := range []map[string]Timer{both, tt.events} {
				for in, want := range events {
					if got, err := tt.decode([]byte(in)); err != nil || !got.Time.Equal(want.Time) || got.Message != want.Message {
						t.Errorf("%s, %s: %v, %v", cloud, in, got, err)
					}
				}
			}
		}
	})
}

// Whoever finds a URL of the function, or is given one by mistake, sets nothing off.
func TestNoRequestIsATickOrACall(t *testing.T) {
	t.Parallel()
	events := map[string]string{
		"method only":       `{"httpMethod":"GET"}`,
		"other spelling":    `{"HTTPMETHOD":"GET"}`,
		"odd method":        `{"httpMethod":5}`,
		"empty method":      `{"httpMethod":""}`,
		"context only":      `{"requestContext":{"httpMethod":"GET"}}`,
		"2.0, context only": `{"requestContext":{"http":{}}}`,
		"timer by the way":  `{"Type":"Timer","httpMethod":"POST","path":"/"}`,
		"types do not fit":  `{"requestContext":5,"httpMethod":["GET"]}`,
		"load balancer":     `{"requestContext":{"elb":{"targetGroupArn":"arn:a"}},"httpMethod":"GET","path":"/","body":""}`,
		"Lattice 1.0":       `{"raw_path":"/","method":"GET","headers":{},"query_string_parameters":{},"body":"","is_base64_encoded":false}`,
		"Lattice 2.0":       `{"version":"2.0","path":"/","method":"GET","headers":{},"requestContext":{"serviceArn":"arn:a","identity":{}}}`,
		"socket's opening":  `{"headers":{},"requestContext":{"routeKey":"$connect","eventType":"CONNECT","connectionId":"a="},"isBase64Encoded":false}`,
		"socket's message":  `{"requestContext":{"routeKey":"$default","eventType":"MESSAGE","connectionId":"a="},"body":"{\"command\":\"up\"}"}`,
	}
	for name, way := range ways {
		events[name] = mustJSON(t, way.encode(call{method: "POST", path: "/", body: `{"Type":"Timer","command":"up"}`}))
	}
	for name, in := range events {
		for kind, f := range map[string]func(ran *bool) function{
			"AWS tick": func(ran *bool) function {
				return timerFunction(decodeAWSTimer, func(context.Context, Timer) error { *ran = true; return nil })
			},
			"SCF tick": func(ran *bool) function {
				return timerFunction(decodeSCFTimer, func(context.Context, Timer) error { *ran = true; return nil })
			},
			"call": func(ran *bool) function {
				return callFunction(func(context.Context, []byte) (any, error) { *ran = true; return 1, nil })
			},
		} {
			ctx, book := newLog(t)
			ran := false
			out, err := f(&ran).Invoke(ctx, []byte(in))
			if err == nil || out != nil || ran {
				t.Errorf("%s, %s: %s, %v, ran: %v", kind, name, out, err, ran)
			}
			recs := book.records(t)
			if len(recs) != 1 || recs[0]["level"] != "ERROR" || recs[0]["error"] != errHTTPEvent.Error() {
				t.Errorf("%s, %s: the log is %v", kind, name, recs)
			}
		}
	}
}

func TestATickIsLoggedAndItsErrorReported(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		f     func(context.Context, Timer) error
		level string
		err   any
	}{
		"good":  {func(ctx context.Context, _ Timer) error { Note(ctx, slog.Int("drawn", 3)); return nil }, "INFO", nil},
		"bad":   {func(context.Context, Timer) error { return errors.New("draw: no database") }, "ERROR", "draw: no database"},
		"panic": {func(context.Context, Timer) error { panic("boom") }, "ERROR", errJobPanic.Error()},
	} {
		for cloud, decode := range map[string]timerDecoder{"AWS": decodeAWSTimer, "SCF": decodeSCFTimer} {
			ctx, book := newLog(t)
			out, err := timerFunction(decode, tt.f).Invoke(withRequestID(ctx, "invocation"), []byte(`{}`))
			if name == "good" && (err != nil || string(out) != "null") || name != "good" && !errors.Is(err, errTickFailed) {
				t.Errorf("%s, %s: %s, %v", cloud, name, out, err)
			}
			recs := book.records(t)
			rec := recs[len(recs)-1]
			if rec["msg"] != "tick" || rec["level"] != tt.level || rec["error"] != tt.err || rec["request_id"] != "invocation" || rec["ms"] == nil {
				t.Errorf("%s, %s: %v", cloud, name, rec)
			}
			if name == "good" && rec["drawn"] != 3. {
				t.Errorf("%s: the note is missing in %v", cloud, rec)
			}
			if name == "panic" && (len(recs) != 2 || recs[0]["panic"] != "boom" || recs[0]["stack"] == nil) {
				t.Errorf("%s: the panic is missing in %v", cloud, recs)
			}
		}
	}
}
