// Package config reads the environment into a program's configuration, once, and reports everything that is wrong with it
// in one error: names of variables and rules, never a value. A program's configuration is a struct of the groups below.
package config

import (
	"time"

	"wxlottery/shared/secret"
)

// Database says where the truth is.
type Database struct {
	// DSN is user:pass@tcp(host:port)/db or, in builds with SQLite, sqlite:/path/to/file.db.
	DSN secret.Text `env:"DB_DSN,required,notEmpty"`
	// SetSession lets connections set their session variables themselves, for servers without a parameter group of
	// ours; behind a proxy it pins connections.
	SetSession bool `env:"DB_SET_SESSION"`
	// MultiPrimary is for a cluster of which several nodes take writes (Galera). It costs throughput and settings of each
	// connection; where all functions write to one node it is not needed.
	MultiPrimary bool `env:"DB_MULTI_PRIMARY"`
	// CA is whom TLS connections trust besides the system's authorities: certificates in PEM, line breaks or not.
	CA string `env:"DB_TLS_CA"`
}

// Redis says where the sessions are.
type Redis struct {
	Addr     string      `env:"REDIS_ADDR,required,notEmpty"` // host:port
	Username string      `env:"REDIS_USERNAME"`
	Password secret.Text `env:"REDIS_PASSWORD"`
	TLS      bool        `env:"REDIS_TLS"`
}

// WeChat names the mini program.
type WeChat struct {
	AppID   string      `env:"WECHAT_APPID,required,notEmpty"`
	Secret  secret.Text `env:"WECHAT_SECRET,required,notEmpty"`
	BaseURL string      `env:"WECHAT_BASE_URL" envDefault:"https://api.weixin.qq.com"` // without a path
}

// Platform is WeChat for functions that can do without: where no secret is set, texts are not checked, no message is sent and
// there are no share codes.
type Platform struct {
	AppID   string      `env:"WECHAT_APPID"`
	Secret  secret.Text `env:"WECHAT_SECRET"`
	BaseURL string      `env:"WECHAT_BASE_URL" envDefault:"https://api.weixin.qq.com"` // without a path
	// Page shows one event. Share codes lead to it with the scene e=<id>, messages with the query id=<id>.
	Page string `env:"WECHAT_PAGE" envDefault:"pages/event/event"`
	// Version is which version of the mini program they open: release, trial or develop.
	Version string `env:"WECHAT_ENV_VERSION" envDefault:"release"`
}

// Messages are the templates of subscribe messages, each an id and its fields, as in "TEMPLATE_ID thing1=title,phrase2=result".
// Without a template nobody is told by message.
type Messages struct {
	Participant string `env:"NOTIFY_TEMPLATE"`           // to participants: won, not won, canceled
	Organiser   string `env:"NOTIFY_ORGANISER_TEMPLATE"` // to organisers: drawn, late, nobody joined, void
}

// Delivery bounds the sending of messages.
type Delivery struct {
	Concurrency int `env:"NOTIFY_CONCURRENCY" envDefault:"20"` // messages on their way at once
	Rate        int `env:"NOTIFY_RATE" envDefault:"100"`       // messages a second
}

// Cache is Redis for a function that can do without: it saves asking WeChat for an access token.
type Cache struct {
	Addr     string      `env:"REDIS_ADDR"` // host:port; empty: none
	Username string      `env:"REDIS_USERNAME"`
	Password secret.Text `env:"REDIS_PASSWORD"`
	TLS      bool        `env:"REDIS_TLS"`
}

// Keys are the master keys that everything secret of an event is derived from. Old versions stay as long as events of
// theirs are around.
type Keys struct {
	// Master is a list of version:key, keys in 64 hex digits: "1:<64 hex>,2:<64 hex>".
	Master secret.Text `env:"MASTER_KEYS,required,notEmpty"`
	// Current is the version for new events; 0 means the highest.
	Current int `env:"MASTER_KEY_CURRENT"`
}

// Rules are the times and the fairness mode new lotteries get. All functions of a deployment need the same.
type Rules struct {
	LockLead   time.Duration `env:"LOCK_LEAD" envDefault:"60s"`   // joining ends this long before the draw
	MinLead    time.Duration `env:"MIN_LEAD" envDefault:"2m"`     // a draw is at least this far ahead when it is created
	TickPeriod time.Duration `env:"TICK_PERIOD" envDefault:"60s"` // how often the timer fires
	Beacon     string        `env:"BEACON" envDefault:"drand"`    // drand: public randomness decides; none: the operator's secret alone
	// DevelopmentKey replaces drand's quicknet by the development chain of this public key, 192 hex digits. Whoever has the key's
	// secret chooses who wins; only cmd/local sets it.
	DevelopmentKey string `env:"BEACON_DEV_KEY"`
}

// Relays is where the draw function has the public randomness from.
type Relays struct {
	URLs []string `env:"BEACON_RELAYS"` // base URLs of drand relays (HTTP v1), separated by commas; none: the public ones
}

// Tick is for the draw function.
type Tick struct {
	Horizon time.Duration `env:"TICK_HORIZON" envDefault:"240s"` // how far ahead a tick waits for what comes next
}
