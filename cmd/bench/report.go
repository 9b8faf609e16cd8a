package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is everything a run has to say.
type report struct {
	Machine machine  `json:"machine"`
	Pairs   int      `json:"pairs"`
	Quick   bool     `json:"quick"`
	Results []result `json:"results"`
}

// result is one measurement beside its limit. Figures are medians; ratios are of the turns, ours by the limit's.
type result struct {
	Name     string  `json:"name"`
	Figure   float64 `json:"figure"`
	Unit     string  `json:"unit"`
	Limit    string  `json:"limit"` // what the baseline is
	Baseline float64 `json:"baseline"`
	Ratio    spread  `json:"ratio"`
	Turns    int     `json:"turns"`
	Server   *server `json:"server,omitempty"` // nil where the server is elsewhere or has no part in it
	Goals    []goal  `json:"goals,omitempty"`
	Notes    string  `json:"notes,omitempty"`
}

// server is the database server's processor time for one operation, in microseconds, whoever it was used for.
type server struct {
	Figure   float64 `json:"figure_us"`
	Baseline float64 `json:"baseline_us"`
	Ratio    float64 `json:"ratio"`
}

// goal is what a figure should be.
type goal struct {
	Text  string  `json:"text"`
	Value float64 `json:"value"`
	Want  float64 `json:"want"`
	Met   bool    `json:"met"`
}

func atLeast(what string, value, want float64) goal {
	return goal{fmt.Sprintf("%s ≥ %g", what, want), value, want, value >= want}
}

func atMost(what string, value, want float64) goal {
	return goal{fmt.Sprintf("%s ≤ %g", what, want), value, want, value <= want}
}

func (g goal) String() string {
	if g.Met {
		return g.Text + " met"
	}
	if g.Want == 0 {
		return g.Text + " MISSED"
	}
	return fmt.Sprintf("%s MISSED by %.0f %%", g.Text, 100*abs(g.Value-g.Want)/g.Want)
}

func abs(x float64) float64 { return max(x, -x) }

// rates compares sides by operations in a second: a ratio above 1 is faster than the limit.
func rates(name, limit string, ours, theirs []lap) result {
	return compared(name, "1/s", limit, ours, theirs, lap.perSecond)
}

// times compares sides by the time of one operation: a ratio above 1 is slower than the limit.
func times(name, limit string, ours, theirs []lap) result {
	return compared(name, "ms", limit, ours, theirs, func(l lap) float64 { return float64(l.each().Nanoseconds()) / 1e6 })
}

func compared(name, unit, limit string, ours, theirs []lap, figure func(lap) float64) result {
	a, b := each(ours, figure), each(theirs, figure)
	return result{
		Name: name, Unit: unit, Limit: limit, Figure: spreadOf(a).Median, Baseline: spreadOf(b).Median,
		Ratio: spreadOf(ratios(a, b)), Turns: len(a), Server: servers(ours, theirs),
	}
}

// servers compares the server's time turn by turn, as other clients use it, too; where turns are too short for its clock, all
// together.
func servers(ours, theirs []lap) *server {
	if min(least(ours), least(theirs)) < 20*tick {
		ours, theirs = []lap{sum(ours)}, []lap{sum(theirs)}
	}
	if min(least(ours), least(theirs)) < 20*tick {
		return nil
	}
	a, b := each(ours, lap.serverEach), each(theirs, lap.serverEach)
	return &server{spreadOf(a).Median, spreadOf(b).Median, spreadOf(ratios(a, b)).Median}
}

func least(laps []lap) time.Duration {
	return slices.MinFunc(laps, func(x, y lap) int { return cmp.Compare(x.server, y.server) }).server
}

func sum(laps []lap) (all lap) {
	for _, l := range laps {
		all.ops += l.ops
		all.took += l.took
		all.server += l.server
		all.own += l.own
	}
	return all
}

func (r result) with(goals ...goal) result {
	r.Goals = append(r.Goals, goals...)
	return r
}

// add keeps a result, if it is one that was asked for, and shows it as progress.
func (b *bench) add(r result) {
	if !b.options.run.MatchString(r.Name) {
		return
	}
	b.report.Results = append(b.report.Results, r)
	fmt.Fprintf(b.out, "= %s: %.4g %s beside %.4g, %.3g×\n", r.Name, r.Figure, r.Unit, r.Baseline, r.Ratio.Median)
}

func (r *report) print(w io.Writer) {
	m := r.Machine
	fmt.Fprintf(w, "%s, %s, %d cores, %d MB, load %s, %s\nMySQL %s (isolation %s, buffer pool %s, flush %s), Redis %s\n",
		m.Date, m.Processor, m.Cores, m.MemoryMB, m.Load, m.Go, m.MySQL, m.Isolation, m.BufferPool, m.Flush, m.Redis)
	if !m.ServerLocal {
		fmt.Fprintln(w, "The database server is not on this machine, so its processor time is left out.")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "measurement\tfigure\tlimit\tratio\tquartiles\tturns\tserver µs\tof limit\tratio\tgoal\tbeside")
	for _, x := range r.Results {
		fmt.Fprintf(t, "%s\t%s %s\t%s\t%.2f\t%.2f–%.2f\t%d\t%s\t%s\t%s\n", x.Name, short(x.Figure), x.Unit, short(x.Baseline),
			x.Ratio.Median, x.Ratio.Low, x.Ratio.High, x.Turns, x.Server.columns(), goals(x.Goals), strings.TrimSuffix(x.Limit+"; "+x.Notes, "; "))
	}
	t.Flush()
}

func short(f float64) string {
	if f >= 1000 {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.3g", f)
}

func (s *server) columns() string {
	if s == nil {
		return "–\t–\t–"
	}
	return fmt.Sprintf("%s\t%s\t%.2f", short(s.Figure), short(s.Baseline), s.Ratio)
}

func goals(all []goal) string {
	texts := make([]string, len(all))
	for i, g := range all {
		texts[i] = g.String()
	}
	if len(texts) == 0 {
		return "–"
	}
	return strings.Join(texts, ", ")
}

func (r *report) save(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
