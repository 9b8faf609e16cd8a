package cloud

import (
	"net/http"
	"testing"
)

// OnEveryWay sends a request through net/http and in the form of every event, for tests of packages above this one. It gives
// the bodies of the answers by way.
func OnEveryWay(t *testing.T, h http.Handler, header ...[2]string) map[string]string {
	t.Helper()
	ctx, _ := newLog(t)
	c := call{method: "GET", path: "/", header: header}
	all := map[string]string{"net/http": sendPlain(t, ctx, h, c).Body}
	for name, way := range ways {
		all[name] = way.send(t, ctx, h, c).Body
	}
	return all
}
