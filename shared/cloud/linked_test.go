package cloud

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	awsLibrary = "github.com/aws/aws-lambda-go/lambda"
	scfLibrary = "github.com/tencentyun/scf-go-lib/cloudfunction"
)

// Every build has one cloud's library. Beyond that, functions of AWS are small because the linker can drop unused methods;
// net/rpc and the templates would stop it.
func TestEachBuildLinksItsOwnCloudAndNothingThatMakesItLarge(t *testing.T) {
	t.Parallel()
	for tags, tt := range map[string]struct{ has, hasNot []string }{
		"lambda.norpc": {
			[]string{"net/http", awsLibrary},
			[]string{"net/rpc", "text/template", "html/template", "testing", "github.com/aws/aws-lambda-go/events", "github.com/tencentyun"},
		},
		"scf": {
			[]string{"net/http", scfLibrary, "net/rpc"},
			[]string{"testing", "github.com/aws", "github.com/tencentyun/scf-go-lib/cloudevents"},
		},
	} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", tags, ".").Output()
		if err != nil {
			t.Fatal(err)
		}
		linked := strings.Fields(string(out))
		for _, p := range tt.has {
			if !slices.Contains(linked, p) {
				t.Errorf("-tags %s: %s is not linked", tags, p)
			}
		}
		for _, p := range tt.hasNot {
			if i := slices.IndexFunc(linked, func(l string) bool { return l == p || strings.HasPrefix(l, p+"/") }); i >= 0 {
				t.Errorf("-tags %s: %s is linked", tags, linked[i])
			}
		}
	}
}
