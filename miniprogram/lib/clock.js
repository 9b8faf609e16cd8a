// The service's clock, as far as its answers tell. A Date header says the second, so an answer that was sent for at `sent` and
// there at `received` bounds how far that clock is from the phone's; each answer narrows the bounds.
let low = -Infinity;
let high = Infinity;

function learn(date, sent, received) {
  const at = Date.parse(date || '');
  if (Number.isNaN(at)) return;
  const from = at - received;
  const to = at + 1000 - sent;
  // No time fits all: a clock was set meanwhile, and what was known is worth nothing.
  const changed = from > high || to < low;
  low = changed ? from : Math.max(low, from);
  high = changed ? to : Math.min(high, to);
}

/** Milliseconds by which the service's clock is ahead of the phone's; 0 as long as nothing is known. */
const offset = () => (low === -Infinity ? 0 : Math.round((low + high) / 2));

/** Now, by the service's clock, in milliseconds. */
const now = () => Date.now() + offset();

function forget() {
  low = -Infinity;
  high = Infinity;
}

module.exports = { learn, offset, now, forget };
