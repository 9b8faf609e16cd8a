package session

import (
	"encoding/json"
	"time"
)

// record is what Redis holds of a session.
type record struct {
	Identity
	created time.Time // the login
	slid    time.Time // the last use written down
}

// stored is the JSON of a record; instants are Unix milliseconds.
type stored struct {
	UserID  string `json:"u"`
	OpenID  string `json:"o"`
	Created int64  `json:"c"`
	Slid    int64  `json:"s"`
}

func (r record) encode() []byte {
	b, err := json.Marshal(stored{r.UserID, r.OpenID, r.created.UnixMilli(), r.slid.UnixMilli()})
	if err != nil {
		panic(err) // strings and integers always encode
	}
	return b
}

// decode reads a record; a value that encode cannot have made is none.
func decode(value []byte) (record, bool) {
	var v stored
	if json.Unmarshal(value, &v) != nil || v.UserID == "" || v.OpenID == "" || v.Created <= 0 || v.Slid < v.Created {
		return record{}, false
	}
	return record{Identity{v.UserID, v.OpenID}, time.UnixMilli(v.Created), time.UnixMilli(v.Slid)}, true
}

// left is how long the session lasts from now on if it is not used; it has ended when that is not positive. Redis
// expires it then, too; but Redis's clock is not ours, and its expiry is not the rule.
func (r record) left(o Options, now time.Time) time.Duration {
	return min(r.slid.Add(o.Idle).Sub(now), r.created.Add(o.Absolute).Sub(now))
}
