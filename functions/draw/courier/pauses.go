package courier

import (
	"time"

	"wxlottery/shared/store"
)

// pauses are until when messages rest, by the database's clock.
type pauses struct {
	all         time.Time
	participant time.Time
	organiser   time.Time
	probing     bool // there was a pause of all, and nobody has found out yet whether its reason is gone
	ids         store.Templates
}

// pauses are those that hold at now; ended ones of templates are forgotten.
func (c *Courier) pauses(known map[string]store.Pause, now time.Time) pauses {
	p := pauses{ids: c.templates}
	for name, pause := range known {
		p.probing = p.probing || name == ""
		if pause.Until.After(now) {
			p.set(name, pause.Until)
		}
	}
	return p
}

func (p *pauses) set(template string, until time.Time) {
	if template == "" {
		p.all = until
	}
	if template == p.ids.Participant && template != "" {
		p.participant = until
	}
	if template == p.ids.Organiser && template != "" {
		p.organiser = until
	}
}

func (p *pauses) of(template string) time.Time {
	switch template {
	case "":
		return p.all
	case p.ids.Participant:
		return p.participant
	case p.ids.Organiser:
		return p.organiser
	}
	return time.Time{}
}

// lists is until when no list is gone on with: that of a template that rests would only be written down to be put off.
func (p *pauses) lists() time.Time { return later(p.participant, p.organiser) }

func (p *pauses) any() bool { return !p.lists().IsZero() || !p.all.IsZero() }

// paused is until when the template of a message rests.
func (r *run) paused(d store.Delivery) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pauses.of(r.template(d).ID)
}

// stopped reports whether nothing more is to be begun.
func (r *run) stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.pauses.all.IsZero() || r.failed != nil
}

// probing reports whether one message is to find out first whether WeChat is there.
func (r *run) probing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.probe
}

func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = err
}
