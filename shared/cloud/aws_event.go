package cloud

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// awsEvent has what we need of both payload formats of AWS: 2.0 (HTTP API, function URL) and 1.0 (REST API). Every field
// may be missing.
type awsEvent struct {
	Version         string
	Headers         map[string]string
	Body            string
	IsBase64Encoded bool
	RequestContext  struct {
		RequestID  string
		DomainName string
		HTTP       *struct{ Method, Path, SourceIP string } // 2.0 only
		Identity   struct{ SourceIP string }                // 1.0 only
	}

	// 2.0
	RawPath        string
	RawQueryString string
	Cookies        []string

	// 1.0
	HTTPMethod                      string
	Path                            string
	MultiValueHeaders               map[string][]string
	QueryStringParameters           map[string]string
	MultiValueQueryStringParameters map[string][]string
}

// decodeAWS reads an event of either format.
func decodeAWS(payload []byte) (event, encoder, error) {
	var in awsEvent
	err := json.Unmarshal(payload, &in) // fills in what does fit: the form of the answer depends on it
	if err != nil {
		err = shape(err)
	}
	e := event{requestID: in.RequestContext.RequestID, host: in.RequestContext.DomainName}
	encode := encodeV2
	if in.Version == "1.0" || in.HTTPMethod != "" {
		encode = encodeV1
		in.fillV1(&e)
	} else {
		in.fillV2(&e)
	}
	if e.host == "" {
		e.host = e.header.Get("Host")
	}
	body, bodyErr := bodyBytes(in.Body, in.IsBase64Encoded)
	e.body = body
	return e, encode, errors.Join(err, bodyErr)
}

// fillV2 reads payload 2.0, whose headers arrive with their values joined by commas and without the cookies. An HTTP API
// has decoded the path, a function URL has not.
func (in *awsEvent) fillV2(e *event) {
	e.path, e.query = in.RawPath, in.RawQueryString
	if h := in.RequestContext.HTTP; h != nil {
		e.method, e.clientIP = h.Method, h.SourceIP
		if e.path == "" {
			e.path = h.Path
		}
	}
	if e.path == "" {
		e.path = "/"
	}
	e.encoded = strings.Contains(in.RequestContext.DomainName, ".lambda-url.")
	e.header = merge(nil, in.Headers, http.CanonicalHeaderKey)
	if len(in.Cookies) > 0 {
		e.header.Set("Cookie", strings.Join(in.Cookies, "; "))
	}
}

// fillV1 reads payload 1.0, where a name may have its values in the multi-value map, in the plain one, or in both.
func (in *awsEvent) fillV1(e *event) {
	e.method, e.clientIP = in.HTTPMethod, in.RequestContext.Identity.SourceIP
	e.path, e.encoded = in.Path, true
	if e.path == "" {
		e.path = "/"
	}
	e.header = merge(in.MultiValueHeaders, in.Headers, http.CanonicalHeaderKey)
	e.query = url.Values(merge(in.MultiValueQueryStringParameters, in.QueryStringParameters, sameName)).Encode()
}

// merge takes the values of a name from the multi-value map, from the plain one where that has none. Names that are one in
// their canonical form are one name, its values in the order of the names as they are written.
func merge(multi map[string][]string, plain map[string]string, canonical func(string) string) map[string][]string {
	several := map[string][]string{}
	for _, written := range slices.Sorted(maps.Keys(multi)) {
		if name := canonical(written); len(multi[written]) > 0 {
			several[name] = append(several[name], multi[written]...)
		}
	}
	all := maps.Clone(several)
	for _, written := range slices.Sorted(maps.Keys(plain)) {
		if name := canonical(written); several[name] == nil {
			all[name] = append(all[name], plain[written])
		}
	}
	return all
}

// sameName is for keys of a query, where a and A are two.
func sameName(name string) string { return name }
