// The parts that need neither a phone nor a service.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const base64 = require('../lib/base64');
const clock = require('../lib/clock');
const draft = require('../lib/draft');
const keep = require('../lib/keep');
const link = require('../lib/link');
const { nextLook } = require('../lib/schedule');
const timers = require('../lib/timers');
const vdraw = require('../lib/vdraw');
const words = require('../lib/words');

const testdata = path.join(__dirname, '..', '..', 'shared', 'vdraw', 'testdata');
const at = (s) => new Date(1000 * s).toISOString();
const event = (more) => ({ id: 'x', status: 'init', lock_at: at(1000), draw_at: at(1060), fairness: { manifest: 'aa' }, ...more });

test('the checker, as a mini program loads it, agrees with the published example', () => {
  const proof = fs.readFileSync(path.join(testdata, 'example.proof.json'), 'utf8');
  const tickets = new Uint8Array(fs.readFileSync(path.join(testdata, 'example.tickets.bin')));
  const report = vdraw.check(proof, { tickets });
  assert.equal(report.failed, false);
  assert.equal(report.steps[8].status, 'ok');
  tickets[5] ^= 1;
  assert.equal(vdraw.check(proof, { tickets }).failed, true);
});

test('base64 agrees with node, and refuses what is none', () => {
  for (let n = 0; n < 70; n++) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 37 + n * 11) & 255);
    assert.deepEqual(base64.decode(Buffer.from(bytes).toString('base64')), bytes);
  }
  for (const bad of ['a', 'ab', 'abc', 'ab-_', '====', 'a===', 'ab=c', ' abc', 'abc\n']) assert.throws(() => base64.decode(bad), RangeError, bad);
});

test('the service\'s clock is known better with each answer, and anew after a clock was set', () => {
  const real = 100400; // the service's time when the phone says 0
  const learn = (sent, received) => {
    const seen = Math.floor((real + (sent + received) / 2) / 1000) * 1000;
    clock.learn(new Date(seen).toUTCString(), sent, received);
  };
  clock.forget();
  assert.equal(clock.offset(), 0);
  learn(0, 100);
  assert.ok(Math.abs(clock.offset() - real) <= 600);
  for (let t = 0; t < 20000; t += 1130) learn(t, t + 80);
  assert.ok(Math.abs(clock.offset() - real) <= 100, String(clock.offset()));
  clock.learn('nonsense', 0, 1);
  clock.learn(undefined, 0, 1);
  assert.ok(Math.abs(clock.offset() - real) <= 100);
  clock.learn(new Date(500000).toUTCString(), 30000, 30080);
  assert.ok(Math.abs(clock.offset() - 470000) <= 600);
  clock.forget();
});

test('an open page looks again around the lock and the draw only', () => {
  const look = (more, s, failures) => nextLook(event(more), 1000 * s, failures, 0.5);
  const locked = { status: 'opening', fairness: { lock: {} } };
  assert.equal(look({}, 400), 601000, 'once, a second after the lock');
  assert.ok(look({}, -1e9) < 2 ** 31);
  assert.equal(look({ status: 'opening' }, 1002), 1750, 'the list is due');
  assert.equal(look({}, 1002), 1750, 'an answer from before the lock');
  assert.equal(look(locked, 1005), 56000, 'nothing until the draw');
  assert.equal(look(locked, 1061), 1750, 'the result is due');
  assert.equal(look({ ...locked, status: 'opening' }, 1300), 15000, 'a draw that waits');
  assert.equal(look({ status: 'opening' }, 1002, 2), 7000, 'twice failed');
  assert.equal(look({ status: 'opening' }, 1002, 60), 60000);
  assert.equal(look({ status: 'opened' }, 1061), null);
  assert.equal(look({ status: 'canceled' }, 10), null);
});

test('a count-down says what is waited for', () => {
  const say = (more, s) => Object.values(words.countDown(event(more), 1000 * s) || {}).join(' ');
  assert.equal(say({}, 997.5), '距报名截止 00:00:03');
  assert.equal(say({}, 1000 - 93784), '距报名截止 1 天 02:03:04');
  assert.match(say({ status: 'opening' }, 1000), /距开奖 00:01:00/);
  assert.match(say({ status: 'opening' }, 1060), /正在开奖/);
  assert.match(say({ status: 'opening', fairness: { waiting_for_round: 7 } }, 1065), /等待公开随机数/);
  assert.equal(say({ status: 'opened' }, 1060), '');
});

test('an event is found by query and by scene', () => {
  assert.equal(link.idOf({ id: 'abc' }), 'abc');
  assert.equal(link.idOf({ scene: 'e%3Dab-_c' }), 'ab-_c');
  assert.equal(link.idOf({ scene: 'e=abc' }), 'abc');
  assert.equal(link.idOf({ scene: '%E0%A4%A' }), '');
  assert.equal(link.idOf({}), '');
});

test('a refusal is put beside its field', () => {
  const beside = (code, message) => words.beside({ code, message, status: 400 }).field;
  assert.equal(beside('invalid_title', ''), 'title');
  assert.equal(beside('invalid_claim_terms', ''), 'claim_terms');
  assert.equal(beside('invalid_cursor', ''), '');
  assert.equal(beside('text_rejected', 'conditions has a word of …'), 'conditions');
  assert.equal(beside('text_rejected', 'prizes[3].name has a word of …'), 'prizes');
  assert.equal(beside('text_rejected', 'a text was refused'), '');
  assert.match(words.beside({ code: 'invalid_prizes', message: 'prizes[3].name is empty' }).text, /^第 4 个奖品：/);
  assert.equal(words.sentence({ status: 429, code: 'http_429' }), words.sentence({ status: 429, code: 'rate_limited' }));
  assert.ok(words.sentence(new Error('anything')));
});

test('a time that was picked becomes an instant, and nothing picked none', () => {
  const text = draft.instant('2026-08-07', '10:39');
  assert.match(text, /^2026-08-0\dT\d\d:\d9:00Z$/);
  assert.equal(new Date(text).getTime(), new Date(2026, 7, 7, 10, 39).getTime());
  assert.equal(draft.instant('', '10:39'), '');
  assert.equal(draft.instant('2026-08-07', ''), '');
});

test('the first digest seen before the draw stays; none is taken later', () => {
  const stored = {};
  const own = Object.getOwnPropertyDescriptor(global, 'wx');
  Object.defineProperty(global, 'wx', { configurable: true,
    value: { getStorageSync: (k) => stored[k] || '', setStorageSync: (k, v) => { stored[k] = v; } } });
  const locked = (digest, manifest = 'aa') => event({ status: 'opening', fairness: { manifest, lock: { digest, sig: 's' } } });
  keep.saw(locked('late'), 1060001);
  assert.deepEqual(keep.of('x'), { manifest: 'aa' });
  keep.saw(event({ ...locked('opened'), status: 'opened' }), 1001000);
  assert.equal(keep.of('x').lock, undefined);
  keep.saw(locked('first'), 1001000);
  keep.saw(locked('other', 'bb'), 1002000);
  assert.deepEqual(keep.of('x'), { manifest: 'aa', lock: { digest: 'first', sig: 's', seen: 1001000 } });
  keep.joined(event({ fairness: { manifest: 'bb', rules_text: 'r' } }), { receipt: { ticket: 't' } });
  assert.equal(keep.of('x').manifest, 'aa');
  assert.deepEqual(keep.of('x').receipt, { ticket: 't' });
  keep.left('x');
  assert.equal(keep.of('x').receipt, undefined);
  assert.equal(keep.of('x').lock.digest, 'first');
  if (own) Object.defineProperty(global, 'wx', own);
});

test('timers end with their owner', async () => {
  const [a, b] = [{}, {}];
  const rang = [];
  timers.after(a, 'x', 5, () => rang.push('replaced'));
  timers.after(a, 'x', 5, () => rang.push('a'));
  timers.after(b, 'x', 5, () => rang.push('b'));
  timers.clearAll(b);
  timers.clearAll({});
  await new Promise((resolve) => { setTimeout(resolve, 30); });
  assert.deepEqual(rang, ['a']);
  assert.equal(timers.count(a), 0);
});
