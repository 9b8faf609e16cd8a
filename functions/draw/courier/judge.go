package courier

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"wxlottery/shared/cloud"
	"wxlottery/shared/message"
	"wxlottery/shared/store"
	"wxlottery/shared/wechat"
)

const (
	// maxTries is how often a message is sent that gets no answer. The pauses between them double from one second.
	maxTries = 7
	// silence is how many messages in a row without an answer mean that WeChat is down, if no more than that are on their way.
	silence = 20
	// outage is how long WeChat is left alone when it is down; after it, one message finds out.
	outage = time.Minute
	// mending is how long a template, or all, rest whose configuration WeChat does not take: only a person can help.
	mending = 15 * time.Minute
)

// judge says what the answer to a message means for it and for those that come after it.
func (r *run) judge(ctx context.Context, d store.Delivery, err error) store.Outcome {
	fate := wechat.FateOf(err)
	o := store.Outcome{Delivery: d}
	if code := wechat.CodeOf(err); code != 0 {
		o.Reason = strconv.Itoa(code)
	}
	if fate == wechat.NoAnswer {
		return r.unanswered(ctx, o, err)
	}
	r.answered(ctx)
	switch fate {
	case wechat.Sent:
		o.State = store.Sent
	case wechat.Refused:
		o.State, o.Cleared = store.Refused, true
	case wechat.NoUser:
		o.State = store.Dead
	case wechat.BadField, wechat.BadTemplate:
		again(&o, mending)
		r.rest(ctx, r.template(d).ID, mending, o.Reason, err)
	case wechat.Misconfigured:
		o.Pause = mending
		r.rest(ctx, "", mending, o.Reason, err)
	case wechat.Quota:
		o.Pause = r.rest(ctx, "", 0, o.Reason, err)
	default:
		again(&o, time.Second<<d.Tries)
	}
	return o
}

// again lets a message be tried once more after a pause, unless it has been tried often enough.
func again(o *store.Outcome, pause time.Duration) {
	o.Tried = true
	if o.Delivery.Tries+1 >= maxTries {
		o.State = store.Dead
		return
	}
	o.Pause = pause
}

// unanswered is a message of which nobody knows whether it was sent. While WeChat is down altogether, that is not counted.
func (r *run) unanswered(ctx context.Context, o store.Outcome, err error) store.Outcome {
	if o.Reason == "" {
		o.Reason = "no answer"
	}
	r.mu.Lock()
	r.silent++
	down := r.probe || r.silent >= max(silence, r.options.Concurrency)
	r.mu.Unlock()
	if down {
		o.Pause = r.rest(ctx, "", outage, "no answer", err)
		return o
	}
	again(&o, time.Second<<o.Delivery.Tries)
	return o
}

// answered notes that WeChat is there.
func (r *run) answered(ctx context.Context) {
	r.mu.Lock()
	r.silent = 0
	probe := r.probe
	r.probe = false
	r.mu.Unlock()
	if !probe {
		return
	}
	if err := r.store.EndPause(context.WithoutCancel(ctx), ""); err != nil {
		slog.WarnContext(ctx, "end of a pause", "request_id", cloud.RequestID(ctx), "error", err.Error())
	}
}

// rest leaves a template, or all (""), alone for a while, or, where that is 0, until the next day in China, and returns how long
// that is. The first message of a run that says so is logged.
func (r *run) rest(ctx context.Context, template string, while time.Duration, reason string, why error) time.Duration {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	log := slog.With("request_id", cloud.RequestID(ctx), "reason", reason)
	now, err := r.store.Now(ctx)
	if err != nil {
		log.WarnContext(ctx, "messages rest for this run only", "error", err.Error())
		now = time.Now()
	}
	until := now.Add(while)
	if while == 0 {
		until = tomorrow(now)
	}
	r.mu.Lock()
	fresh := !r.pauses.of(template).After(now)
	r.pauses.set(template, until)
	r.mu.Unlock()
	if !fresh {
		return until.Sub(now)
	}
	level := slog.LevelError // only a person can help
	if while == outage {
		level = slog.LevelWarn
	}
	log.Log(ctx, level, "messages rest", "template", template, "seconds", int(until.Sub(now).Seconds()), "error", why.Error())
	if err := r.store.SetPause(ctx, template, store.Pause{Until: until, Reason: reason}); err != nil {
		log.WarnContext(ctx, "pause", "error", err.Error())
	}
	return until.Sub(now)
}

// tomorrow is a moment after the next midnight in China, when WeChat's quotas begin anew.
func tomorrow(now time.Time) time.Time {
	y, m, d := now.In(message.China).Date()
	return time.Date(y, m, d+1, 0, 1, 0, 0, message.China)
}
