// When an open page has to look again. Nothing is asked while nothing can have changed: a first look some time after the lock and
// after the draw, and every second or two only while one of them is due, more slowly each time that a look fails. Times are
// milliseconds of the service's clock.
const SOON = 1500;
const PATIENT = 15000; // what takes longer than two minutes is a draw that waits, and may wait for days
const SLOWEST = 60000;
const LONGEST = 2 ** 31 - 1; // of a timer

/** @returns {number|null} milliseconds until the next look, after so many that failed in a row; null: never */
function nextLook(event, now, failures = 0, random = Math.random()) {
  if (event.status !== 'init' && event.status !== 'opening') return null;
  const lockAt = Date.parse(event.lock_at);
  const drawAt = Date.parse(event.draw_at);
  // The random part keeps a thousand phones from asking in the same moment.
  const spread = 500 + 1000 * random;
  if (now < lockAt) return Math.min(lockAt - now + spread, LONGEST);
  if (event.status === 'opening' && event.fairness.lock && now < drawAt) return drawAt - now + spread;
  const due = now < drawAt ? lockAt : drawAt;
  const wait = now - due < 120000 ? SOON + 500 * random : PATIENT;
  return Math.min(wait * 2 ** failures, SLOWEST);
}

module.exports = { nextLook };
