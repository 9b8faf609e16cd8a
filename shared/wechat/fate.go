package wechat

import "errors"

// Fate says what became of a message, by the error of Send.
type Fate uint8

// The fates, and the errcodes that mean them.
const (
	Sent          Fate = iota // no error
	Refused                   // 43101: the user has no credit left, or refuses
	NoUser                    // 40003
	BadField                  // 47003: our message breaks the template
	BadTemplate               // 40037, 41030: template or page are not configured as WeChat has them
	Misconfigured             // app id, secret or permission, or token errors that a fresh token did not cure
	Quota                     // 45009: the day's quota is used up
	Unknown                   // an errcode that none of these is
	NoAnswer                  // busy, or no usable answer: perhaps sent, perhaps not
)

// FateOf classifies an error of Send; it knows the errcodes of fetching the token, too.
func FateOf(err error) Fate {
	if err == nil {
		return Sent
	}
	var e *Error
	if !errors.As(err, &e) {
		return NoAnswer
	}
	switch e.Code {
	case codeBusy:
		return NoAnswer
	case codeRefused:
		return Refused
	case codeNoUser:
		return NoUser
	case codeBadField:
		return BadField
	case codeBadTemplate, codeBadPage:
		return BadTemplate
	case codeBadAppID, codeBadSecret, codeNoAppID, codeNoSecret, codeBadGrant, codeForbidden, codeForeignIP,
		codeBadToken, codeExpiredToken, codeForeignToken, codeNoToken:
		return Misconfigured
	case codeQuota:
		return Quota
	}
	return Unknown
}
