package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wxlottery/internal/servicetest"
	"wxlottery/shared/lottery"
)

func TestTheCensusCountsByStoredStatus(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	var last *lottery.Event
	for range 3 {
		last = s.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 1})
	}
	if _, _, err := s.Store.Cancel(t.Context(), last.ID, last.Owner, true); err != nil {
		t.Fatal(err)
	}
	c := newCensus(s.DSN)
	defer c.close()
	if found := c.get(t.Context()); found == nil || *found != (eventCounts{Init: 2, Canceled: 1}) {
		t.Errorf("there are %+v", found)
	}
}

func TestManyWhoAskAtOnceCostOneCount(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c := &census{count: func(context.Context) (*eventCounts, error) { return &eventCounts{Init: int(asked.Add(1))}, nil }}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if found := c.get(t.Context()); found == nil || found.Init != 1 {
				t.Errorf("found %+v", found)
			}
		})
	}
	all.Wait()
	time.Sleep(censusKept + 50*time.Millisecond)
	if found := c.get(t.Context()); found == nil || found.Init != 2 {
		t.Errorf("later there are %+v", found)
	}
}

func TestADatabaseThatFailsOrHangsGivesNoCountsWithinASecond(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	for name, count := range map[string]func(context.Context) (*eventCounts, error){
		"fails":         func(context.Context) (*eventCounts, error) { return nil, errors.New("no") },
		"is slow":       func(ctx context.Context) (*eventCounts, error) { <-ctx.Done(); return nil, ctx.Err() },
		"does not hear": func(context.Context) (*eventCounts, error) { <-hang; return nil, nil },
		"is not there":  newCensus("nonsense").count,
		"has no server": newCensus("root@tcp(" + quietAddr(t) + ")/x").count,
		"has no tables": newCensus("sqlite:" + t.TempDir() + "/x.db").count,
	} {
		c := &census{count: count}
		begin := time.Now()
		if found := c.get(t.Context()); found != nil {
			t.Errorf("%s: %+v", name, found)
		}
		if took := time.Since(begin); took > censusLimit+500*time.Millisecond {
			t.Errorf("%s: it took %s", name, took)
		}
	}
}
