// The service's clock, as far as its answers tell it.

// The Date header is cut to whole seconds, so each answer gives bounds for how far that clock is ahead of ours; many give
// narrow ones.
let lowest = -Infinity;
let highest = Infinity;

/** Learns from the Date header of an answer to a request, which was sent and received at these times of our clock. */
export function heard(date, sent, received) {
  const at = Date.parse(date);
  if (Number.isNaN(at)) return;
  const [low, high] = [at - received, at + 1000 - sent];
  if (low > highest || high < lowest) [lowest, highest] = [-Infinity, Infinity]; // one of the clocks was set
  lowest = Math.max(lowest, low);
  highest = Math.min(highest, high);
}

/** Returns the service's time, in milliseconds since 1970. */
export function now() { return Date.now() + (Number.isFinite(lowest) ? (lowest + highest) / 2 : 0); }

/** Returns how many milliseconds an instant of the service is ahead; negative when it has passed. */
export function until(instant) { return Date.parse(instant) - now(); }

/** Returns a time as 1:05; nothing is left below zero. */
export function digits(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [minutes, rest] = [Math.floor(seconds / 60), String(seconds % 60).padStart(2, '0')];
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

/** Returns the time of day of an instant, to the second. */
export function timeOfDay(instant) {
  return new Date(instant).toLocaleTimeString('en-GB', { hour12: false });
}
