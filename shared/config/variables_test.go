package config

import (
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/google/go-cmp/cmp"

	"wxlottery/shared/secret"
)

func TestVariablesOfEveryGroupAreListedInOrder(t *testing.T) {
	t.Parallel()
	required, optional := true, false
	want := []Variable{
		{"DB_DSN", true, required},
		{"DB_SET_SESSION", false, optional},
		{"DB_MULTI_PRIMARY", false, optional},
		{"DB_TLS_CA", false, optional},
		{"REDIS_ADDR", false, required},
		{"REDIS_USERNAME", false, optional},
		{"REDIS_PASSWORD", true, optional},
		{"REDIS_TLS", false, optional},
		{"WECHAT_APPID", false, required},
		{"WECHAT_SECRET", true, required},
		{"WECHAT_BASE_URL", false, optional},
		{"WECHAT_APPID", false, optional},
		{"WECHAT_SECRET", true, optional},
		{"WECHAT_BASE_URL", false, optional},
		{"WECHAT_PAGE", false, optional},
		{"WECHAT_ENV_VERSION", false, optional},
		{"NOTIFY_TEMPLATE", false, optional},
		{"NOTIFY_ORGANISER_TEMPLATE", false, optional},
		{"NOTIFY_CONCURRENCY", false, optional},
		{"NOTIFY_RATE", false, optional},
		{"REDIS_ADDR", false, optional},
		{"REDIS_USERNAME", false, optional},
		{"REDIS_PASSWORD", true, optional},
		{"REDIS_TLS", false, optional},
		{"MASTER_KEYS", true, required},
		{"MASTER_KEY_CURRENT", false, optional},
		{"LOCK_LEAD", false, optional},
		{"MIN_LEAD", false, optional},
		{"TICK_PERIOD", false, optional},
		{"BEACON", false, optional},
		{"BEACON_DEV_KEY", false, optional},
		{"BEACON_RELAYS", false, optional},
		{"TICK_HORIZON", false, optional},
	}
	if d := cmp.Diff(want, Variables[everything]()); d != "" {
		t.Error(d)
	}
}

func TestVariablesAreThoseOfTheFieldsLoadFills(t *testing.T) {
	t.Parallel()
	type inner struct {
		Deep  struct{ Tick Tick }
		Token secret.Text `env:"TOKEN,notEmpty"`
		note  string      `env:"NOTE"`
	}
	type program struct {
		First int `env:"FIRST,required"`
		Inner inner
		Plain string
		rules Rules
		Last  bool `env:"LAST"`
	}
	_ = program{rules: Rules{}, Inner: inner{note: ""}}
	want := []Variable{{"FIRST", false, true}, {"TICK_HORIZON", false, false}, {"TOKEN", true, false}, {"LAST", false, false}}
	if d := cmp.Diff(want, Variables[program]()); d != "" {
		t.Error(d)
	}
}

// The library that reads the environment has its own list.
func TestTheLibraryReadsTheSameVariables(t *testing.T) {
	t.Parallel()
	params, err := env.GetFieldParams(&everything{})
	if err != nil {
		t.Fatal(err)
	}
	var want []Variable
	for _, p := range params {
		if p.Key != "" {
			want = append(want, Variable{Name: p.Key, Required: p.Required})
		}
	}
	got := Variables[everything]()
	for i := range got {
		got[i].Secret = false
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Deploy files pass a parameter that nobody set as an empty variable.
func TestAnEmptyVariableIsNotSet(t *testing.T) {
	t.Parallel()
	without, err := Load[everything](environ("REDIS_PASSWORD"))
	if err != nil {
		t.Fatal(err)
	}
	all := environ("REDIS_PASSWORD")
	for name, required := range requiredBySome() {
		_, err := Load[everything](environ(name + "="))
		if want := "config: " + name + " is empty"; required && (err == nil || err.Error() != want) {
			t.Errorf("%s: %v", name, err)
		}
		if !required && err != nil {
			t.Error(err)
		}
		if !required {
			all = append(all, name+"=")
		}
	}
	with, err := Load[everything](all)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(without, with, sameSecrets); d != "" {
		t.Error(d)
	}
}

// requiredBySome says of every variable whether one of the groups that read it demands it.
func requiredBySome() map[string]bool {
	names := map[string]bool{}
	for _, v := range Variables[everything]() {
		names[v.Name] = names[v.Name] || v.Required
	}
	return names
}
