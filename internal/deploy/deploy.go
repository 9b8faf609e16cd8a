// Package deploy reads the files that the service is deployed with and says what is wrong with them: with each by itself,
// with each against the code, and with one against the other. It is for tests only.
package deploy

import (
	"fmt"
	"io/fs"
	"slices"
)

// The files, seen from the module root.
const (
	samFile        = "template.yaml"
	samExample     = "samconfig.toml.example"
	makefile       = "Makefile"
	frameworkFile  = "serverless.aws.yml"
	tencentRoot    = "functions/serverless.yml"
	tencentPattern = "functions/%s/serverless.yml"
)

// Names are the functions in the order of the documents.
var Names = []string{"login", "events", "join", "draw", "migrate"}

// Function is what a deploy file says of one function.
type Function struct {
	Name                           string // login
	Runtime, Handler, Architecture string
	Memory, Timeout                int            // MB, seconds
	Routes                         []string       // patterns of http.ServeMux: "GET /events/{id}"
	Every                          string         // what wakes it: a rate or a cron expression; "" for nothing
	Variables                      map[string]any // a value is a string, or a map for an intrinsic function
}

// Check returns everything that is wrong with the deploy files, or nil. Documented are the calls of the API as patterns of
// http.ServeMux, sorted.
func Check(files fs.FS, documented []string) (faults []string) {
	code, err := readCode(files)
	if err != nil {
		return []string{err.Error()}
	}
	faults = append(faults, checkCode(code, documented)...)
	for _, check := range []func(fs.FS, map[string]program) ([]string, error){checkSAM, checkFramework, checkTencent, checkLiterals} {
		found, err := check(files, code)
		if err != nil {
			found = append(found, err.Error())
		}
		faults = append(faults, found...)
	}
	return faults
}

// faultList collects faults of one file, or of one thing in it.
type faultList struct {
	where  string
	faults []string
}

func (l *faultList) addf(format string, args ...any) {
	l.faults = append(l.faults, l.where+": "+fmt.Sprintf(format, args...))
}

// unless adds a fault when something does not hold.
func (l *faultList) unless(holds bool, format string, args ...any) {
	if !holds {
		l.addf(format, args...)
	}
}

// sameSet adds a fault for everything that only one of two sets has.
func (l *faultList) sameSet(what string, got, want []string) {
	for _, s := range got {
		l.unless(slices.Contains(want, s), "%s %s is too much", what, s)
	}
	for _, s := range want {
		l.unless(slices.Contains(got, s), "%s %s is missing", what, s)
	}
	for i, s := range got {
		l.unless(!slices.Contains(got[i+1:], s), "%s %s is there twice", what, s)
	}
}
