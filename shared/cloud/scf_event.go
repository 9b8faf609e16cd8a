package cloud

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// scfEvent has what we need of the events of a function URL and of the retired API Gateway. Every field may be missing,
// and the documents do not settle the types of all of them.
type scfEvent struct {
	HTTPMethod            string
	Path                  string
	Headers               map[string]json.RawMessage
	QueryString           json.RawMessage // the whole query
	QueryStringParameters json.RawMessage // the keys that the API Gateway was told about
	Body                  string
	IsBase64Encoded       bool
	RequestContext        json.RawMessage
}

// decodeSCF reads an event of either kind. Whether the path arrives percent-encoded is not documented; one that cannot be
// decoded is taken as it is. The request id is the invocation's: an event has none that the platform vouches for.
func decodeSCF(payload []byte) (event, encoder, error) {
	var in scfEvent
	err := json.Unmarshal(payload, &in)
	if err != nil {
		err = shape(err)
	}
	header, headerErr := in.header()
	query, queryErr := in.query()
	body, bodyErr := bodyBytes(in.Body, in.IsBase64Encoded)
	e := event{
		clientIP: in.clientIP(), method: in.HTTPMethod, host: header.Get("Host"), path: in.Path, encoded: true,
		query: query, header: header, body: body,
	}
	return e, encodeSCF, errors.Join(err, headerErr, queryErr, bodyErr)
}

func (in *scfEvent) header() (http.Header, error) {
	header := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(in.Headers)) {
		values, err := texts(in.Headers[name], "true")
		if err != nil {
			return header, err
		}
		for _, value := range values {
			header.Add(name, value)
		}
	}
	return header, nil
}

// query joins both places a query may be in; the whole query counts where they differ.
func (in *scfEvent) query() (string, error) {
	all := url.Values{}
	for _, raw := range []json.RawMessage{in.QueryStringParameters, in.QueryString} {
		keys, err := queryKeys(raw)
		if err != nil {
			return "", err
		}
		maps.Copy(all, keys)
	}
	return all.Encode(), nil
}

// clientIP is the address in the request context, where no client can write; "" without one. A header counts for nothing:
// whether the platform replaces one of its own that a client sends, X-Scf-Remote-Addr, is not settled.
func (in *scfEvent) clientIP() string {
	var context struct{ SourceIP string }
	_ = json.Unmarshal(in.RequestContext, &context) // what is no text is no address
	return context.SourceIP
}
