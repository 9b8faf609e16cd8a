package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"wxlottery/shared/store"
)

func TestPausesAreSetOverwrittenAndEndedEachByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	pauses := func(what string, want map[string]store.Pause) {
		t.Helper()
		got, err := w.store.Pauses(ctx)
		must(t, err)
		same(t, what, got, want)
	}
	until := time.UnixMilli(1_800_000_000_123).UTC()
	one, two, all := store.Pause{Until: until, Reason: "47003"}, store.Pause{Until: until.Add(time.Hour), Reason: "40037"}, store.Pause{Until: until, Reason: "45009"}
	pauses("none", map[string]store.Pause{})
	must(t, w.store.SetPause(ctx, "T-result", one))
	pauses("one", map[string]store.Pause{"T-result": one})
	must(t, w.store.SetPause(ctx, "t-result", two)) // another template: ids are case-sensitive
	must(t, w.store.SetPause(ctx, "", all))
	pauses("one of each", map[string]store.Pause{"T-result": one, "t-result": two, "": all})
	must(t, w.store.SetPause(ctx, "T-result", two))
	earlier := store.Pause{Until: until.Add(-time.Hour)}
	must(t, w.store.SetPause(ctx, "", earlier))
	pauses("the later word counts", map[string]store.Pause{"T-result": two, "t-result": two, "": earlier})
	must(t, w.store.EndPause(ctx, ""))
	pauses("the one of all has ended", map[string]store.Pause{"T-result": two, "t-result": two})
	must(t, w.store.EndPause(ctx, "T-result"))
	must(t, w.store.EndPause(ctx, "T-result"))
	must(t, w.store.EndPause(ctx, "another"))
	pauses("one has ended", map[string]store.Pause{"t-result": two})
	long := "abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOP" // 43 characters, as WeChat makes them
	must(t, w.store.SetPause(ctx, long, one))
	pauses("a long name", map[string]store.Pause{"t-result": two, long: one})
}

func TestPausesSetAtOnceAreOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	until := time.UnixMilli(1_800_000_000_000).UTC()
	for range 2 {
		atOnce(t, 16, func(int) error {
			return w.store.SetPause(context.Background(), "T-result", store.Pause{Until: until, Reason: "47003"})
		})
		got, err := w.store.Pauses(context.Background())
		must(t, err)
		same(t, "pauses", got, map[string]store.Pause{"T-result": {Until: until, Reason: "47003"}})
	}
}

func TestATemplateWithTheLongestIDCanBePaused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := strings.Repeat("x", 64) // message.Parse takes it
	must(t, w.store.SetPause(context.Background(), id, store.Pause{Until: time.Now(), Reason: "47003"}))
	pauses, err := w.store.Pauses(context.Background())
	must(t, err)
	if _, set := pauses[id]; !set {
		t.Errorf("%v", pauses)
	}
}
