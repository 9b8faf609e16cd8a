// The checker against the published vectors, against node's own crypto, and against proofs made to deceive it.
import test from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import vm from 'node:vm';
import * as vdraw from './vdraw.mjs';

const { check, checkInSlices, hex, unhex, u32, u64, sha256, QUICKNET } = vdraw;

const testdata = new URL('../shared/vdraw/testdata/', import.meta.url);
const source = fs.readFileSync(new URL('vdraw.mjs', import.meta.url), 'utf8');
const vectors = JSON.parse(fs.readFileSync(new URL('vectors.json', testdata), 'utf8'));
const exampleText = fs.readFileSync(new URL('example.proof.json', testdata), 'utf8');
const exampleTickets = new Uint8Array(fs.readFileSync(new URL('example.tickets.bin', testdata)));
const draws = Object.fromEntries(vectors.draws.map((d) => [d.name[0], d]));
const zeros = '0'.repeat(64);

const example = () => JSON.parse(exampleText);
const clone = (x) => JSON.parse(JSON.stringify(x));
const random = (seed) => () => {
  // mulberry32
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const step = (report, number) => report.steps[number - 1];
const codes = (report) => report.steps.map((s) => s.code);
const failures = (report) => report.steps.filter((s) => s.status === 'failed').map((s) => s.code);
const names = (report, word) => report.unchecked.some((line) => line.includes(word));

// What holds for every report, whatever was checked.
function sound(report) {
  assert.deepEqual(Object.keys(report),
    ['steps', 'unchecked', 'uncheckedZh', 'late', 'trusted', 'failed', 'exit']);
  assert.deepEqual(report.steps.map((s) => s.name),
    ['format', 'manifest', 'commit', 'chain', 'beacon', 'lock', 'seed', 'draw', 'tickets', 'my-ticket']);
  report.steps.forEach((s, i) => {
    assert.equal(s.number, i + 1);
    assert.ok(['ok', 'failed', 'unchecked'].includes(s.status));
    assert.ok(s.text && s.textZh && !/\{\}|undefined/.test(s.text + s.textZh), s.code);
    assert.match(s.textZh, /[\u4e00-\u9fff]/);
    if (s.status === 'unchecked') assert.ok(names(report, `Step ${s.number} (${s.name})`), s.code);
  });
  assert.equal(report.failed, report.steps.some((s) => s.status === 'failed'));
  assert.equal(report.exit, report.failed ? 1 : report.late || report.trusted ? 3 : 0);
  assert.equal(report.unchecked.length, report.uncheckedZh.length);
  assert.ok(names(report, 'Ed25519'));
  assert.ok(names(report, 'BLS') || report.trusted);
  assert.notEqual(step(report, 5).status, 'ok');
  return report;
}

const checked = (proof, given) => sound(check(proof, given));

function openidsOf(inputs) {
  if (inputs.openids) return inputs.openids;
  assert.match(inputs.openids_rule, /^openid_i = "openid-%07d" \(7 digits, zero padded\)/);
  return Array.from({ length: inputs.openids_count }, (_, i) => `openid-${String(i).padStart(7, '0')}`);
}

function ticketsOf(inputs) {
  const tickets = openidsOf(inputs).map((openid) =>
    hex(vdraw.ticketOf(unhex(inputs.ticket_key), unhex(inputs.event_id), openid)));
  return unhex(tickets.sort().join(''));
}

const ticketAt = (tickets, i) => hex(tickets.subarray(16 * i, 16 * i + 16));

// A whole proof, right in every hash, from whatever event and beacon: what an operator free to invent can make.
function prove({ event, secret, tickets, lateRound, signature, round, paths = true }) {
  const e = { ...event };
  e.commit = hex(vdraw.commitOf(unhex(e.id), unhex(secret)));
  const manifest = vdraw.manifestDigest(e);
  const count = tickets.length / 16;
  const root = vdraw.rootOf(tickets);
  const digest = vdraw.lockDigest(manifest, count, root, lateRound);
  const lock = { count, root: hex(root), digest: hex(digest), secret };
  if (lateRound !== undefined) lock.late_round = lateRound;
  const beacon = e.mode === 1 ? { round: round ?? lateRound ?? e.round, signature } : null;
  const seed = vdraw.seedOf(digest, unhex(secret), beacon ? sha256(unhex(signature)) : new Uint8Array(32));
  const winners = vdraw.picks(seed, count, e.winners).map((index) => {
    const w = { index, ticket: ticketAt(tickets, index) };
    if (paths) w.path = vdraw.pathOf(tickets, index).map(hex);
    return w;
  });
  return { spec: 'vdraw/1', event: e, manifest: hex(manifest), lock, beacon, seed: hex(seed), winners };
}

function eventOf(inputs) {
  const { event_id: id, seq, prev, mode, lock_time, draw_time, chain, round, winners } = inputs;
  return {
    id, seq, prev, mode, lock_time, draw_time, chain, round, winners, commit: '',
    rules: hex(vdraw.rulesDigest(inputs.rules_text)),
  };
}

function partsOf(draw) {
  const i = draw.inputs;
  return {
    event: eventOf(i), secret: i.secret, tickets: ticketsOf(i), lateRound: i.late_round, signature: i.beacon_signature,
  };
}

function beforeDraw(proof) {
  const p = clone(proof);
  delete p.seed;
  delete p.winners;
  p.beacon = null;
  if (p.event.mode === 0) p.lock.secret = null;
  return p;
}

const sectionTests = {
  spec: (spec) => assert.equal(spec, 'vdraw/1'),
  generator: (text) => assert.equal(typeof text, 'string'),
  chain(chain) {
    assert.deepEqual({ ...QUICKNET }, {
      hash: chain.chain_hash, publicKey: chain.public_key, genesis: chain.genesis_time, period: chain.period,
      scheme: chain.scheme,
    });
    assert.ok(Object.isFrozen(QUICKNET));
  },
  round_for_time(rows) {
    for (const row of rows) {
      assert.equal(vdraw.roundAt(row.draw_time), row.round);
      assert.equal(vdraw.timeOf(row.round), row.round_time);
    }
  },
  draws: (rows) => rows.forEach(drawTest),
  picks: (rows) => rows.forEach(picksTest),
  merkle(merkle) {
    assert.equal(merkle.rule, 'leaf data i = u32be(i) repeated 4 times (16 bytes)');
    for (const row of merkle.roots) assert.equal(hex(vdraw.rootOf(countingTickets(row.count))), row.root);
  },
  receipt: receiptTest,
  beacons_valid(rows) {
    for (const row of rows) assert.equal(hex(vdraw.beaconOf(unhex(row.signature))), row.randomness);
  },
  beacons_invalid: invalidBeaconsTest,
};

for (const [section, content] of Object.entries(vectors)) {
  test(`vectors: ${section}`, () => {
    assert.ok(Object.hasOwn(sectionTests, section), `unknown section ${section}`);
    sectionTests[section](content);
  });
}

test('no section of the vectors is missing', () => {
  assert.deepEqual(Object.keys(sectionTests).sort(), Object.keys(vectors).sort());
});

function countingTickets(count) {
  const out = new Uint8Array(16 * count);
  for (let i = 0; i < count; i++) for (let at = 0; at < 16; at += 4) out.set(u32(i), 16 * i + at);
  return out;
}

function drawTest(draw) {
  const { inputs, expect } = draw;
  const parts = partsOf(draw);
  const proof = prove(parts);
  const beacon = proof.beacon ? vdraw.beaconOf(unhex(proof.beacon.signature)) : new Uint8Array(32);
  const got = {
    commit: proof.event.commit,
    rules: proof.event.rules,
    manifest_bytes: hex(vdraw.manifestBytes(proof.event)),
    manifest_digest: proof.manifest,
    count: proof.lock.count,
    root: proof.lock.root,
    tickets_bin_sha256: hex(sha256(parts.tickets)),
    lock_digest: proof.lock.digest,
    beacon: hex(beacon),
    seed: proof.seed,
    picks: proof.winners.map((w) => w.index),
    rejected: 0,
    winning_tickets: proof.winners.map((w) => w.ticket),
    tickets_sorted: Array.from({ length: proof.lock.count }, (_, i) => ticketAt(parts.tickets, i)),
  };
  const picker = new vdraw.Picker(unhex(proof.seed), proof.lock.count);
  proof.winners.forEach(() => picker.next());
  got.rejected = picker.rejected;
  for (const key of Object.keys(expect)) assert.deepEqual(got[key], expect[key], `${draw.name}: ${key}`);
  for (const row of draw.paths || []) {
    const path = row.path.map(unhex);
    assert.equal(ticketAt(parts.tickets, row.index), row.ticket);
    assert.deepEqual(vdraw.pathOf(parts.tickets, row.index), path);
    assert.ok(vdraw.verifyPath(unhex(row.ticket), row.index, expect.count, path, unhex(expect.root)));
  }
  const report = checked(proof, {
    manifest: expect.manifest_digest, lock: expect.lock_digest, rules: inputs.rules_text, tickets: parts.tickets,
    ticket: ticketAt(parts.tickets, 0),
  });
  assert.equal(report.failed, false, draw.name);
  assert.equal(report.late, inputs.late_round !== undefined);
  assert.equal(report.trusted, inputs.mode === 0);
}

function picksTest(row) {
  const picker = new vdraw.Picker(unhex(row.seed), row.m);
  const got = Array.from({ length: Math.min(row.m, row.n) }, () => picker.next());
  assert.deepEqual(vdraw.picks(unhex(row.seed), row.m, row.n), got);
  assert.equal(picker.rejected, row.rejected, row.name);
  if (row.picks) return assert.deepEqual(got, row.picks, row.name);
  assert.equal(hex(sha256([].concat(...got.map((k) => [...u32(k)])))), row.picks_sha256_u32be);
  assert.deepEqual(got.slice(0, row.first.length), row.first);
  return assert.deepEqual(got.slice(-row.last.length), row.last);
}

function receiptTest(receipt) {
  const draw = draws[receipt.draw];
  const message = vdraw.receiptMessage(unhex(draw.expect.manifest_digest), unhex(receipt.ticket), receipt.joined_at);
  assert.equal(hex(message), receipt.message);
  const mine = {
    manifest: draw.expect.manifest_digest, ticket: receipt.ticket, joined_at: receipt.joined_at,
    signature: receipt.signature, key: receipt.public_key,
  };
  const report = checked(prove(partsOf(draw)), { receipt: mine, key: receipt.public_key, tickets: exampleTickets });
  assert.equal(step(report, 10).code, 'mine-ok');
  assert.ok(names(report, 'Ed25519'));
}

// Wrong lengths and impossible rounds are refused; of the others only BLS can tell.
function invalidBeaconsTest(rows) {
  const refused = [];
  const unchecked = [];
  const base = partsOf(draws.B);
  for (const row of rows) {
    const round = Number(row.round);
    const possible = Number.isSafeInteger(round) && round > 0;
    const drawTime = possible ? vdraw.timeOf(round) : base.event.draw_time;
    const proof = prove({
      ...base,
      event: { ...base.event, draw_time: drawTime, lock_time: drawTime - 60, round: possible ? round : 1 },
      signature: row.signature,
      paths: false,
    });
    if (!possible) proof.beacon.round = round;
    const report = checked(proof);
    if (report.failed) {
      assert.deepEqual(failures(report), ['format-field'], row.id);
      refused.push(row.id);
    } else {
      assert.equal(step(report, 5).code, 'beacon-unchecked');
      unchecked.push(row.id);
    }
  }
  assert.deepEqual(refused, ['round-zero', 'uint64-max-round', 'empty', 'one-byte', 'truncated-47', 'appended-49',
    'uncompressed-96', 'concatenated-96']);
  assert.deepEqual(unchecked, ['wrong-round', 'compression-clear', 'infinity-set', 'infinity-zero', 'infinity-sign-set',
    'all-zero', 'all-ff', 'x-p-minus-one', 'x-p', 'x-p-plus-one', 'x-max', 'order-three-sign-clear',
    'order-three-sign-set', 'off-curve', 'sign-flip', 'last-x-bit-flip', 'first-x-bit-flip', 'x-plus-p-alias',
    'generator']);
}

test('SHA-256 and HMAC agree with node for every length around block ends', () => {
  for (let n = 0; n <= 260; n++) {
    const m = Uint8Array.from({ length: n }, (_, i) => (i * 7 + n) & 255);
    assert.equal(hex(sha256(m)), crypto.createHash('sha256').update(m).digest('hex'));
    assert.equal(hex(vdraw.hmacSha256(m, m)), crypto.createHmac('sha256', m).update(m).digest('hex'));
  }
  const long = new Uint8Array(1000003).fill(97);
  assert.equal(hex(sha256(long)), crypto.createHash('sha256').update(long).digest('hex'));
});

test('bytes may be views, buffers and arrays; nothing else', () => {
  const backing = new Uint8Array([9, 1, 2, 3, 9]);
  const want = hex(sha256([1, 2, 3]));
  assert.equal(hex(sha256(backing.subarray(1, 4))), want);
  assert.equal(hex(sha256(backing.slice(1, 4).buffer)), want);
  assert.equal(hex(sha256(Int8Array.of(-1))), hex(sha256([255])));
  for (const bad of ['abc', null, undefined, 3, {}, [256], [-1], [1.5], ['1'], [, 1], new Uint16Array(2),
    new DataView(new ArrayBuffer(2)), { length: 2 }]) {
    assert.throws(() => sha256(bad), RangeError);
  }
});

test('UTF-8 agrees with node, and lone surrogates are refused', () => {
  for (const text of ['', 'plain', 'é ß', '规则:每人一票,共十名中奖者。\n', '🎉🎁👨‍👩‍👧', '\u0000\u007f\u0080\u07ff\u0800\uffff',
    '\ud800\udc00\udbff\udfff', 'a🎉b用户七']) {
    assert.equal(hex(vdraw.utf8(text)), Buffer.from(text, 'utf8').toString('hex'));
  }
  for (const text of ['\ud800', 'a\udc00', '\udc00\ud800', '\ud800\ud800\udc00', '🎉\ud83c']) {
    assert.throws(() => vdraw.utf8(text), /lone surrogate/);
    assert.equal(failures(checked(example(), { rules: text }))[0], 'rules-differ');
  }
  assert.throws(() => vdraw.utf8(5), RangeError);
});

test('hex is strict and lower-case', () => {
  assert.equal(hex(unhex('00ff10')), '00ff10');
  for (const bad of ['0', 'AB', '0g', ' 00', '00\n', '0x00', null, 12, ['00']]) assert.throws(() => unhex(bad), RangeError);
});

test('integers are big-endian and safe', () => {
  assert.equal(hex(u32(0xfffefdfc)), 'fffefdfc');
  assert.equal(hex(u64(2 ** 53 - 1)), '001fffffffffffff');
  assert.equal(hex(u64(2 ** 32)), '0000000100000000');
  for (const bad of [-1, 1.5, 2 ** 53, NaN, Infinity, '1', null, undefined]) {
    assert.throws(() => u64(bad), RangeError);
    assert.throws(() => u32(bad), RangeError);
  }
  assert.throws(() => u32(2 ** 32), RangeError);
});

test('round and time of a chain are inverse, and nothing is before round 1', () => {
  const chain = { genesis: 1000, period: 7 };
  assert.equal(vdraw.roundAt(0, chain), 1);
  assert.equal(vdraw.roundAt(1000, chain), 1);
  for (let t = 1000; t < 1100; t++) {
    const round = vdraw.roundAt(t, chain);
    assert.ok(vdraw.timeOf(round, chain) >= t && (round === 1 || vdraw.timeOf(round - 1, chain) < t));
  }
  const far = Number.MAX_SAFE_INTEGER;
  assert.ok(vdraw.roundAt(far) > vdraw.roundAt(far - 3));
  assert.throws(() => vdraw.timeOf(0), RangeError);
  assert.throws(() => vdraw.timeOf(far), RangeError);
  assert.throws(() => vdraw.roundAt(1, { genesis: 1, period: 0 }), RangeError);
});

test('primitives refuse wrong lengths', () => {
  const b = (n) => new Uint8Array(n);
  assert.throws(() => vdraw.commitOf(b(15), b(32)), RangeError);
  assert.throws(() => vdraw.commitOf(b(16), b(31)), RangeError);
  assert.throws(() => vdraw.beaconOf(b(96)), RangeError);
  assert.throws(() => vdraw.seedOf(b(32), b(32), b(31)), RangeError);
  assert.throws(() => vdraw.lockDigest(b(32), -1, b(32)), RangeError);
  assert.throws(() => vdraw.rootOf(b(17)), RangeError);
  assert.throws(() => vdraw.pathOf(b(16), 1), RangeError);
  assert.throws(() => vdraw.manifestBytes({ ...example().event, id: 'ff' }), RangeError);
  assert.throws(() => vdraw.manifestBytes({ ...example().event, mode: 2 }), RangeError);
  assert.equal(vdraw.manifestBytes(example().event).length, 181);
});

test('the lock message is what the operator signs', () => {
  assert.equal(hex(vdraw.lockMessage(new Uint8Array(32))), Buffer.from('vdraw/1/locked\0').toString('hex') + zeros);
});

// The definition of RFC 9162, written down recursively with node's hash.
function rootByDefinition(tickets) {
  const h = (...parts) => crypto.createHash('sha256').update(Buffer.concat(parts)).digest();
  const n = tickets.length / 16;
  if (n === 0) return h();
  if (n === 1) return h(Buffer.of(0), tickets);
  let k = 1;
  while (2 * k < n) k *= 2;
  return h(Buffer.of(1), rootByDefinition(tickets.subarray(0, 16 * k)), rootByDefinition(tickets.subarray(16 * k)));
}

test('the tree agrees with its definition, in pieces and whole, and every path holds at its place only', () => {
  for (let n = 0; n <= 40; n++) {
    const tickets = countingTickets(n);
    const root = vdraw.rootOf(tickets);
    assert.equal(hex(root), rootByDefinition(tickets).toString('hex'));
    const tree = new vdraw.TreeHasher();
    for (let at = 0; at < n; at += 3) tree.add(tickets.subarray(16 * at, 16 * Math.min(at + 3, n))).root();
    assert.deepEqual(tree.root(), root);
    for (let i = 0; i < n; i++) {
      const path = vdraw.pathOf(tickets, i);
      const ticket = tickets.subarray(16 * i, 16 * i + 16);
      const holds = (index, count, p) => vdraw.verifyPath(ticket, index, count, p, root);
      assert.ok(holds(i, n, path));
      for (let j = 0; j < n + 2; j++) if (j !== i) assert.ok(!holds(j, n, path));
      assert.ok(!holds(i, n, path.concat([root])));
      assert.ok(n === 1 || !holds(i, n, path.slice(1)));
      assert.ok(n === 1 || !holds(i, n, path.slice(0, -1)));
    }
  }
});

test('a path longer than its tree is refused, even where its hashes end in the root', () => {
  const two = countingTickets(2);
  const left = vdraw.rootOf(two.subarray(0, 16));
  assert.ok(vdraw.verifyPath(two.subarray(16), 1, 2, [left], vdraw.rootOf(two)));
  assert.ok(!vdraw.verifyPath(two.subarray(16), 0, 1, [left], vdraw.rootOf(two)));
});

test('a list of 100,000 tickets', () => {
  const tickets = countingTickets(1e5);
  assert.equal(hex(vdraw.rootOf(tickets)), rootByDefinition(tickets).toString('hex'));
  const path = vdraw.pathOf(tickets, 99999);
  assert.ok(vdraw.verifyPath(tickets.subarray(-16), 99999, 1e5, path, vdraw.rootOf(tickets)));
});

test('10,000 winners of 10,000,000 are different people, and reserves follow on', () => {
  const seed = sha256([1]);
  const winners = vdraw.picks(seed, 1e7, 1e4);
  const more = vdraw.reserves(seed, 1e7, 1e4, 50);
  assert.equal(new Set(winners.concat(more)).size, 10050);
  assert.ok(winners.every((k) => Number.isInteger(k) && k >= 0 && k < 1e7));
  assert.deepEqual(vdraw.picks(seed, 1e7, 10050), winners.concat(more));
  assert.deepEqual(vdraw.reserves(seed, 5, 5, 3), []);
  assert.deepEqual(vdraw.reserves(seed, 5, 3, 9), vdraw.picks(seed, 5, 5).slice(3));
  assert.equal(new vdraw.Picker(seed, 0).next(), -1);
});

const rulesB = draws.B.inputs.rules_text;
const everything = (p = example()) => ({ manifest: p.manifest, lock: p.lock.digest, rules: rulesB, tickets: exampleTickets });

test('the example: nothing fails, and what was not checked is named', () => {
  const report = checked(exampleText, { ...everything(), ticket: ticketAt(exampleTickets, 475) });
  assert.deepEqual(codes(report), ['format-ok', 'manifest-ok', 'commit-ok', 'chain-ok', 'beacon-unchecked', 'lock-ok',
    'seed-ok', 'draw-ok', 'tickets-ok', 'mine-ok']);
  assert.equal(report.exit, 0);
  assert.equal(report.unchecked.length, 5);
  for (const word of ['BLS', 'Ed25519', 'no signature of the operator', 'other events', 'real people']) {
    assert.ok(names(report, word), word);
  }
});

test('the example alone: everything not given is named', () => {
  const report = checked(example());
  assert.equal(report.exit, 0);
  assert.deepEqual(codes(report).slice(5), ['lock-alone', 'seed-ok', 'draw-ok', 'tickets-path-ok', 'mine-not-given']);
  for (const word of ['BLS', 'Ed25519', 'shown at join', 'rules', 'Time of lock not proven', 'whole list', 'ticket of yours']) {
    assert.ok(names(report, word), word);
  }
});

test('tickets may be an ArrayBuffer or a view into a larger one', () => {
  const larger = new Uint8Array(exampleTickets.length + 7);
  larger.set(exampleTickets, 5);
  for (const tickets of [exampleTickets.slice().buffer, larger.subarray(5, 5 + exampleTickets.length)]) {
    assert.equal(step(checked(example(), { tickets }), 9).code, 'tickets-ok');
  }
});

test('mode 0 is trusted, late is late, one ticket wins', () => {
  const trusted = checked(prove(partsOf(draws.A)));
  assert.deepEqual([trusted.trusted, trusted.exit, step(trusted, 4).code, step(trusted, 5).code],
    [true, 3, 'chain-none', 'beacon-none']);
  assert.ok(names(trusted, 'operator has to be trusted'));
  const one = checked(prove(partsOf(draws.D)), { tickets: partsOf(draws.D).tickets });
  assert.equal(one.exit, 0);
  const parts = partsOf(draws.E);
  const late = checked(prove(parts), { lock: draws.E.expect.lock_digest });
  assert.deepEqual([late.late, late.exit, step(late, 4).code, step(late, 6).code], [true, 3, 'chain-late', 'lock-late']);
  assert.ok(names(late, 'Late: order of lock and round rests on the operator'));
  assert.ok(names(late, 'names no predecessor'));
  for (const lateRound of [parts.event.round, parts.event.round - 1]) {
    assert.deepEqual(failures(checked(prove({ ...parts, lateRound }))), ['chain-late-round']);
  }
  const denied = prove(parts);
  delete denied.lock.late_round;
  assert.deepEqual(failures(checked(denied)), ['beacon-round', 'lock-differs']);
});

test('before the draw: lock, list and my ticket can be checked already', () => {
  const report = checked(beforeDraw(example()), { ...everything(), ticket: ticketAt(exampleTickets, 3) });
  assert.deepEqual(codes(report).slice(4), ['not-drawn', 'lock-ok', 'not-drawn', 'not-drawn', 'tickets-list-ok', 'mine-ok']);
  assert.equal(report.exit, 0);
  const trusted = checked(beforeDraw(prove(partsOf(draws.A))));
  assert.equal(step(trusted, 3).code, 'secret-withheld');
  assert.equal(trusted.exit, 3);
});

test('an event without participants', () => {
  const proof = prove({ ...partsOf(draws.B), tickets: new Uint8Array(0) });
  assert.deepEqual([proof.winners, step(checked(proof), 9).code], [[], 'tickets-list-ok']);
  assert.deepEqual(failures(checked(proof, { ticket: '00'.repeat(16) })), ['mine-missing']);
  proof.lock.root = zeros;
  assert.ok(failures(checked(proof)).includes('tickets-root'));
});

test('a development chain has to be allowed, and is named', () => {
  const chain = { hash: '11'.repeat(32), genesis: 1700000000, period: 3 };
  const parts = partsOf(draws.B);
  parts.event = { ...parts.event, chain: chain.hash, round: vdraw.roundAt(parts.event.draw_time, chain) };
  const proof = prove(parts);
  assert.deepEqual(failures(checked(proof)), ['chain-unknown']);
  const report = checked(proof, { chains: [chain] });
  assert.equal(step(report, 4).code, 'chain-given-ok');
  assert.ok(names(report, 'a chain you named yourself'));
  for (const chains of [[{ hash: chain.hash }], [null], {}, 5, 'x', [{ ...chain, period: 0 }], [{ ...chain, hash: zeros }]]) {
    assert.deepEqual(failures(checked(proof, { chains })), ['chains-form']);
  }
  // Quicknet stays what it is, whatever a caller says of it.
  const bent = { hash: QUICKNET.hash, genesis: 1, period: 3 };
  assert.equal(step(checked(example(), { chains: [bent] }), 4).code, 'chain-ok');
});

// Every leaf of a JSON value with its path.
function leaves(x, path = []) {
  if (x === null || typeof x !== 'object') return [path];
  return Object.keys(x).flatMap((k) => leaves(x[k], path.concat(k)));
}

const parentOf = (x, path) => path.slice(0, -1).reduce((o, k) => o[k], x);
const last = (path) => path[path.length - 1];

function changed(value, at) {
  if (typeof value === 'number') return value + 1;
  if (!/^[0-9a-f]+$/.test(value)) return `${value}x`;
  const i = Math.floor(at * value.length);
  return value.slice(0, i) + (value[i] === '0' ? '1' : '0') + value.slice(i + 1);
}

function survivors(proof, given, mutate) {
  const out = [];
  for (const path of leaves(proof)) {
    const p = clone(proof);
    mutate(parentOf(p, path), last(path));
    if (!checked(p, given).failed) out.push(path.join('.'));
  }
  return out;
}

test('every single field changed is noticed, except what only a signature protects', () => {
  const proof = example();
  proof.lock.sig = '5a'.repeat(64);
  for (const at of [0, 0.5, 0.999]) {
    const change = (o, k) => { o[k] = changed(o[k], at); };
    assert.deepEqual(survivors(proof, everything(), change), ['lock.sig']);
    assert.deepEqual(survivors(proof, {}, change), ['lock.sig']);
  }
  const late = prove(partsOf(draws.E));
  late.lock.sig = '5a'.repeat(64);
  assert.deepEqual(survivors(late, {}, (o, k) => { o[k] = changed(o[k], 0); }), ['lock.sig']);
  const trusted = prove(partsOf(draws.A));
  trusted.beacon = null;
  assert.deepEqual(survivors(trusted, {}, (o, k) => { o[k] = o[k] === null ? {} : changed(o[k], 0); }), []);
});

test('without paths and list the winning tickets are not protected, and the report says so', () => {
  const proof = prove({ ...partsOf(draws.B), paths: false });
  const change = (o, k) => { o[k] = changed(o[k], 0.5); };
  assert.deepEqual(survivors(proof, {}, change), proof.winners.map((_, i) => `winners.${i}.ticket`));
  assert.ok(names(checked(proof), 'Step 9'));
  assert.deepEqual(survivors(proof, { tickets: exampleTickets }, change), []);
});

test('every field removed, added, emptied or of another type is refused', () => {
  const proof = example();
  proof.lock.sig = '5a'.repeat(64);
  assert.deepEqual(survivors(proof, {}, (o, k) => { if (Array.isArray(o)) o.pop(); else delete o[k]; }), ['lock.sig']);
  for (const value of [null, undefined, '', {}, [], true, NaN, 1.5, -1, 2 ** 53, 'AB'.repeat(32), new String(proof.seed)]) {
    assert.deepEqual(survivors(proof, {}, (o, k) => { o[k] = value; }), [], String(value));
  }
  assert.deepEqual(survivors(proof, {}, (o, k) => { o[k] = String(o[k]).toUpperCase(); }), []);
  for (const key of ['note', '__proto__', 'constructor', 'toString']) {
    for (const where of [[], ['event'], ['lock'], ['beacon'], ['winners', 3]]) {
      const p = example();
      Object.defineProperty(where.reduce((o, k) => o[k], p), key, { value: 1, enumerable: true });
      assert.deepEqual(failures(checked(p)), ['format-field']);
      assert.deepEqual(failures(checked(JSON.stringify(p))), ['format-field']);
    }
  }
});

test('ranges of the format', () => {
  const refuses = (mutate, base = example()) => {
    mutate(base);
    assert.deepEqual(failures(checked(base)), ['format-field'], String(mutate));
  };
  const trusted = () => prove(partsOf(draws.A));
  refuses((p) => { p.event.seq = 0; });
  refuses((p) => { p.event.seq = 1; });
  refuses((p) => { p.event.winners = 0; });
  refuses((p) => { p.event.winners = 2 ** 32; });
  refuses((p) => { p.lock.count = 2 ** 32; });
  refuses((p) => { p.event.lock_time = p.event.draw_time; });
  refuses((p) => { p.event.mode = 2; });
  refuses((p) => { p.event.round = 0; });
  refuses((p) => { p.lock.late_round = 0; });
  refuses((p) => { p.lock.secret = null; });
  refuses((p) => { p.beacon = null; });
  refuses((p) => { p.beacon.round = 0; });
  refuses((p) => { p.winners.pop(); });
  refuses((p) => { p.winners.push(p.winners[0]); });
  refuses((p) => { delete p.winners[4].path; });
  refuses((p) => { p.winners[4].path = Array(33).fill(zeros); });
  refuses((p) => { delete p.seed; });
  refuses((p) => { p.beacon = example().beacon; }, beforeDraw(example()));
  refuses((p) => { p.lock.secret = null; }, beforeDraw(example()));
  refuses((p) => { p.event.chain = QUICKNET.hash; }, trusted());
  refuses((p) => { p.event.round = 1; }, trusted());
  refuses((p) => { p.lock.late_round = 5; }, trusted());
  refuses((p) => { p.beacon = example().beacon; }, trusted());
  refuses((p) => { p.lock.secret = draws.A.inputs.secret; }, beforeDraw(trusted()));
  refuses((p) => { p.lock.secret = null; }, trusted());
});

test('text with a field given twice or a number written oddly is refused', () => {
  for (const text of [
    exampleText.replace('"mode":1', '"mode":0,"mode":1'),
    exampleText.replace('"mode":1', '"mode":1.0'),
    exampleText.replace('"winners":10', '"winners":1e1'),
    exampleText.replace('"winners":10', '"winners":10.00000000000000000001'),
    exampleText.replace('"mode"', '"\\u006dode"'),
    exampleText + exampleText, `\ufeff${exampleText}`, '', '{', 'null0', '['.repeat(200000), '{"a":'.repeat(200000),
  ]) assert.deepEqual(failures(checked(text)), ['format-json']);
  assert.equal(checked(JSON.stringify(example(), null, '\t')).failed, false);
});

test('nothing makes check throw', async () => {
  const hostile = new Proxy({}, { ownKeys() { throw new Error('no'); }, get() { throw new Error('no'); } });
  const circular = example();
  circular.event.self = circular;
  const garbage = [undefined, null, 0, 1, NaN, '', 'x', '"x"', 'null', '[]', '{}', true, [], {}, [[]], () => 1, Symbol('x'),
    new Date(), new Map(), /x/, hostile, circular, Object.create(example()), Object.create(null), { __proto__: null },
    new Proxy(example(), { get(o, k) { if (k === 'seed') throw new Error('no'); return o[k]; } }),
    { ...example(), toJSON() { throw new Error('no'); } }, { ...example(), winners: { length: 10 } },
    { ...example(), winners: Array(10) }];
  for (const proof of garbage) {
    const report = checked(proof, everything());
    assert.equal(step(report, 1).status, 'failed');
    assert.ok(report.steps.slice(1).every((s) => s.status === 'unchecked'));
    sound(await checkInSlices(proof));
  }
  for (const given of ['x', 5, true, [], [1], () => 1, hostile]) {
    assert.deepEqual(failures(checked(example(), given)), ['format-given']);
  }
  for (const given of [undefined, null, {}, Object.create(null)]) assert.equal(checked(example(), given).failed, false);
  for (const key of ['manifest', 'lock', 'rules', 'tickets', 'ticket', 'receipt', 'index', 'path', 'key', 'chains']) {
    for (const value of ['', 'x', -1, 1.5, {}, [1], true, hostile, Symbol('x'), NaN]) {
      assert.equal(checked(example(), { [key]: value }).failed, true, key);
    }
    assert.deepEqual(checked(example(), { [key]: null }), checked(example()));
  }
});

test('what is given and differs fails its step', () => {
  const other = '12'.repeat(32);
  assert.deepEqual(failures(checked(example(), { manifest: other })), ['manifest-other']);
  assert.deepEqual(failures(checked(example(), { manifest: example().manifest.toUpperCase() })), ['manifest-other']);
  assert.deepEqual(failures(checked(example(), { lock: other })), ['lock-other']);
  assert.deepEqual(failures(checked(example(), { rules: rulesB.trim() })), ['rules-differ']);
});

test('lists that are not the locked one', () => {
  const fails = (mutate, code) => {
    const copy = exampleTickets.slice();
    const tickets = mutate(copy) || copy;
    const report = checked(example(), { tickets, ticket: ticketAt(exampleTickets, 7) });
    assert.deepEqual(failures(report), [code]);
    assert.equal(step(report, 10).code, 'mine-list-refused');
  };
  fails((t) => t.subarray(16), 'tickets-length');
  fails((t) => t.subarray(0, t.length - 1), 'tickets-length');
  fails(() => new Uint8Array(0), 'tickets-length');
  fails((t) => { t.copyWithin(16, 0, 16); }, 'tickets-order');
  fails((t) => { t.reverse(); }, 'tickets-order');
  fails((t) => { t[16 * 999 + 15] ^= 1; }, 'tickets-root');
  fails((t) => Array.from(t), 'tickets-form');
  // The same tickets in another order have another root; a proof made for such a list is refused for its order.
  const disordered = exampleTickets.slice();
  disordered.copyWithin(0, 16, 32);
  disordered.set(exampleTickets.subarray(0, 16), 16);
  assert.deepEqual(failures(checked(prove({ ...partsOf(draws.B), tickets: disordered }), { tickets: disordered })),
    ['tickets-order']);
});

test('a list out of order, or with a ticket twice, is refused wherever that is', () => {
  for (const at of [0, 1, 1022, 1023, 1024, 2047, 2048, 2998]) {
    const swapped = countingTickets(3000);
    const next = swapped.slice(16 * at + 16, 16 * at + 32);
    const twice = swapped.slice();
    twice.set(next, 16 * at);
    swapped.copyWithin(16 * at + 16, 16 * at, 16 * at + 16);
    swapped.set(next, 16 * at);
    for (const tickets of [swapped, twice]) {
      const report = checked(prove({ ...partsOf(draws.B), tickets, paths: false }), { tickets });
      assert.deepEqual(failures(report), ['tickets-order'], String(at));
      assert.match(step(report, 9).text, new RegExp(`at ticket ${at + 2}\\.`));
    }
  }
});

test('my ticket, by list, by path and by receipt', () => {
  const ticket = ticketAt(exampleTickets, 42);
  const path = vdraw.pathOf(exampleTickets, 42).map(hex);
  const mine = (given) => {
    const s = step(checked(example(), given), 10);
    return `${s.status} ${s.code}`;
  };
  const tickets = exampleTickets;
  assert.equal(mine({ ticket, tickets }), 'ok mine-ok');
  assert.equal(mine({ ticket, index: 42, path }), 'ok mine-ok');
  assert.equal(mine({ ticket, tickets, index: 42, path }), 'ok mine-ok');
  assert.equal(mine({ ticket }), 'unchecked mine-no-way');
  assert.equal(mine({ ticket: example().winners[2].ticket }), 'ok mine-ok');
  assert.equal(mine({ ticket, index: 42 }), 'unchecked mine-no-way');
  assert.equal(mine({ ticket, path }), 'unchecked mine-no-way');
  assert.equal(mine({ index: 42, path }), 'unchecked mine-not-given');
  assert.equal(mine({ ticket, index: 43, path }), 'failed mine-path');
  assert.equal(mine({ ticket, tickets, index: 43 }), 'failed mine-path');
  assert.equal(mine({ ticket, tickets, index: 42, path: path.slice(1) }), 'failed mine-path');
  assert.equal(mine({ ticket, index: 42, path: path.concat(path, path, path) }), 'failed mine-form');
  assert.equal(mine({ ticket: changed(ticket, 0.9), tickets }), 'failed mine-missing');
  assert.equal(mine({ ticket: ticket.toUpperCase(), tickets }), 'failed mine-form');
  for (let i = 0; i < 1000; i += 111) assert.equal(mine({ ticket: ticketAt(tickets, i), tickets }), 'ok mine-ok');

  const key = 'ab'.repeat(32);
  const receipt = {
    manifest: example().manifest, ticket, joined_at: example().event.lock_time - 1, signature: 'cd'.repeat(64), key,
  };
  assert.equal(mine({ receipt, tickets, key }), 'ok mine-ok');
  assert.equal(mine({ receipt }), 'unchecked mine-no-way');
  assert.equal(mine({ receipt, ticket: ticketAt(tickets, 1), tickets }), 'failed mine-two');
  assert.equal(mine({ receipt, tickets, key: 'ac'.repeat(32) }), 'failed receipt-key');
  assert.equal(mine({ receipt, key: 'ac'.repeat(32) }), 'failed receipt-key');
  assert.equal(mine({ receipt, key: key.toUpperCase() }), 'failed key-form');
  assert.equal(mine({ receipt: { ...receipt, joined_at: receipt.joined_at + 1 } }), 'failed receipt-late');
  for (const k of Object.keys(receipt)) {
    const partial = { ...receipt };
    delete partial[k];
    assert.equal(mine({ receipt: partial }), 'failed receipt-form');
    assert.equal(mine({ receipt: { ...receipt, [k]: 'X' } }), 'failed receipt-form');
  }
  const foreign = checked(example(), { receipt: { ...receipt, manifest: zeros }, tickets });
  assert.deepEqual(failures(foreign), ['manifest-receipt']);
  assert.ok(names(checked(example(), { receipt, tickets }), 'no operator key from outside'));
  assert.ok(!names(checked(example(), { receipt, tickets }), 'shown at join'));
});

test('an invented random number is not noticed here, and the report names what would notice it', () => {
  const report = checked(prove({ ...partsOf(draws.B), signature: '8b'.repeat(48) }), { tickets: exampleTickets });
  assert.equal(report.failed, false);
  assert.equal(step(report, 5).status, 'unchecked');
  assert.ok(names(report, 'it could have been invented'));
});

test('another round, another secret, other winners, a mode changed', () => {
  const parts = partsOf(draws.B);
  assert.deepEqual(failures(checked(prove({ ...parts, round: parts.event.round + 1 }))), ['beacon-round']);
  for (const d of [-1, 1]) {
    const event = { ...parts.event, round: parts.event.round + d };
    assert.deepEqual(failures(checked(prove({ ...parts, event }))), ['chain-round']);
  }
  const secret = prove(parts);
  secret.lock.secret = zeros;
  assert.deepEqual(failures(checked(secret)), ['commit-differs', 'seed-differs']);
  const swapped = prove(parts);
  swapped.winners.reverse();
  assert.deepEqual(failures(checked(swapped)), ['draw-differs']);
  const friend = prove(parts);
  friend.winners[3] = { index: 5, ticket: ticketAt(exampleTickets, 5), path: vdraw.pathOf(exampleTickets, 5).map(hex) };
  const report = checked(friend);
  assert.deepEqual(failures(report), ['draw-differs']);
  assert.match(step(report, 8).text, /place 4/);
  const zeroChain = { ...parts.event, chain: zeros };
  assert.deepEqual(failures(checked(prove({ ...parts, event: zeroChain }))), ['chain-unknown']);
  const downgraded = prove({ ...parts, event: { ...zeroChain, mode: 0, round: 0 } });
  assert.deepEqual(failures(checked(downgraded, { manifest: draws.B.expect.manifest_digest })), ['manifest-other']);
  assert.equal(checked(downgraded).exit, 3);
});

const unsigned = (p) => {
  const copy = clone(p);
  delete copy.lock.sig;
  return copy;
};

function sameButSig(a, b) {
  try {
    assert.deepEqual(unsigned(a), unsigned(b));
    return a.lock.sig === undefined || /^[0-9a-f]{128}$/.test(a.lock.sig);
  } catch {
    return false;
  }
}

test('fuzz: no random change of the proof passes', () => {
  const next = random(20261126);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const proof = example();
  proof.lock.sig = '5a'.repeat(64);
  const paths = leaves(proof);
  const values = [null, '', zeros, 'f'.repeat(32), 0, 1, 2 ** 32, 2 ** 53 - 1, -0, [], {}, [zeros], proof.seed, proof.winners[0]];
  const mutations = [
    (o, k) => { o[k] = changed(o[k], next()); },
    (o, k) => { o[k] = clone(pick(values)); },
    (o, k) => { delete o[k]; },
    (o, k, p) => { const from = pick(paths); o[k] = parentOf(p, from)?.[last(from)]; },
    (o, k, p) => { const from = pick(paths); p.winners[0] = parentOf(proof, from); },
    (o, k, p) => { p.winners.sort(() => next() - 0.5); },
  ];
  for (let i = 0; i < 1500; i++) {
    const p = clone(proof);
    for (let n = next() < 0.7 ? 1 : 3; n > 0; n--) {
      const path = pick(paths);
      try {
        pick(mutations)(parentOf(p, path), last(path), p);
      } catch {
        // The place is gone by an earlier change.
      }
    }
    const report = checked(p, i % 10 === 0 ? everything(proof) : {});
    if (!report.failed) assert.ok(sameButSig(p, proof), JSON.stringify(p));
  }
});

test('fuzz: no random change of the text passes', () => {
  const next = random(7);
  const proof = example();
  proof.lock.sig = '5a'.repeat(64);
  const text = JSON.stringify(proof);
  const alphabet = '0123456789abcdefABCDEF{}[]",:.-+eE \n\\u';
  for (let i = 0; i < 1500; i++) {
    const at = Math.floor(next() * text.length);
    const c = alphabet[Math.floor(next() * alphabet.length)];
    const broken = text.slice(0, at) + (next() < 0.2 ? '' : c) + text.slice(at + (next() < 0.7 ? 1 : 0));
    const report = checked(broken);
    if (!report.failed) assert.ok(sameButSig(JSON.parse(broken), proof), broken.slice(at - 20, at + 20));
  }
});

test('in slices: the same reports, with pauses in between', async () => {
  const tickets = countingTickets(5000);
  const base = partsOf(draws.B);
  const proof = prove({ ...base, tickets, event: { ...base.event, winners: 3000 }, paths: false });
  let pauses = 0;
  const pause = () => { pauses++; return Promise.resolve(); };
  const given = { tickets, ticket: ticketAt(tickets, 4999) };
  assert.deepEqual(await checkInSlices(proof, given, pause), checked(proof, given));
  assert.ok(pauses > 10, String(pauses));
  assert.deepEqual(await checkInSlices(exampleText), checked(exampleText));

  const wrong = clone(proof);
  wrong.winners[2500].index += 1;
  const broken = tickets.slice();
  broken[16 * 4000] ^= 1;
  for (const [p, g] of [[wrong, given], [proof, { tickets: broken }], [wrong, {}], [proof, { tickets: tickets.subarray(16) }]]) {
    const report = sound(await checkInSlices(p, g, () => undefined));
    assert.equal(report.failed, true);
    assert.deepEqual(report, checked(p, g));
  }
  await assert.rejects(checkInSlices(proof, given, () => Promise.reject(new Error('stopped'))), /stopped/);
});

test('in slices: a proof changed during a pause is judged as it was given', async () => {
  const proof = example();
  const report = await checkInSlices(proof, {}, () => { proof.winners.length = 0; proof.seed = 'x'; });
  assert.deepEqual(report, checked(example()));
});

test('neither proof nor given is changed', () => {
  const proof = example();
  const given = everything();
  checked(proof, given);
  assert.deepEqual(proof, example());
  assert.deepEqual(given, everything());
});

test('the source uses nothing that a mini program lacks', () => {
  const forbidden = {
    import: /^\s*import\b|\bimport\s*\(|\bimport\.meta\b/m,
    'export from': /\bexport\b[^\n]*\bfrom\b/,
    require: /\brequire\s*\(/,
    WebCrypto: /\b(crypto|subtle)\b/i,
    BigInt: /BigInt|\b(0x[0-9a-f]+|\d+)n\b/i,
    'text codecs': /TextEncoder|TextDecoder/,
    Buffer: /\bBuffer\b/,
    base64: /\b(atob|btoa)\b/,
    globals: /\b(process|global|globalThis|window|self|wx|document|eval|Function)\b/,
    async: /\b(async|await)\b/,
    generators: /function\s*\*|\byield\b/,
    'optional chaining': /\?\.(?!\d)/,
    'nullish coalescing': /\?\?/,
    'regex lookbehind, named groups': /\(\?<|\(\?P/,
    'class fields': /class \w+ \{\s*(static\s+)?\w+\s*[=;]/,
    'catch without a name': /catch\s*\{/,
    'object spread': /\{\s*\.\.\.|,\s*\.\.\.\w+\s*\}/,
    'newer methods': /\.(flat|flatMap|at|replaceAll|matchAll|fromEntries|hasOwn|trimStart|trimEnd|finally|allSettled)\(/,
    'logical assignment': /(\|\||&&|\?\?)=/,
    'number separators': /\b\d+_\d+\b/,
  };
  // Comments count like code.
  for (const [name, pattern] of Object.entries(forbidden)) {
    const hit = pattern.exec(source);
    assert.equal(hit, null, `${name}: ${hit && hit[0]}`);
  }
});

test('the module works where nothing but the language exists', async () => {
  const exported = [...source.matchAll(/^export (?:const|function|class) (\w+)/gm)].map((m) => m[1]);
  assert.deepEqual(exported.sort(), Object.keys(vdraw).sort());
  const context = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  vm.runInContext(`'BigInt BigInt64Array BigUint64Array SharedArrayBuffer Atomics WebAssembly console Intl Proxy Reflect '
    .concat('WeakRef FinalizationRegistry escape unescape').split(' ').forEach((name) => { delete globalThis[name]; });`, context);
  const script = `'use strict';\n${source.replace(/^export /gm, '')}\n;({ ${exported.join(', ')} })`;
  const alone = vm.runInContext(script, context);
  for (const name of ['BigInt', 'TextEncoder', 'TextDecoder', 'Buffer', 'atob', 'btoa', 'crypto', 'process', 'require', 'setTimeout']) {
    assert.equal(vm.runInContext(`typeof ${name}`, context), 'undefined', name);
  }
  const given = { ...everything(), ticket: ticketAt(exampleTickets, 42), chains: [] };
  // Objects and bytes come from another realm here; the report is compared by value.
  for (const proof of [example(), exampleText, prove(partsOf(draws.A)), null, 'x']) {
    const want = checked(proof, given);
    assert.deepEqual(clone(alone.check(proof, given)), want);
    assert.deepEqual(clone(await alone.checkInSlices(proof, { ...given, tickets: exampleTickets.slice().buffer })), want);
  }
});
