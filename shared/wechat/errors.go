package wechat

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// The errcodes the package acts on, from WeChat's documentation.
const (
	codeBusy         = -1
	codeBadToken     = 40001
	codeBadGrant     = 40002
	codeNoUser       = 40003
	codeBadAppID     = 40013
	codeForeignToken = 40014
	codeInvalid      = 40029
	codeBadTemplate  = 40037
	codeBadSecret    = 40125
	codeUsed         = 40163
	codeUserBlocked  = 40226
	codeNoToken      = 41001
	codeNoAppID      = 41002
	codeNoSecret     = 41004
	codeBadPage      = 41030
	codeExpiredToken = 42001
	codeRefused      = 43101
	codeQuota        = 45009
	codeTooOften     = 45011
	codeBadField     = 47003
	codeForbidden    = 48001
	codeForeignIP    = 40164 // our address is not on the app's list
)

// Error is WeChat's refusal of a call. WeChat's own text is not kept: it may quote what was sent.
type Error struct {
	API  string // for example jscode2session
	Code int    // errcode, never 0
	RID  string // the request id WeChat's support asks for; empty when the answer had none
}

// Error names the call, the errcode and the request id.
func (e *Error) Error() string {
	s := fmt.Sprintf("wechat: %s: errcode %d", e.API, e.Code)
	if e.RID != "" {
		s += ", rid " + e.RID
	}
	return s
}

// CodeOf is WeChat's errcode of an error of this package, 0 where WeChat gave none.
func CodeOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// number is an integer that WeChat has also been seen to send as a string.
type number int

// UnmarshalJSON reads 40029, "40029" and null.
func (c *number) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "null" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return errors.New("not a number")
	}
	*c = number(n)
	return nil
}

// ridPattern is made when it is needed: it would cost every cold start a tenth.
var ridPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\brid: ([0-9a-f-]{1,64})$`) })

// ridOf finds the request id at the end of an errmsg.
func ridOf(errmsg string) string {
	if m := ridPattern().FindStringSubmatch(errmsg); m != nil {
		return m[1]
	}
	return ""
}

// cause keeps of a transport error the part whose text is known to hold neither the URL, as *url.Error does, nor bytes
// of the answer, as the errors of a malformed one do. Of anything else the type is all that is told.
func cause(err error) error {
	var cert *tls.CertificateVerificationError
	var op *net.OpError
	switch {
	case errors.As(err, &cert):
		return cert
	case errors.As(err, &op):
		return op
	}
	for _, known := range []error{context.DeadlineExceeded, context.Canceled, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, known) {
			return known
		}
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return fmt.Errorf("transport error of type %T", err)
}
