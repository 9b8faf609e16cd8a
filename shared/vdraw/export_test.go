package vdraw

// Rejected returns how many random numbers the draw has thrown away, which the vectors count.
func (d *Draw) Rejected() uint64 { return d.rejected }

// Moved returns how many swaps the draw remembers.
func (d *Draw) Moved() int { return len(d.moved) }

// Pretend makes l believe that it holds n tickets.
func (l *List) Pretend(n uint64) { l.count = n }

// Sentences are all that a checker can say, by code.
var Sentences = sentences
