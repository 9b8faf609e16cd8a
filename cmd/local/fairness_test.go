package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wxlottery/internal/drandsim"
)

var buildVerify = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(built, "verify")
	if out, err := exec.Command("go", "build", "-o", path, "../verify").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// verify runs the command and returns its exit code and what it says.
func verify(t *testing.T, args ...string) (int, string) {
	t.Helper()
	path, err := buildVerify()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, append([]string{"-lang", "en"}, args...)...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		return exit.ExitCode(), string(out)
	}
	return 0, string(out)
}

// chain is the key of a local cloud's development chain, as its folder of data has it.
func chain(t *testing.T, data string) *drandsim.Key {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "chain"))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := hex.DecodeString(string(text))
	if err != nil {
		t.Fatal(err)
	}
	key, err := drandsim.NewKey(seed)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// written is a file with a text.
func written(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAStrangerRechecksALottery is the whole of it: a participant keeps what he is shown and rechecks the draw with the command.
func TestAStrangerRechecksALottery(t *testing.T) {
	t.Parallel()
	onEachCloud(t, mustRecheck)
}

func mustRecheck(t *testing.T, cloud string) {
	data := t.TempDir()
	p := start(t, data, cloud)
	key := chain(t, data).Public()
	dev := hex.EncodeToString(key[:])
	owner, ann := p.logIn("owner"), p.logIn("ann")
	e := p.create(owner)
	if e.Fairness.Mode != 1 || e.Fairness.Label != "development-beacon" || e.Fairness.Round == 0 {
		t.Fatalf("%+v", e.Fairness)
	}
	joined := p.call("POST", "/join/"+e.ID, ann, nil).is(201, "").body
	p.call("POST", "/join/"+e.ID, p.logIn("ben"), nil).is(201, "")
	locked := p.await(e, e.DrawAt, func(now event) bool { return now.Fairness.Lock != nil })
	if locked.Fairness.Lock.LateRound != 0 {
		t.Fatalf("locked late: %+v", locked)
	}
	url := p.url + "/events/" + e.ID
	if code, out := verify(t, "-dev-chain", dev, "-event", url); code != 0 || !strings.Contains(out, "not taken place yet") {
		t.Errorf("before the draw: exit code %d:\n%s", code, out)
	}
	p.mustOpen(e)
	kept := []string{
		"-dev-chain", dev, "-manifest", e.Fairness.Manifest, "-lock", locked.Fairness.Lock.Digest, "-key", e.Fairness.OperatorKey,
		"-receipt", written(t, "receipt.json", joined),
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"with all he kept":          {kept, 0, "Your ticket is number"},
		"with nothing kept":         {[]string{"-dev-chain", dev}, 0, "time of lock not proven"},
		"without the chain":         {nil, 1, "not that of the public source"},
		"with another chain":        {[]string{"-dev-chain", otherChain(t)}, 1, "not that of the public source"},
		"with another lock":         {append(append([]string{}, kept...), "-lock", strings.Repeat("ab", 32)), 1, "not the one that was locked"},
		"with another operator key": {append(append([]string{}, kept...), "-key", strings.Repeat("ab", 32)), 1, "not signed"},
	} {
		if code, out := verify(t, append(tt.args, "-event", url)...); code != tt.code || !strings.Contains(out, tt.says) {
			t.Errorf("%s: exit code %d:\n%s", name, code, out)
		}
	}
}

func otherChain(t *testing.T) string {
	t.Helper()
	key, err := drandsim.NewKey([]byte(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	public := key.Public()
	return hex.EncodeToString(public[:])
}

// TestADrawWaitsForItsRoundInPublic has a relay that says nothing, and somebody who brings the round.
func TestADrawWaitsForItsRoundInPublic(t *testing.T) {
	t.Parallel()
	onEachCloud(t, mustWaitInPublic)
}

func mustWaitInPublic(t *testing.T, cloud string) {
	data := t.TempDir()
	p := start(t, data, cloud)
	fault := func(kind string) {
		p.call("POST", "/_sim/drand/control/fault", "", map[string]string{"kind": kind}).is(200, "")
	}
	owner := p.logIn("owner")
	brought, waited := p.create(owner), event{}
	p.call("POST", "/events", owner, map[string]any{
		"title": "waits", "draw_at": brought.DrawAt.UTC().Format(time.RFC3339), "prizes": []map[string]any{{"name": "x", "quantity": 1}},
	}).is(201, "").into(&waited)
	p.call("POST", "/join/"+brought.ID, p.logIn("ann"), nil).is(201, "")
	bring := map[string]string{"signature": chain(t, data).Sign(brought.Fairness.Round).String()}
	p.call("POST", "/events/"+brought.ID+"/beacon", "", bring).is(409, "beacon_not_awaited")
	fault("too_early")
	time.Sleep(time.Until(brought.DrawAt.Add(2 * time.Second)))
	p.await(brought, time.Now(), func(now event) bool { return now.Status == "opening" && now.Fairness.Waiting == brought.Fairness.Round })
	p.call("POST", "/events/"+brought.ID+"/beacon", "", map[string]string{"signature": strings.Repeat("0", 96)}).is(400, "invalid_signature")
	p.call("POST", "/events/"+brought.ID+"/beacon", "", bring).is(202, "")
	p.await(brought, time.Now().Add(3*time.Second), func(now event) bool { return now.Status == "opened" })
	for _, kind := range []string{"bad_signature", "wrong_round", "garbage", "error", "down"} {
		fault(kind)
		time.Sleep(500 * time.Millisecond)
		p.await(waited, time.Now(), func(now event) bool { return now.Status == "opening" })
	}
	fault("")
	p.await(waited, time.Now().Add(5*time.Second), func(now event) bool { return now.Status == "opened" })
}

// TestALateLockIsDrawnLateAndSaysSo has a timer that is dead until the draw is over.
func TestALateLockIsDrawnLateAndSaysSo(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := start(t, data, "aws", "-tick", "0")
	e := p.create(p.logIn("owner"))
	p.call("POST", "/join/"+e.ID, p.logIn("ann"), nil).is(201, "")
	time.Sleep(time.Until(e.DrawAt.Add(time.Second)))
	frozen := time.Now()
	p.call("POST", "/_sim/draw", "", nil).is(200, "")
	var locked event
	p.call("GET", "/events/"+e.ID, "", nil).is(200, "").into(&locked)
	lock := locked.Fairness.Lock
	if lock == nil || lock.LateRound <= e.Fairness.Round || !locked.Late || locked.Fairness.Waiting != lock.LateRound {
		t.Fatalf("%+v", locked)
	}
	due := time.Unix(int64(chain(t, data).Chain().RoundTime(lock.LateRound)), 0)
	if away := due.Sub(frozen); away < 30*time.Second || away > 34*time.Second {
		t.Errorf("the late round is %v away", away)
	}
	time.Sleep(time.Until(due.Add(200 * time.Millisecond)))
	p.call("POST", "/_sim/draw", "", nil).is(200, "")
	p.await(e, time.Now(), func(now event) bool { return now.Status == "opened" && now.Late })
	public := chain(t, data).Public()
	code, out := verify(t, "-dev-chain", hex.EncodeToString(public[:]), "-lock", lock.Digest, "-event", p.url+"/events/"+e.ID)
	if code != 3 || !strings.Contains(out, "late: order of lock and round rests on the operator") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

// The second checker, in JavaScript, says the same about what a running service publishes.
func TestTheSecondCheckerAgrees(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	data := t.TempDir()
	p := start(t, data, "aws")
	e := p.create(p.logIn("owner"))
	joined := p.call("POST", "/join/"+e.ID, p.logIn("ann"), nil).is(201, "").body
	locked := p.await(e, e.DrawAt, func(now event) bool { return now.Fairness.Lock != nil })
	p.mustOpen(e)
	proof := p.call("GET", "/events/"+e.ID+"/proof", "", nil).is(200, "").body
	c := chain(t, data).Chain()
	given, err := json.Marshal(map[string]any{
		"manifest": e.Fairness.Manifest, "lock": locked.Fairness.Lock.Digest, "key": e.Fairness.OperatorKey,
		"receipt": map[string]json.RawMessage(objectOf(t, joined))["receipt"],
		"chains":  []map[string]any{{"hash": c.Hash, "genesis": c.Genesis, "period": c.Period}},
	})
	if err != nil {
		t.Fatal(err)
	}
	script := `import {check} from '` + filepath.Join(root(t), "web", "vdraw.mjs") + `';
const r = check(` + string(proof) + `, ` + string(given) + `);
console.log(JSON.stringify({failed: r.failed, outcomes: r.steps.map(s => s.status).join(' '), unchecked: r.unchecked}));`
	out, err := exec.Command(node, "--input-type=module", "-e", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if want := `{"failed":false,"outcomes":"ok ok ok ok unchecked ok ok ok ok ok"`; !strings.HasPrefix(string(out), want) || !strings.Contains(string(out), "BLS") {
		t.Errorf("%s", out)
	}
}

func objectOf(t *testing.T, text []byte) map[string]json.RawMessage {
	t.Helper()
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
