// Rechecks a draw on the phone: gathers what the service publishes and what this phone has kept, and gives both to the checker.
const config = require('../config');
const api = require('./api');
const base64 = require('./base64');
const keep = require('./keep');
const lottery = require('./lottery');
const sleep = require('./sleep');
const vdraw = require('./vdraw');

/** The whole frozen list, page by page; undefined where it is too long to fetch, so that the report names what is missing. */
async function listOf(id, count) {
  if (!(count <= config.maxTickets)) return undefined;
  const parts = [];
  for (let from = 0; from < count;) {
    const page = await lottery.tickets(id, from);
    const bytes = base64.decode(page.tickets);
    if (bytes.length === 0) break; // a shorter list than was promised: the checker says so
    parts.push(bytes);
    from += Math.ceil(bytes.length / 16);
  }
  return joinBytes(parts);
}

function joinBytes(parts) {
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  parts.reduce((at, p) => {
    out.set(p, at);
    return at + p.length;
  }, 0);
  return out;
}

/** My place in the list; undefined for one who did not join, or of whom the service says so. */
async function placeOf(id) {
  try {
    return await lottery.ticket(id);
  } catch (e) {
    if (e.code === 'not_joined') return undefined;
    throw e;
  }
}

// A development chain is no secret and proves nothing, so its place may come from the service that is checked.
async function chainsOf(event) {
  if (!config.local || event.fairness.label !== 'development-beacon') return [];
  const info = await api.ask(`${config.local.chains}/${event.fairness.chain}/info`);
  return [{ hash: info.hash, genesis: info.genesis_time, period: info.period }];
}

function given(kept, place, more) {
  const all = {
    ...more,
    manifest: kept.manifest,
    rules: kept.rules,
    lock: kept.lock && kept.lock.digest,
    receipt: kept.receipt || (place && place.receipt),
    ticket: place && place.ticket,
    index: place && place.index,
    path: place && place.path,
    key: config.operatorKey || undefined,
  };
  Object.keys(all).forEach((k) => all[k] === undefined && delete all[k]);
  return all;
}

/**
 * @param {import('./lottery').Lottery} event
 * @returns {Promise<{report: any, kept: keep.Kept}>} the checker's report on ten steps, and what of it this phone had kept
 */
async function check(event) {
  const proof = await lottery.proof(event.id);
  const [tickets, place, chains] = await Promise.all([
    listOf(event.id, countIn(proof)), placeOf(event.id), chainsOf(event),
  ]);
  const kept = keep.of(event.id);
  return { report: await vdraw.checkInSlices(proof, given(kept, place, { tickets, chains }), () => sleep(0)), kept };
}

// The proof itself goes to the checker as text: a field that is there twice shows only there.
function countIn(proof) {
  try {
    return JSON.parse(proof).lock.count;
  } catch (e) {
    return NaN;
  }
}

module.exports = { check };
