package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/internal/testredis"
)

// TestMain plays the child, too: a measurement runs its own program anew.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestEveryMeasurementHasAFigure runs everything in small. It asserts nothing about speed.
func TestEveryMeasurementHasAFigure(t *testing.T) {
	testdb.MySQL(t)
	server := os.Getenv("LOTTERY_TEST_MYSQL")
	redis := os.Getenv(testredis.Env)
	if redis == "" {
		redis = testredis.Mini(t).Addr()
	}
	file := filepath.Join(t.TempDir(), "bench.json")
	var table, progress bytes.Buffer
	if code := run([]string{"-quick", "-pairs", "1", "-mysql", server, "-redis", redis, "-json", file}, &table, &progress); code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, &table, &progress)
	}
	results := load(t, file)
	for _, name := range listed(t) {
		if !results[name] {
			t.Errorf("%s has no figures", name)
		}
		if !strings.Contains(table.String(), name+" ") {
			t.Errorf("the table does not show %s", name)
		}
	}
	_, name, _ := strings.Cut(progress.String(), "database ")
	name, _, _ = strings.Cut(name, "\n")
	db := testdb.Connect(t, server)
	defer db.Close()
	var left int
	if err := db.QueryRow(`SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?`, name).Scan(&left); err != nil || left != 0 || name == "" {
		t.Errorf("database %q: %d are left, %v", name, left, err)
	}
}

// load returns the names of results whose figures are numbers above zero.
func load(t *testing.T, file string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Machine.MySQL == "" || r.Machine.Isolation == "" || r.Machine.BufferPool == "" || r.Machine.Flush == "" {
		t.Errorf("the machine is not described: %+v", r.Machine)
	}
	sound := map[string]bool{}
	for _, x := range r.Results {
		sound[x.Name] = true
		for _, f := range []float64{x.Figure, x.Baseline, x.Ratio.Median, x.Ratio.Low, x.Ratio.High, float64(x.Turns)} {
			if math.IsNaN(f) || math.IsInf(f, 0) || f <= 0 {
				t.Errorf("%s: %+v", x.Name, x)
				break
			}
		}
	}
	return sound
}

func listed(t *testing.T) []string {
	t.Helper()
	var out bytes.Buffer
	if code := run([]string{"-list", "-quick"}, &out, io.Discard); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	names := strings.Fields(out.String())
	if len(names) < 20 {
		t.Fatalf("only %q are listed", names)
	}
	return names
}

func TestAnInterruptLeavesNoDatabase(t *testing.T) {
	testdb.MySQL(t)
	o, err := parse([]string{"-quick", "-run", "join", "-mysql", os.Getenv("LOTTERY_TEST_MYSQL"), "-redis", "127.0.0.1:1"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b, err := open(ctx, o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	b.report = new(report)
	time.AfterFunc(50*time.Millisecond, cancel)
	if err := b.all(ctx); err == nil {
		t.Error("the interrupt was not seen")
	}
	if err := b.close(); err != nil {
		t.Error(err)
	}
	db := testdb.Connect(t, os.Getenv("LOTTERY_TEST_MYSQL"))
	defer db.Close()
	var left int
	if err := db.QueryRow(`SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?`, b.name).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d are left, %v", left, err)
	}
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	for _, args := range [][]string{{}, {"-mysql", "root@/"}, {"-list", "more"}, {"-list", "-run", "("}, {"-list", "-pairs", "0"}, {"-nonsense"}} {
		if code := run(args, io.Discard, io.Discard); code != 2 {
			t.Errorf("%q: exit code %d", args, code)
		}
	}
}

func TestQuickKeepsWhatWasGiven(t *testing.T) {
	o, err := parse([]string{"-list", "-quick", "-pairs", "7"}, io.Discard)
	if err != nil || o.pairs != 7 || o.trials != 1 || o.old != quickSizes.old {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestMedianAndQuartiles(t *testing.T) {
	for _, c := range []struct {
		figures []float64
		want    spread
	}{
		{nil, spread{}},
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{2, 1}, spread{1.5, 1.25, 1.75}},
		{[]float64{5, 1, 4, 2, 3}, spread{3, 2, 4}},
		{[]float64{4, 3, 2, 1}, spread{2.5, 1.75, 3.25}},
	} {
		if got := spreadOf(c.figures); got != c.want {
			t.Errorf("%v: %v, not %v", c.figures, got, c.want)
		}
	}
}

func TestSidesTakeTurnsInBothOrders(t *testing.T) {
	b := &bench{out: io.Discard}
	var order []string
	turn := func(name string) side {
		return side{name, func(context.Context) (lap, error) {
			order = append(order, name)
			return lap{ops: len(order), took: time.Second}, nil
		}}
	}
	laps, err := b.alternate(t.Context(), "test", 4, turn("A"), turn("B"))
	if got := strings.Join(order, ""); err != nil || got != "ABBAABBA" {
		t.Errorf("%s, %v", got, err)
	}
	if got := ratios(each(laps[0], lap.perSecond), each(laps[1], lap.perSecond)); !slices.Equal(got, []float64{1. / 2, 4. / 3, 5. / 6, 8. / 7}) {
		t.Error(got)
	}
}

func TestEveryOperationIsDoneOnceUnlessOneFails(t *testing.T) {
	done := make([]int, 1000)
	if err := together(t.Context(), 8, len(done), func(_ context.Context, _, i int) error { done[i]++; return nil }); err != nil {
		t.Fatal(err)
	}
	if slices.MaxFunc(done, cmp.Compare[int]) != 1 || slices.Min(done) != 1 {
		t.Error("an operation was done twice, or not at all")
	}
	if err := together(t.Context(), 8, 1000, func(_ context.Context, _, i int) error {
		if i == 10 {
			return io.ErrUnexpectedEOF
		}
		return nil
	}); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
}

func TestAMissedGoalSaysByHowMuch(t *testing.T) {
	for _, c := range []struct {
		goal goal
		want string
	}{
		{atLeast("ratio", 0.3, 0.6), "ratio ≥ 0.6 MISSED by 50 %"},
		{atLeast("ratio", 0.6, 0.6), "ratio ≥ 0.6 met"},
		{atMost("ms", 150, 100), "ms ≤ 100 MISSED by 50 %"},
		{none("late rows", 0), "late rows: 0 met"},
		{none("late rows", 2), "late rows: 2 MISSED"},
	} {
		if got := c.goal.String(); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}

func TestServerTimeIsLeftOutWhereItsClockIsTooCoarse(t *testing.T) {
	laps := func(each time.Duration) []lap { return []lap{{ops: 100, server: each}, {ops: 100, server: each}} }
	if got := servers(laps(400*time.Millisecond), laps(200*time.Millisecond)); got == nil || got.Ratio != 2 || got.Figure != 4000 {
		t.Errorf("%+v", got)
	}
	if got := servers(laps(150*time.Millisecond), laps(100*time.Millisecond)); got == nil || got.Ratio != 1.5 {
		t.Errorf("together: %+v", got)
	}
	if got := servers(laps(50*time.Millisecond), laps(300*time.Millisecond)); got != nil {
		t.Errorf("%+v", got)
	}
}
