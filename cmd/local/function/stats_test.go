package function_test

import (
	"encoding/json"
	"testing"
	"time"
)

func TestStatsSayHowOftenAProcessHadToBeStartedAndSinceWhenItRuns(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, newToy maker) {
		f := newToy(nil)
		begin := time.Now().Truncate(time.Millisecond)
		first := do(t, f, `{}`)
		end := time.Now()
		for range 2 {
			settle(t, f)
			do(t, f, `{}`)
		}
		s := f.Stats()
		if s.ColdStarts != 1 || s.Invocations != 3 || len(s.Instances) != 1 {
			t.Fatalf("stats %+v", s)
		}
		i := s.Instances[0]
		if i.PID != first.PID || i.Invocations != 3 || i.Started.Before(begin) || i.Started.After(end) {
			t.Errorf("instance %+v, started between %s and %s", i, begin, end)
		}
		text, err := json.Marshal(i.Started)
		if at, parsed := time.Parse(`"2006-01-02T15:04:05.999Z"`, string(text)); err != nil || parsed != nil || !at.Equal(i.Started) {
			t.Errorf("its start is shown as %s", text)
		}
	})
}
