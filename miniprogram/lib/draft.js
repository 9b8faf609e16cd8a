// A lottery being written. It survives a closed program and an answer that got lost: the key makes a second try the same lottery.
const STORED = 'draft';

const empty = () => ({
  title: '', description: '', prizes: [{ name: '', quantity: '1', value: '' }], date: '', time: '', organiser: 'private',
  conditions: '', claimTerms: '',
});

// Not a secret, only never the same twice.
const newKey = () => [Date.now(), Math.random(), Math.random()].map((n) => n.toString(36).replace('0.', '')).join('-');

/**
 * form: the fields as they are shown. key: of this lottery. sent: the body of a try that had no answer yet.
 * @returns {{form: any, key: string, sent?: any}}
 */
function load() {
  const stored = wx.getStorageSync(STORED);
  return stored || save({ form: empty(), key: newKey() });
}

function save(draft) {
  wx.setStorageSync(STORED, draft);
  return draft;
}

function drop() {
  wx.removeStorageSync(STORED);
}

/** The instant of a date and a time that were picked, in the phone's zone, as the service wants it; '' without both. */
function instant(date, time) {
  const [y, m, d] = date.split('-').map(Number);
  const [h, min, s] = time.split(':').map(Number);
  const at = new Date(y, m - 1, d, h, min, s || 0);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString().replace('.000Z', 'Z');
}

// A number that is none goes as it was written: the service says where, and the form shows it there.
const number = (text) => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : -1);

function prizeOf(row) {
  const prize = { name: row.name, quantity: number(row.quantity) };
  return row.value.trim() === '' ? prize : { ...prize, value_cny: number(row.value) };
}

/** The body of POST /events. */
function bodyOf(form, notify) {
  return {
    title: form.title,
    description: form.description,
    draw_at: instant(form.date, form.time),
    prizes: form.prizes.map(prizeOf),
    organiser: form.organiser,
    conditions: form.conditions,
    claim_terms: form.claimTerms,
    notify,
  };
}

/** The body of the try before, if it said the same: then it has to go again as it was, consent included. */
function again(draft) {
  if (!draft.sent) return undefined;
  const now = JSON.stringify(bodyOf(draft.form, draft.sent.notify));
  return now === JSON.stringify(draft.sent) ? draft.sent : undefined;
}

module.exports = { empty, load, save, drop, newKey, bodyOf, again, instant };
