// Command testsum reads the output of go test -json: it shows packages as they end (none: it has no tests), the output of
// what failed, and in a last line how many tests passed, failed and were skipped. It exits 1 where something failed or
// nothing ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

func main() {
	counts := map[string]int{}
	output := map[string][]string{}
	broken := false
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text())
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			output[key] = append(output[key], e.Output)
		case "pass", "fail", "skip":
			if e.Test != "" {
				counts[e.Action]++
			} else {
				fmt.Printf("%-4s %s (%.1fs)\n", strings.Replace(e.Action, "skip", "none", 1), e.Package, e.Elapsed)
			}
			if e.Action == "fail" {
				broken = true
				fmt.Printf("--- %s\n%s", key, strings.Join(output[key], ""))
			}
			if e.Action == "skip" && e.Test != "" {
				fmt.Printf("skip %s\n", key)
			}
			delete(output, key)
		case "build-fail":
			broken = true
			for k, out := range output {
				if strings.TrimSpace(k) == "" || strings.HasSuffix(k, " ") {
					fmt.Print(strings.Join(out, ""))
				}
			}
		}
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", counts["pass"], counts["fail"], counts["skip"])
	if broken || counts["pass"] == 0 {
		os.Exit(1)
	}
}
