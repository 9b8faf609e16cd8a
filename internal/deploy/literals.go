package deploy

import (
	"fmt"
	"io/fs"
	"regexp"
)

// literals are what no deploy file may hold.
var literals = map[string]*regexp.Regexp{
	"an account's id": regexp.MustCompile(`\b\d{12}\b`),
	"a key":           regexp.MustCompile(`\b([0-9a-f]{64}|AKIA[0-9A-Z]{16}|AKID[0-9A-Za-z]{32})\b|-----BEGIN`),
	"an app secret":   regexp.MustCompile(`\b[0-9a-f]{32}\b`),
}

func checkLiterals(files fs.FS, _ map[string]program) (faults []string, err error) {
	names := []string{samFile, samExample, frameworkFile, tencentRoot}
	for _, name := range Names {
		names = append(names, fmt.Sprintf(tencentPattern, name))
	}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return faults, err
		}
		for what, pattern := range literals {
			if pattern.Match(raw) {
				faults = append(faults, fmt.Sprintf("%s: it holds %s", name, what))
			}
		}
	}
	return faults, nil
}
