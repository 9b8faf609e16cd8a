package time

import "syscall"

// skew is by how many seconds this program's clock is wrong, as its environment says.
var skew = wrongBy()

// wrongBy reads a whole number by hand, because nothing above package time can be used here.
func wrongBy() (seconds int64) {
	text, _ := syscall.Getenv("CLOCK_SKEW")
	sign := int64(1)
	for _, c := range []byte(text) {
		switch {
		case c == '-':
			sign = -1
		case c >= '0' && c <= '9':
			seconds = seconds*10 + int64(c-'0')
		default:
			panic("CLOCK_SKEW is not a whole number of seconds")
		}
	}
	return sign * seconds
}
