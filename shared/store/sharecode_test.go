package store_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

func TestAShareCodeIsKeptOnceForEachVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, e, another := context.Background(), w.hourAhead(), w.hourAhead()
	code := func(id lottery.EventID, version string) *store.ShareCode {
		t.Helper()
		c, err := w.store.ShareCode(ctx, id, version)
		must(t, err)
		return c
	}
	none := (*store.ShareCode)(nil)
	same(t, "before there is one", code(e.ID, "release"), none)
	release := store.ShareCode{ContentType: "image/jpeg", Image: bytes.Repeat([]byte{0, 255, '\'', 0xd8, '\\'}, 30_000)}
	trial := store.ShareCode{ContentType: "image/png", Image: []byte{1}}
	for version, c := range map[string]store.ShareCode{"release": release, "trial": trial} {
		kept, err := w.store.KeepShareCode(ctx, e.ID, version, c)
		must(t, err)
		same(t, version+" as it was kept", kept, &c)
	}
	kept, err := w.store.KeepShareCode(ctx, e.ID, "release", trial)
	must(t, err)
	same(t, "of two, the first", kept, &release)
	same(t, "release", code(e.ID, "release"), &release)
	same(t, "trial", code(e.ID, "trial"), &trial)
	same(t, "a version without one", code(e.ID, "develop"), none)
	same(t, "another event", code(another.ID, "release"), none)
	if _, err := w.store.KeepShareCode(ctx, lottery.NewEventID(), "release", trial); err == nil {
		t.Error("the code of an event that is not there was kept")
	}
}

func TestOfShareCodesMadeAtOnceEverybodyGetsTheSame(t *testing.T) {
	t.Parallel()
	for isolation, world := range isolations {
		t.Run(isolation, func(t *testing.T) {
			t.Parallel()
			w := world(t)
			e := w.hourAhead()
			got := make([]string, 20)
			atOnce(t, len(got), func(i int) error {
				c, err := w.store.KeepShareCode(context.Background(), e.ID, "release", store.ShareCode{ContentType: "image/png", Image: fmt.Append(nil, i)})
				if err == nil {
					got[i] = string(c.Image)
				}
				return err
			})
			kept, err := w.store.ShareCode(context.Background(), e.ID, "release")
			must(t, err)
			for _, image := range got {
				same(t, "code", image, string(kept.Image))
			}
		})
	}
}
