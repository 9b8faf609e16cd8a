package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/cmd/local/lambda"
	"wxlottery/internal/checkout"
	"wxlottery/internal/testdb"
	"wxlottery/internal/testredis"
	"wxlottery/internal/wechatsim"
	"wxlottery/shared/session"
	"wxlottery/shared/store"
)

// coldUsers take turns at logging in: WeChat limits the logins of one user.
const coldUsers = 50

// A coldGround is what the functions of the benchmark are built of and stand on.
type coldGround struct {
	dir       string // of the programs
	variables map[string]string
	sim       *wechatsim.Sim
	store     *store.Store
	token     string // of a user
	logins    int
}

func newColdGround(b *testing.B) *coldGround {
	b.Helper()
	dsn := testdb.DSN(b)
	g := &coldGround{
		dir: buildForAWS(b), store: testdb.Open(b, dsn),
		sim: wechatsim.New(wechatsim.Config{AppID: appID, Secret: "s", Now: time.Now}),
	}
	server := httptest.NewServer(http.StripPrefix("/_sim/wechat/api", g.sim.API()))
	b.Cleanup(server.Close)
	back := backing{dsn: dsn, redis: os.Getenv(testredis.Env), keys: "1:" + strings.Repeat("07", 32), chain: newKey(b)}
	if back.redis == "" {
		back.redis = testredis.Mini(b).Addr()
	}
	o := options{lockLead: time.Minute, minLead: 2 * time.Minute, tick: time.Minute, beacon: "drand"}
	g.variables = functionVariables(o, back, server.URL, "s")
	rdb := session.Open(session.RedisOptions{Addr: back.redis})
	b.Cleanup(func() { rdb.Close() })
	for i := range coldUsers {
		id, _, err := g.store.UserByOpenID(b.Context(), coldUser(i))
		if err != nil {
			b.Fatal(err)
		}
		who := session.Identity{UserID: id.String(), OpenID: coldUser(i)}
		if g.token, _, err = session.New(rdb, session.Options{}).Create(b.Context(), who); err != nil {
			b.Fatal(err)
		}
	}
	return g
}

func coldUser(i int) string { return fmt.Sprint("user-", i%coldUsers) }

// code is a login code of a user the database knows.
func (g *coldGround) code(b *testing.B) string {
	g.logins++
	code, err := g.sim.Code(coldUser(g.logins), "")
	if err != nil {
		b.Error(err)
	}
	return code
}

func (g *coldGround) config(name string) function.Config {
	return function.Config{
		Name: name, Path: filepath.Join(g.dir, name), Protocol: lambda.Protocol{}, Env: baseEnv(), Variables: g.variables,
		Cap: 1, Timeout: time.Minute, Wait: time.Minute,
	}
}

// buildForAWS builds the programs with the flags of a deployment, for this machine.
func buildForAWS(b *testing.B) (dir string) {
	b.Helper()
	dir = b.TempDir()
	tags := "lambda.norpc"
	if os.Getenv("LOTTERY_TEST_MYSQL") == "" {
		tags += " sqlite"
	}
	args := []string{"build", "-tags", tags, "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid=", "-o", dir, "./testdata/empty"}
	for _, name := range names {
		args = append(args, checkout.Module+"/functions/"+name)
	}
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return dir
}
