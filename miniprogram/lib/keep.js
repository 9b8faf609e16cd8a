// What only the participant can keep, and what makes a later change of the draw show: the fingerprint and the rules he saw, his
// receipt, and the digest of the list as it was before the draw. The first that was seen stays, whatever comes later.

/**
 * @typedef {Object} Kept
 * @property {string} [manifest] the event's fingerprint as it was first shown on this phone
 * @property {string} [rules] the rules' text, kept on joining
 * @property {import('./lottery').Receipt} [receipt]
 * @property {{digest: string, sig: string, seen: number}} [lock] seen before the draw, at a time of this phone's clock
 */

const keyOf = (id) => `kept:${id}`;

/** @returns {Kept} */
const of = (id) => wx.getStorageSync(keyOf(id)) || {};

function save(id, kept) {
  wx.setStorageSync(keyOf(id), kept);
}

/**
 * An event is being shown. Whether that is before the draw is for the phone's own clock to say: the service is the one that is
 * checked.
 */
function saw(event, now) {
  const kept = of(event.id);
  const { manifest, lock } = event.fairness;
  const early = lock && event.status === 'opening' && now < Date.parse(event.draw_at);
  if (kept.manifest && (kept.lock || !early)) return;
  if (!kept.manifest) kept.manifest = manifest;
  if (early && !kept.lock) kept.lock = { digest: lock.digest, sig: lock.sig, seen: now };
  save(event.id, kept);
}

/** The user has joined, or asks again for what joining had answered: the receipt is the newest, since leaving makes it void. */
function joined(event, answer) {
  const kept = of(event.id);
  save(event.id, { manifest: event.fairness.manifest, rules: event.fairness.rules_text, ...kept, receipt: answer.receipt });
}

/** The user has left: his receipt would accuse the service of having dropped him. */
function left(id) {
  const kept = of(id);
  delete kept.receipt;
  save(id, kept);
}

module.exports = { of, saw, joined, left };
