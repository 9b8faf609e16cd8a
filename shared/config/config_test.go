package config

import (
	"bytes"
	"fmt"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/shared/secret"
)

type everything struct {
	Database
	Redis    Redis
	WeChat   WeChat
	Platform Platform
	Messages Messages
	Delivery Delivery
	Cache    Cache
	Keys     Keys
	Rules
	Relays Relays
	Tick   Tick
}

// optional are the groups that a function can do without.
type optional struct {
	Platform Platform
	Messages Messages
	Delivery Delivery
	Cache    Cache
}

const (
	keyA = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	keyB = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
)

// environ is a complete environment, changed by settings; a setting without a value removes the variable.
func environ(settings ...string) []string {
	vars := []string{
		"DB_DSN=bob:hunter2@tcp(db.example:3306)/lottery", "REDIS_ADDR=cache.example:6379", "REDIS_PASSWORD=swordfish",
		"WECHAT_APPID=wx1234567890abcdef", "WECHAT_SECRET=opensesame", "MASTER_KEYS=1:" + keyA + ",2:" + keyB,
	}
	for _, s := range settings {
		name, _, set := strings.Cut(s, "=")
		kept := vars[:0]
		for _, v := range vars {
			if !strings.HasPrefix(v, name+"=") {
				kept = append(kept, v)
			}
		}
		if vars = kept; set {
			vars = append(vars, s)
		}
	}
	return vars
}

func TestWhatIsNotSetHasItsDefault(t *testing.T) {
	t.Parallel()
	got, err := Load[everything](environ())
	if err != nil {
		t.Fatal(err)
	}
	want := everything{
		Database: Database{DSN: secret.New("bob:hunter2@tcp(db.example:3306)/lottery")},
		Redis:    Redis{Addr: "cache.example:6379", Password: secret.New("swordfish")},
		WeChat:   WeChat{AppID: "wx1234567890abcdef", Secret: secret.New("opensesame"), BaseURL: "https://api.weixin.qq.com"},
		Platform: Platform{
			AppID: "wx1234567890abcdef", Secret: secret.New("opensesame"), BaseURL: "https://api.weixin.qq.com",
			Page: "pages/event/event", Version: "release",
		},
		Delivery: Delivery{Concurrency: 20, Rate: 100},
		Cache:    Cache{Addr: "cache.example:6379", Password: secret.New("swordfish")},
		Keys:     Keys{Master: secret.New("1:" + keyA + ",2:" + keyB)},
		Rules:    Rules{LockLead: time.Minute, MinLead: 2 * time.Minute, TickPeriod: time.Minute, Beacon: "drand"},
		Tick:     Tick{Horizon: 240 * time.Second},
	}
	if d := cmp.Diff(want, got, sameSecrets); d != "" {
		t.Error(d)
	}
}

// sameSecrets compares what is in secrets.
var sameSecrets = cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() })

func TestWithoutWeChatAndRedisTheOptionalGroupsAreOff(t *testing.T) {
	t.Parallel()
	for _, vars := range [][]string{
		nil,
		{"WECHAT_APPID=wx1234567890abcdef"},
		{"WECHAT_APPID=", "WECHAT_SECRET=", "REDIS_ADDR=", "REDIS_PASSWORD=", "NOTIFY_TEMPLATE=", "NOTIFY_RATE="},
	} {
		got, err := Load[optional](vars)
		if err != nil || got.Platform.On() || got.Cache.Addr != "" || got.Messages != (Messages{}) {
			t.Errorf("%q: %v, %v", vars, got, err)
		}
	}
	if got, err := Load[optional](environ()); err != nil || !got.Platform.On() || got.Cache.Addr == "" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestTemplatesArriveAsTheyWereGiven(t *testing.T) {
	t.Parallel()
	const participant, organiser = "aBc_1-2 thing1=title,phrase2=result,time3=time", "dEf thing4=title,number5=participants"
	got, err := Load[optional]([]string{"NOTIFY_TEMPLATE=" + participant, "NOTIFY_ORGANISER_TEMPLATE=" + organiser})
	if want := (Messages{participant, organiser}); err != nil || got.Messages != want {
		t.Errorf("%v, %v", got.Messages, err)
	}
}

func TestGoodValuesAreTaken(t *testing.T) {
	t.Parallel()
	for _, settings := range [][]string{
		{"LOCK_LEAD=36s", "MIN_LEAD=40s", "TICK_PERIOD=1s", "TICK_HORIZON=2500ms", "BEACON=drand"},
		{"LOCK_LEAD=3s", "MIN_LEAD=5s", "TICK_PERIOD=1s", "BEACON_DEV_KEY=" + strings.Repeat("ab", 96)},
		{"BEACON_RELAYS=https://api.drand.sh,http://127.0.0.1:8080/_sim/drand"},
		{"LOCK_LEAD=1s", "MIN_LEAD=2s", "TICK_PERIOD=1s", "TICK_HORIZON=0s", "BEACON=none"},
		{"DB_DSN=sqlite:/tmp/lottery.db", "DB_SET_SESSION=true", "DB_MULTI_PRIMARY=true", "REDIS_TLS=1", "REDIS_USERNAME=app"},
		{"DB_DSN=u:p@ss/w:rd@tcp([::1]:3306)/lottery?timeout=5s"},
		{"REDIS_ADDR=[::1]:6379", "WECHAT_BASE_URL=http://127.0.0.1:8080/_sim/wechat"},
		{"MASTER_KEYS=65535:" + strings.ToUpper(keyB), "MASTER_KEY_CURRENT=65535"},
		{"MASTER_KEY_CURRENT=1"},
		{"WECHAT_BASE_URL="},
		{"REDIS_PASSWORD"},
		{"WECHAT_PAGE=index", "WECHAT_ENV_VERSION=trial", "NOTIFY_CONCURRENCY=1", "NOTIFY_RATE=1"},
		{"WECHAT_PAGE=a-b/C_d/" + strings.Repeat("9", 92), "WECHAT_ENV_VERSION=develop", "NOTIFY_CONCURRENCY=500", "NOTIFY_RATE=10000"},
		{"WECHAT_PAGE=", "WECHAT_ENV_VERSION=", "NOTIFY_CONCURRENCY=", "NOTIFY_RATE="},
		{"WECHAT_PAGE=pages/event/event", "WECHAT_ENV_VERSION=release"},
	} {
		if _, err := Load[everything](environ(settings...)); err != nil {
			t.Errorf("%q: %v", settings, err)
		}
	}
}

func TestEveryMissingVariableIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	got, err := Load[everything](nil)
	if err == nil {
		t.Fatal("an empty environment was accepted")
	}
	want := "config: DB_DSN is not set; REDIS_ADDR is not set; WECHAT_APPID is not set; WECHAT_SECRET is not set; MASTER_KEYS is not set"
	if err.Error() != want {
		t.Errorf("got %s", err)
	}
	if !reflect.DeepEqual(got, everything{}) {
		t.Error("a configuration came with the error")
	}
}

func TestFaultsOfAllKindsAreReportedTogetherAndOnce(t *testing.T) {
	t.Parallel()
	_, err := Load[everything](environ("DB_DSN", "REDIS_ADDR=", "REDIS_TLS=perhaps", "MASTER_KEY_CURRENT=x", "BEACON=x", "TICK_HORIZON=-1s"))
	want := "config: DB_DSN is not set; REDIS_ADDR is empty; REDIS_TLS is not true or false; MASTER_KEY_CURRENT is not a whole number; " +
		"BEACON is neither drand nor none; TICK_HORIZON is negative"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestABadValueIsRefusedAndNotQuoted(t *testing.T) {
	t.Parallel()
	const dsn, rule = "DB_DSN is neither user:pass@tcp(host:port)/db nor sqlite:/path/to/file.db", "MIN_LEAD is less than LOCK_LEAD plus TICK_PERIOD"
	const page = "WECHAT_PAGE is not a page's path such as pages/event/event"
	tests := []struct{ setting, want string }{
		{"DB_DSN=", "DB_DSN is empty"},
		{"DB_DSN=sqlite:", dsn},
		{"DB_DSN=bob:hunter3", dsn},
		{"DB_DSN=bob:hunter3@tcp(x:1)", dsn},
		{"DB_DSN=bob:hunter3@tcp(x:1)/", dsn},
		{"DB_DSN=bob:hunter3@tcp()/hunter3", dsn},
		{"DB_DSN=@tcp(hunter3:1)/db", dsn},
		{"DB_SET_SESSION=hunter3", "DB_SET_SESSION is not true or false"},
		{"DB_MULTI_PRIMARY=hunter3", "DB_MULTI_PRIMARY is not true or false"},
		{"REDIS_TLS=hunter3", "REDIS_TLS is not true or false"},
		{"REDIS_ADDR=hunter3", "REDIS_ADDR is not host:port"},
		{"REDIS_ADDR=:6379", "REDIS_ADDR is not host:port"},
		{"REDIS_ADDR=hunter3:99999", "REDIS_ADDR is not host:port"},
		{"WECHAT_BASE_URL=hunter3", "WECHAT_BASE_URL is not an http or https URL of host and path only"},
		{"WECHAT_BASE_URL=ftp://hunter3/", "WECHAT_BASE_URL is not an http or https URL of host and path only"},
		{"WECHAT_BASE_URL=https://u:hunter3@api.example", "WECHAT_BASE_URL is not an http or https URL of host and path only"},
		{"WECHAT_BASE_URL=https://api.example/?hunter3", "WECHAT_BASE_URL is not an http or https URL of host and path only"},
		{"WECHAT_PAGE=/pages/hunter3", page},
		{"WECHAT_PAGE=pages/hunter3?id=1", page},
		{"WECHAT_PAGE=pages/hunter3.html", page},
		{"WECHAT_PAGE=pages/hunter 3", page},
		{"WECHAT_PAGE=页面", page},
		{"WECHAT_PAGE=" + strings.Repeat("9", 101), page},
		{"WECHAT_ENV_VERSION=hunter3", "WECHAT_ENV_VERSION is neither release, trial nor develop"},
		{"WECHAT_ENV_VERSION=Release", "WECHAT_ENV_VERSION is neither release, trial nor develop"},
		{"NOTIFY_CONCURRENCY=hunter3", "NOTIFY_CONCURRENCY is not a whole number"},
		{"NOTIFY_CONCURRENCY=0", "NOTIFY_CONCURRENCY is not 1 to 500"},
		{"NOTIFY_CONCURRENCY=501", "NOTIFY_CONCURRENCY is not 1 to 500"},
		{"NOTIFY_RATE=0.5", "NOTIFY_RATE is not a whole number"},
		{"NOTIFY_RATE=-1", "NOTIFY_RATE is not 1 to 10000"},
		{"NOTIFY_RATE=10001", "NOTIFY_RATE is not 1 to 10000"},
		{"MASTER_KEYS=hunter3", "MASTER_KEYS entry 1: it is not version:key"},
		{"MASTER_KEYS=1:" + keyA + ",", "MASTER_KEYS entry 2: it is not version:key"},
		{"MASTER_KEYS=0:" + keyA, "MASTER_KEYS entry 1: its version is not a number from 1 to 65535"},
		{"MASTER_KEYS=65536:" + keyA, "MASTER_KEYS entry 1: its version is not a number from 1 to 65535"},
		{"MASTER_KEYS=hunter3:" + keyA, "MASTER_KEYS entry 1: its version is not a number from 1 to 65535"},
		{"MASTER_KEYS=1:hunter3", "MASTER_KEYS entry 1: its key is not 64 hex digits"},
		{"MASTER_KEYS=1:" + keyA[2:], "MASTER_KEYS entry 1: its key is not 64 hex digits"},
		{"MASTER_KEYS=1:" + keyA + "00", "MASTER_KEYS entry 1: its key is not 64 hex digits"},
		{"MASTER_KEYS=1:" + keyA + ",01:" + keyB, "MASTER_KEYS entry 2: its version is used twice"},
		{"MASTER_KEYS=x,1:" + keyA + ",2:y", "MASTER_KEYS entry 1: it is not version:key; MASTER_KEYS entry 3: its key is not 64 hex digits"},
		{"MASTER_KEY_CURRENT=3", "MASTER_KEY_CURRENT is no version of MASTER_KEYS"},
		{"MASTER_KEY_CURRENT=-1", "MASTER_KEY_CURRENT is no version of MASTER_KEYS"},
		{"LOCK_LEAD=hunter3", "LOCK_LEAD is not a duration such as 60s"},
		{"LOCK_LEAD=60", "LOCK_LEAD is not a duration such as 60s"},
		{"LOCK_LEAD=0s", "LOCK_LEAD is not in whole seconds, at least 1s"},
		{"LOCK_LEAD=1500ms", "LOCK_LEAD is not in whole seconds, at least 1s"},
		{"LOCK_LEAD=61s", rule},
		{"MIN_LEAD=119s", rule},
		{"MIN_LEAD=120500ms", "MIN_LEAD is not in whole seconds, at least 1s"},
		{"TICK_PERIOD=61s", rule},
		{"TICK_PERIOD=2562047h", rule},
		{"TICK_PERIOD=0s", "TICK_PERIOD is not positive"},
		{"BEACON=hunter3", "BEACON is neither drand nor none"},
		{"LOCK_LEAD=35s", "LOCK_LEAD is less than 36s, which BEACON=drand needs"},
		{"BEACON_DEV_KEY=hunter3", "BEACON_DEV_KEY is not 192 hex digits"},
		{"BEACON_DEV_KEY=ab", "BEACON_DEV_KEY is not 192 hex digits"},
		{"BEACON_RELAYS=https://api.drand.sh,hunter3", "BEACON_RELAYS entry 2 is not an http or https URL of host and path only"},
		{"BEACON_RELAYS=https://bob:hunter3@x", "BEACON_RELAYS entry 1 is not an http or https URL of host and path only"},
		{"TICK_HORIZON=-1ns", "TICK_HORIZON is negative"},
	}
	for _, tt := range tests {
		_, err := Load[everything](environ(tt.setting))
		if err == nil || err.Error() != "config: "+tt.want {
			t.Errorf("%.40s:\n got  %v\n want %s", tt.setting, err, tt.want)
		}
		if err != nil && containsAny(err.Error(), "hunter", keyA[2:10], keyB[:10]) {
			t.Errorf("%.20s: a value is quoted", tt.setting)
		}
	}
}

// A function without the groups that demand more is told of the same mistakes.
func TestABadValueOfAnOptionalGroupIsRefusedAndNotQuoted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ setting, want string }{
		{"WECHAT_SECRET=hunter3", "WECHAT_SECRET is set without WECHAT_APPID"},
		{"WECHAT_BASE_URL=https://u:hunter3@api.example", "WECHAT_BASE_URL is not an http or https URL of host and path only"},
		{"REDIS_ADDR=hunter3", "REDIS_ADDR is not host:port"},
		{"REDIS_TLS=hunter3", "REDIS_TLS is not true or false"},
	} {
		_, err := Load[optional]([]string{tt.setting})
		if err == nil || err.Error() != "config: "+tt.want {
			t.Errorf("%s:\n got  %v\n want %s", tt.setting, err, tt.want)
		}
	}
	_, err := Load[optional]([]string{"WECHAT_SECRET=s", "WECHAT_PAGE=/", "WECHAT_ENV_VERSION=x", "NOTIFY_CONCURRENCY=0", "NOTIFY_RATE=0", "REDIS_ADDR=x"})
	if err == nil || strings.Count(err.Error(), ";") != 5 {
		t.Errorf("not every fault is told: %v", err)
	}
}

func TestSecretsAreNotPrintedWithTheirStruct(t *testing.T) {
	t.Parallel()
	got, err := Load[everything](environ())
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%v %+v %#v %v", got, got, got, &got)
	if containsAny(text, "hunter2", "swordfish", "opensesame", keyA, keyB) {
		t.Error("a secret is printed")
	}
	if !strings.Contains(text, "wx1234567890abcdef") {
		t.Error("what is no secret is missing: the test looks at the wrong text")
	}
}

func TestTheHighestKeyVersionIsCurrentUnlessChosen(t *testing.T) {
	t.Parallel()
	for chosen, want := range map[int]int{0: 300, 300: 300, 2: 2} {
		current, keys, err := Keys{secret.New("300:" + keyB + ", 2:" + keyA), chosen}.Parse()
		if err != nil || current != want {
			t.Errorf("chosen %d: current %d, %v", chosen, current, err)
		}
		if len(keys) != 2 || fmt.Sprintf("%x", keys[2]) != keyA || fmt.Sprintf("%x", keys[300]) != keyB {
			t.Errorf("%d keys, or other ones", len(keys))
		}
	}
}

func TestParseReturnsNoKeysWithAnError(t *testing.T) {
	t.Parallel()
	for _, k := range []Keys{{}, {Master: secret.New("1:" + keyA + ",x")}, {secret.New("1:" + keyA), 7}} {
		if current, keys, err := k.Parse(); err == nil || keys != nil || current != 0 {
			t.Errorf("current %d, %d keys, %v", current, len(keys), err)
		}
	}
}

func TestOwnFieldsAndOneEmbeddedGroupAreChecked(t *testing.T) {
	t.Parallel()
	type program struct {
		Rules
		Port  int `env:"PORT,required"`
		inner Tick
	}
	_, err := Load[program]([]string{"BEACON=x"})
	if want := "config: PORT is not set; BEACON is neither drand nor none"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	_, err = Load[program]([]string{"BEACON=x", "PORT=7"})
	if want := "config: BEACON is neither drand nor none"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	got, err := Load[program]([]string{"PORT=7", "TICK_HORIZON=-1s"})
	if err != nil || got.Port != 7 || got.inner.Horizon != 0 {
		t.Error(got, err)
	}
}

func TestAGroupThatCannotBeReadIsNotChecked(t *testing.T) {
	t.Parallel()
	type program struct{ Rules }
	_, err := Load[program]([]string{"LOCK_LEAD=x", "BEACON=x"})
	if want := "config: LOCK_LEAD is not a duration such as 60s"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestTemplatesAreNotLinked(t *testing.T) {
	t.Parallel()
	deps, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(deps, []byte("caarlos0/env")) {
		t.Fatal("go list did not list")
	}
	for _, p := range []string{"text/template", "html/template", "net/rpc"} {
		if bytes.Contains(deps, []byte(p)) {
			t.Errorf("%s is linked and would make the functions large", p)
		}
	}
}

func containsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(strings.ToLower(s), p) {
			return true
		}
	}
	return false
}
