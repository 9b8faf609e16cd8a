package main

import (
	"context"
	"os"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/go-sql-driver/mysql"

	"wxlottery/cmd/local/function"
	"wxlottery/internal/testdb"
	"wxlottery/internal/testredis"
	"wxlottery/shared/store/migrate"
)

// forgetful is a cloud that hands the variables over from an instance's second event on.
type forgetful struct{ function.Protocol }

type forgetfulLine struct {
	function.Line
	knows bool
}

func (f forgetful) Open(c function.Config) (function.Line, error) {
	line, err := f.Protocol.Open(c)
	return &forgetfulLine{Line: line}, err
}

func (f *forgetfulLine) Invoke(ctx context.Context, c function.Call) ([]byte, error) {
	if !f.knows {
		c.Variables = map[string]string{}
	}
	f.knows = true
	return f.Line.Invoke(ctx, c)
}

var firstCalls = [][2]string{
	{"DELETE", "/login"}, {"GET", "/events/AAAAAAAAAAAAAAAAAAAAAA"}, {"GET", "/join/x"}, {"POST", "/_sim/draw"},
}

// On the real platform the variables of a function are there before it runs, but perhaps not in its process before the first
// event; whatever comes without them must not spoil the process.
func TestFunctionsRecoverWhenTheirVariablesCome(t *testing.T) {
	t.Parallel()
	scf := platforms["scf"]
	scf.protocol = forgetful{scf.protocol}
	p := stand(t, scf, ground{testdb.DSN(t), testredis.Mini(t).Addr()}, nil)
	p.fails(firstCalls...)
	before := p.functions()
	p.works()
	p.mustBeThe(before)
}

func TestFunctionsRecoverWhenTheSchemaComes(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, cloud string) {
		g := ground{testdb.Empty(t), testredis.Mini(t).Addr()}
		mustRecover(t, cloud, g, func() { up(t, g.dsn) })
	})
}

func TestFunctionsRecoverWhenTheDatabaseComes(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, cloud string) {
		testdb.MySQL(t)
		g := ground{testdb.Empty(t), testredis.Mini(t).Addr()}
		cfg, err := mysql.ParseDSN(g.dsn)
		if err != nil {
			t.Fatal(err)
		}
		server := os.Getenv("LOTTERY_TEST_MYSQL")
		testdb.Exec(t, server, "DROP DATABASE "+cfg.DBName)
		mustRecover(t, cloud, g, func() {
			testdb.Exec(t, server, "CREATE DATABASE "+cfg.DBName+" CHARACTER SET utf8mb4")
			up(t, g.dsn)
		})
	})
}

func TestFunctionsRecoverWhenTheDatabaseServerAnswers(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, cloud string) {
		testdb.MySQL(t)
		proxy, dsn := testdb.Proxied(t, testdb.DSN(t))
		proxy.Refuse()
		mustRecover(t, cloud, ground{dsn, testredis.Mini(t).Addr()}, proxy.Forward)
	})
}

func up(t *testing.T, dsn string) {
	t.Helper()
	if _, err := migrate.Up(t.Context(), dsn); err != nil {
		t.Error(err)
	}
}

// mustRecover has the functions fail while something is missing that they all need, and work when it is there.
func mustRecover(t *testing.T, cloud string, g ground, mend func()) {
	t.Helper()
	p := stand(t, platforms[cloud], g, nil)
	p.fails([2]string{"GET", "/events/AAAAAAAAAAAAAAAAAAAAAA"}, [2]string{"POST", "/_sim/draw"})
	var code struct{ Code string }
	p.call("POST", "/_sim/wechat/code", "", map[string]string{"openid": "ann"}).is(200, "").into(&code)
	if a := p.call("POST", "/login", "", map[string]string{"code": code.Code}); a.status != 500 && a.status != 503 {
		t.Errorf("login: %d %s", a.status, a.body)
	}
	p.call("GET", "/join/x", "", nil).is(401, "login_required") // needs no database for that, but starts
	before := p.functions()
	mend()
	p.works()
	p.mustBeThe(before)
}

func TestFunctionsRecoverWhenRedisComes(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, cloud string) {
		g := ground{testdb.DSN(t), quietAddr(t)}
		p := stand(t, platforms[cloud], g, nil)
		const token = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		p.call("DELETE", "/login", token, nil).is(503, "unavailable")
		p.call("GET", "/events", token, nil).is(503, "unavailable")
		p.call("GET", "/join/AAAAAAAAAAAAAAAAAAAAAA", token, nil).is(503, "unavailable")
		p.call("POST", "/_sim/draw", "", nil).is(200, "") // needs no Redis
		before := p.functions()
		m := miniredis.NewMiniRedis()
		if err := m.StartAddr(g.redis); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Close)
		p.works()
		p.mustBeThe(before)
	})
}
