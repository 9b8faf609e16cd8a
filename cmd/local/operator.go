package main

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"time"

	"wxlottery/cmd/local/function"
)

// shown is how many requests and ticks the operator sees one by one.
const shown = 50

// operatorView is what GET /_sim/operator shows: how the service does, and nothing of whom it serves.
type operatorView struct {
	Now       string                  `json:"now"`
	Events    *eventCounts            `json:"events"` // nil where the database does not answer
	Ticks     []tickLine              `json:"ticks"`
	Requests  []requestLine           `json:"requests"`
	Routes    []routeView             `json:"routes"`
	Functions map[string]functionView `json:"functions"`
}

// functionView is function.Stats with what an operator asks: how often somebody had to wait for a start, and how often not.
type functionView struct {
	ColdStarts int                      `json:"cold_starts"`
	Warm       int                      `json:"warm"`
	Crashes    int                      `json:"crashes"`
	Timeouts   int                      `json:"timeouts"`
	Instances  []function.InstanceStats `json:"instances"`
}

// routeView is what the remembered requests of one route have cost.
type routeView struct {
	Function string  `json:"function"`
	Route    string  `json:"route"`
	Count    int     `json:"count"`
	P50      float64 `json:"p50_ms"`
	P95      float64 `json:"p95_ms"`
	Queries  float64 `json:"queries"` // the mean
}

func (c *localCloud) serveOperator(w http.ResponseWriter, r *http.Request) {
	requests, ticks := c.journal.read()
	view := operatorView{
		Now: time.Now().UTC().Format(stamp), Events: c.census.get(r.Context()), Ticks: ticks[:min(len(ticks), shown)],
		Requests: requests[:min(len(requests), shown)], Routes: routesOf(requests), Functions: map[string]functionView{},
	}
	for name, s := range c.stats() {
		view.Functions[name] = functionView{s.ColdStarts, max(s.Invocations-s.ColdStarts, 0), s.Crashes, s.Timeouts, s.Instances}
	}
	writeJSON(w, view)
}

// routesOf sums up requests by route, in the order of functions and of patterns.
func routesOf(requests []requestLine) []routeView {
	type key struct{ function, route string }
	groups := map[key][]requestLine{}
	for _, q := range requests {
		k := key{q.Function, q.Route}
		groups[k] = append(groups[k], q)
	}
	all := make([]routeView, 0, len(groups))
	for k, group := range groups {
		times, queries := make([]float64, len(group)), 0
		for i, q := range group {
			times[i] = q.MS
			queries += q.Queries
		}
		slices.Sort(times)
		mean := math.Round(10*float64(queries)/float64(len(group))) / 10
		all = append(all, routeView{k.function, k.route, len(group), percentile(times, 50), percentile(times, 95), mean})
	}
	slices.SortFunc(all, func(a, b routeView) int {
		return cmp.Or(cmp.Compare(slices.Index(names, a.Function), slices.Index(names, b.Function)), cmp.Compare(a.Route, b.Route))
	})
	return all
}

// percentile is the least of the sorted values that p of a hundred of them do not exceed.
func percentile(sorted []float64, p int) float64 {
	return sorted[(len(sorted)*p+99)/100-1]
}
