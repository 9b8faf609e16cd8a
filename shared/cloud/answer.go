package cloud

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// encoder gives an answer the form its event asks for.
type encoder func(*response) any

type awsAnswerV2 struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies,omitempty"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// encodeV2 joins what has several values by commas, except Set-Cookie, which has a place of its own.
func encodeV2(res *response) any {
	out := awsAnswerV2{StatusCode: res.code(), Headers: map[string]string{}, Cookies: res.header["Set-Cookie"]}
	for name, values := range res.header {
		if name != "Set-Cookie" {
			out.Headers[name] = strings.Join(values, ",")
		}
	}
	out.Body, out.IsBase64Encoded = text(res.body.Bytes())
	return out
}

type awsAnswerV1 struct {
	StatusCode        int                 `json:"statusCode"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

func encodeV1(res *response) any {
	out := awsAnswerV1{StatusCode: res.code(), MultiValueHeaders: res.header}
	out.Body, out.IsBase64Encoded = text(res.body.Bytes())
	return out
}

// text gives a body as JSON can carry it.
func text(body []byte) (s string, isBase64 bool) {
	if utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}

type scfAnswer struct {
	StatusCode      int            `json:"statusCode"`
	Headers         map[string]any `json:"headers"`
	Body            string         `json:"body"`
	IsBase64Encoded bool           `json:"isBase64Encoded"`
}

// encodeSCF joins what has several values by commas, except Set-Cookie, which cannot be joined and becomes an array.
func encodeSCF(res *response) any {
	out := scfAnswer{StatusCode: res.code(), Headers: map[string]any{}}
	for name, values := range res.header {
		if name == "Set-Cookie" && len(values) > 1 {
			out.Headers[name] = values
			continue
		}
		out.Headers[name] = strings.Join(values, ",")
	}
	out.Body, out.IsBase64Encoded = text(res.body.Bytes())
	return out
}
