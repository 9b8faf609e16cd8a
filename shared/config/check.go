package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Check finds a DSN that is of neither form.
func (d Database) Check() []error {
	dsn := d.DSN.Reveal()
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok && path != "" {
		return nil
	}
	at, address, closed := strings.LastIndex(dsn, "@tcp("), "", false
	if at > 0 {
		address, dsn, closed = strings.Cut(dsn[at+len("@tcp("):], ")/")
	}
	name, _, _ := strings.Cut(dsn, "?")
	if !closed || address == "" || name == "" {
		return []error{errors.New("DB_DSN is neither user:pass@tcp(host:port)/db nor sqlite:/path/to/file.db")}
	}
	return nil
}

// Check finds an address without host or port.
func (r Redis) Check() []error { return checkRedis(r.Addr) }

// Check finds an address without host or port; none at all is fine.
func (c Cache) Check() []error {
	if c.Addr == "" {
		return nil
	}
	return checkRedis(c.Addr)
}

func checkRedis(addr string) []error {
	host, port, err := net.SplitHostPort(addr)
	if _, badPort := strconv.ParseUint(port, 10, 16); err != nil || host == "" || badPort != nil {
		return []error{errors.New("REDIS_ADDR is not host:port")}
	}
	return nil
}

// Check finds a base URL that is none.
func (w WeChat) Check() []error { return checkWeChat(w.BaseURL) }

func checkWeChat(base string) []error {
	if !isBaseURL(base) {
		return []error{errors.New("WECHAT_BASE_URL is not an http or https URL of host and path only")}
	}
	return nil
}

// Check finds half of what names a mini program, a page that is no path and a version there is none of.
func (p Platform) Check() []error {
	faults := checkWeChat(p.BaseURL)
	if p.AppID == "" && !p.Secret.IsZero() {
		faults = append(faults, errors.New("WECHAT_SECRET is set without WECHAT_APPID"))
	}
	if !isPage(p.Page) {
		faults = append(faults, errors.New("WECHAT_PAGE is not a page's path such as pages/event/event"))
	}
	if !slices.Contains([]string{"release", "trial", "develop"}, p.Version) {
		faults = append(faults, errors.New("WECHAT_ENV_VERSION is neither release, trial nor develop"))
	}
	return faults
}

// On says whether there is a WeChat to ask.
func (p Platform) On() bool { return !p.Secret.IsZero() }

// isPage reports whether a text is a page's path as WeChat wants it: without a slash before it, a query behind it.
func isPage(path string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/"
	return path != "" && len(path) <= 100 && path[0] != '/' && strings.Trim(path, letters) == ""
}

// Check finds bounds under which nothing would be sent, or far too much.
func (d Delivery) Check() (faults []error) {
	if d.Concurrency < 1 || d.Concurrency > 500 {
		faults = append(faults, errors.New("NOTIFY_CONCURRENCY is not 1 to 500"))
	}
	if d.Rate < 1 || d.Rate > 10_000 {
		faults = append(faults, errors.New("NOTIFY_RATE is not 1 to 10000"))
	}
	return faults
}

// Check finds what Parse finds.
func (k Keys) Check() []error {
	_, _, faults := k.parse()
	return faults
}

// Parse returns the master keys by version, 32 bytes each, and the version for new events. Versions are 1 to 65535. The
// error has every problem, by the position of the entry; nothing of a key or a version is in it.
func (k Keys) Parse() (current int, keys map[int][]byte, err error) {
	current, keys, faults := k.parse()
	if len(faults) > 0 {
		return 0, nil, fmt.Errorf("config: %w", errors.Join(faults...))
	}
	return current, keys, nil
}

func (k Keys) parse() (current int, keys map[int][]byte, faults []error) {
	keys = map[int][]byte{}
	for i, entry := range strings.Split(k.Master.Reveal(), ",") {
		version, key, problem := parseKey(entry)
		if problem == "" && keys[version] != nil {
			problem = "its version is used twice"
		}
		if problem != "" {
			faults = append(faults, fmt.Errorf("MASTER_KEYS entry %d: %s", i+1, problem))
			continue
		}
		keys[version] = key
		current = max(current, version)
	}
	if k.Current != 0 {
		current = k.Current
	}
	if keys[current] == nil && len(faults) == 0 {
		faults = append(faults, errors.New("MASTER_KEY_CURRENT is no version of MASTER_KEYS"))
	}
	return current, keys, faults
}

// parseKey reads version:key. Its problem is a text without anything of the entry.
func parseKey(entry string) (version int, key []byte, problem string) {
	v, digits, ok := strings.Cut(strings.TrimSpace(entry), ":")
	if !ok {
		return 0, nil, "it is not version:key"
	}
	n, err := strconv.ParseUint(v, 10, 16)
	if err != nil || n == 0 {
		return 0, nil, "its version is not a number from 1 to 65535"
	}
	key, err = hex.DecodeString(digits)
	if err != nil || len(key) != 32 {
		return 0, nil, "its key is not 64 hex digits"
	}
	return int(n), key, ""
}

// Check finds times that contradict each other, and modes this version doesn't have.
func (r Rules) Check() (faults []error) {
	if !wholeSeconds(r.LockLead) {
		faults = append(faults, errors.New("LOCK_LEAD is not in whole seconds, at least 1s"))
	}
	if r.TickPeriod <= 0 {
		faults = append(faults, errors.New("TICK_PERIOD is not positive"))
	}
	if !wholeSeconds(r.MinLead) {
		faults = append(faults, errors.New("MIN_LEAD is not in whole seconds, at least 1s"))
	} else if r.MinLead-r.TickPeriod < r.LockLead {
		faults = append(faults, errors.New("MIN_LEAD is less than LOCK_LEAD plus TICK_PERIOD"))
	}
	return append(faults, r.checkBeacon()...)
}

// leastLead is the shortest LOCK_LEAD with which the list is public half a minute before the draw: it is read after a sixth of it.
const leastLead = 36 * time.Second

func (r Rules) checkBeacon() (faults []error) {
	if r.Beacon != "none" && r.Beacon != "drand" {
		faults = append(faults, errors.New("BEACON is neither drand nor none"))
	}
	if r.Beacon == "drand" && r.DevelopmentKey == "" && wholeSeconds(r.LockLead) && r.LockLead < leastLead {
		faults = append(faults, fmt.Errorf("LOCK_LEAD is less than %s, which BEACON=drand needs", leastLead))
	}
	if _, err := hex.DecodeString(r.DevelopmentKey); err != nil || len(r.DevelopmentKey) != 0 && len(r.DevelopmentKey) != 192 {
		faults = append(faults, errors.New("BEACON_DEV_KEY is not 192 hex digits"))
	}
	return faults
}

// Check finds a relay that is no base URL.
func (r Relays) Check() (faults []error) {
	for i, relay := range r.URLs {
		if !isBaseURL(relay) {
			faults = append(faults, fmt.Errorf("BEACON_RELAYS entry %d is not an http or https URL of host and path only", i+1))
		}
	}
	return faults
}

func isBaseURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func wholeSeconds(d time.Duration) bool { return d >= time.Second && d%time.Second == 0 }

// Check finds a horizon in the past.
func (t Tick) Check() []error {
	if t.Horizon < 0 {
		return []error{errors.New("TICK_HORIZON is negative")}
	}
	return nil
}
