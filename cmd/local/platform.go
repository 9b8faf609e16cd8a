package main

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/cmd/local/gateway"
	"wxlottery/cmd/local/lambda"
	"wxlottery/cmd/local/scf"
)

// A platform is what tells one cloud from another.
type platform struct {
	name     string // as -cloud has it
	title    string
	tags     string // of the functions' builds
	protocol function.Protocol
	form     gateway.Form
	tick     func(at time.Time, message string) []byte // a timer's event; the message is "" or JSON
}

var platforms = map[string]platform{
	"aws": {"aws", "AWS Lambda", "lambda.norpc sqlite", lambda.Protocol{}, gateway.HTTPAPI, eventBridgeEvent},
	"scf": {"scf", "Tencent SCF", "scf sqlite", scf.Protocol{}, gateway.FunctionURL, timerTriggerEvent},
}

// eventBridgeEvent is what a rule of AWS EventBridge sends.
func eventBridgeEvent(at time.Time, message string) []byte {
	return mustJSON(map[string]any{
		"version": "0", "id": rand.Text(), "detail-type": "Scheduled Event", "source": "aws.events",
		"account": "000000000000", "region": "local", "resources": []string{"arn:aws:events:local:000000000000:rule/tick"},
		"time": at.UTC().Format(time.RFC3339), "detail": json.RawMessage(cmp.Or(message, "{}")),
	})
}

// timerTriggerEvent is what a timer trigger of Tencent SCF sends.
func timerTriggerEvent(at time.Time, message string) []byte {
	return mustJSON(map[string]string{
		"Type": "Timer", "TriggerName": "tick", "Time": at.UTC().Format(time.RFC3339), "Message": message,
	})
}

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings only
	}
	return text
}
