// @ts-nocheck
// Written from web/vdraw.mjs by npm run vdraw. Edit that file instead.
'use strict';

/**
 * A second, independent checker of verifiable draws (vdraw/1).
 *
 * It recomputes a draw from its public record, inside a WeChat mini program or any browser: one file, nothing imported,
 * nothing asked of the platform beyond the language itself (ES2017) and typed arrays.
 *
 * It checks hashes only. The beacon's BLS signature and the operator's Ed25519 signatures are not checked here, and every
 * report says so; the verify command checks them.
 *
 * Bytes are Uint8Array; functions that read bytes also take arrays of integers 0..255 and ArrayBuffer. Hex is lower case.
 * Integers are below 2^53. Times are Unix seconds. Functions other than check and checkInSlices throw a RangeError for
 * arguments that are not of the form described.
 */

const TWO32 = 4294967296;
const MAX32 = TWO32 - 1;
const ZEROS = '0'.repeat(64);
const TICKET = 16;
const HASH = 32;
// Hashing work between two pauses: about 20 ms on a phone that interprets its JavaScript.
const SLICE = 1024;

/**
 * drand's quicknet, the one public chain of mode 1. Pinned here and never read from a proof.
 * publicKey is for a caller that can check BLS signatures; nothing in this file can.
 */
const QUICKNET = Object.freeze({
  hash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
  publicKey: '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c92'
    + '1cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  genesis: 1692803367,
  period: 3,
  scheme: 'bls-unchained-g1-rfc9380',
});

const K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const INITIAL = new Int32Array([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

// Work space is shared: nothing here is re-entrant, and a tree of a million tickets allocates nothing per hash.
const state = new Int32Array(8);
const schedule = new Int32Array(64);
const tail = new Uint8Array(128);
const leafMessage = new Uint8Array(1 + TICKET);
const nodeMessage = new Uint8Array(1 + 2 * HASH);
nodeMessage[0] = 1;

function compress(block, at) {
  const w = schedule;
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (block[at] << 24) | (block[at + 1] << 16) | (block[at + 2] << 8) | block[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15];
    const y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

function hashInto(message, length, out, at) {
  state.set(INITIAL);
  const whole = length - (length % 64);
  for (let i = 0; i < whole; i += 64) compress(message, i);
  const rest = length - whole;
  const end = rest < 56 ? 64 : 128;
  tail.fill(0);
  for (let i = 0; i < rest; i++) tail[i] = message[whole + i];
  tail[rest] = 0x80;
  for (let i = end - 1, bits = length * 8; bits > 0; i--, bits = Math.floor(bits / 256)) tail[i] = bits % 256;
  compress(tail, 0);
  if (end === 128) compress(tail, 64);
  for (let i = 0; i < 8; i++, at += 4) {
    out[at] = state[i] >>> 24;
    out[at + 1] = state[i] >>> 16;
    out[at + 2] = state[i] >>> 8;
    out[at + 3] = state[i];
  }
}

function isNoByte(x) {
  return !Number.isInteger(x) || x < 0 || x > 255;
}

// These tests hold across realms, where instanceof does not.
function bytesOf(x) {
  if (ArrayBuffer.isView(x) && x.BYTES_PER_ELEMENT === 1) return new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  if (Object.prototype.toString.call(x) === '[object ArrayBuffer]') return new Uint8Array(x);
  if (Array.isArray(x) && x.findIndex(isNoByte) < 0) return new Uint8Array(x);
  throw new RangeError('not bytes');
}

function sized(x, length, what) {
  const bytes = bytesOf(x);
  if (bytes.length !== length) throw new RangeError(what + ': ' + length + ' bytes expected');
  return bytes;
}

function concat(parts) {
  const out = new Uint8Array(parts.reduce(function (sum, part) { return sum + part.length; }, 0));
  let at = 0;
  parts.forEach(function (part) {
    out.set(part, at);
    at += part.length;
  });
  return out;
}

/** SHA-256 of bytes: 32 bytes. */
function sha256(message) {
  const bytes = bytesOf(message);
  const out = new Uint8Array(HASH);
  hashInto(bytes, bytes.length, out, 0);
  return out;
}

/** HMAC-SHA-256 of a message under a key of any length: 32 bytes. */
function hmacSha256(key, message) {
  const block = new Uint8Array(64);
  const bytes = bytesOf(key);
  block.set(bytes.length > 64 ? sha256(bytes) : bytes);
  const inner = sha256(concat([block.map(function (b) { return b ^ 0x36; }), bytesOf(message)]));
  return sha256(concat([block.map(function (b) { return b ^ 0x5c; }), inner]));
}

/**
 * UTF-8 of a string. A lone surrogate is refused with a RangeError: it has no UTF-8, and a replacement
 * would give two texts one hash.
 */
function utf8(text) {
  if (typeof text !== 'string') throw new RangeError('not a string');
  const out = [];
  for (let i = 0; i < text.length; i++) {
    const c = text.codePointAt(i);
    if (c >= 0xd800 && c <= 0xdfff) throw new RangeError('lone surrogate at ' + i);
    if (c > 0xffff) i++;
    if (c < 0x80) out.push(c);
    else if (c < 0x800) out.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    else if (c < 0x10000) out.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else out.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
  }
  return new Uint8Array(out);
}

/** Lower-case hex of bytes. */
function hex(bytes) {
  let out = '';
  const list = bytesOf(bytes);
  for (let i = 0; i < list.length; i++) out += (list[i] < 16 ? '0' : '') + list[i].toString(16);
  return out;
}

/** Bytes of lower-case hex; anything else, upper case included, is refused. */
function unhex(text) {
  if (typeof text !== 'string' || text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new RangeError('not lower-case hex');
  }
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(text.substr(2 * i, 2), 16);
  return out;
}

function isHex(x, bytes) {
  return typeof x === 'string' && x.length === 2 * bytes && /^[0-9a-f]*$/.test(x);
}

function isInteger(x, min, max) {
  return Number.isSafeInteger(x) && x >= min && x <= max;
}

function integer(x, max) {
  if (!isInteger(x, 0, max)) throw new RangeError('not an integer from 0 to ' + max);
  return x;
}

/** Four bytes, big-endian, of an integer 0..2^32-1. */
function u32(n) {
  integer(n, MAX32);
  return new Uint8Array([n >>> 24, n >>> 16, n >>> 8, n]);
}

/** Eight bytes, big-endian, of an integer 0..2^53-1. */
function u64(n) {
  const high = Math.floor(integer(n, Number.MAX_SAFE_INTEGER) / TWO32);
  return new Uint8Array([high >>> 24, high >>> 16, high >>> 8, high, n >>> 24, n >>> 16, n >>> 8, n]);
}

function tagged(tag, parts) {
  return concat([utf8(tag), [0]].concat(parts));
}

/** H("vdraw/1/commit", event id ‖ secret): what is published at creation. id 16 bytes, secret 32. */
function commitOf(id, secret) {
  return sha256(tagged('vdraw/1/commit', [sized(id, 16, 'event id'), sized(secret, 32, 'secret')]));
}

/** SHA-256 of the exact rules text. */
function rulesDigest(text) {
  return sha256(utf8(text));
}

/** The 181 bytes of a manifest. event: the "event" object of a proof, hex and integers. */
function manifestBytes(event) {
  if (event.mode !== 0 && event.mode !== 1) throw new RangeError('mode: 0 or 1');
  return concat([
    sized(unhex(event.id), 16, 'id'), u64(event.seq), sized(unhex(event.prev), 32, 'prev'), [event.mode],
    u64(event.lock_time), u64(event.draw_time), sized(unhex(event.chain), 32, 'chain'), u64(event.round),
    u32(event.winners), sized(unhex(event.commit), 32, 'commit'), sized(unhex(event.rules), 32, 'rules'),
  ]);
}

/** MD, the fingerprint of an event shown at join: 32 bytes. event as for manifestBytes. */
function manifestDigest(event) {
  return sha256(tagged('vdraw/1/manifest', [manifestBytes(event)]));
}

/** The ticket of an openid under an event's key: 16 bytes. Only the operator has the key; this is here for tests and audits. */
function ticketOf(eventKey, id, openid) {
  const message = tagged('vdraw/1/ticket', [sized(id, 16, 'event id'), utf8(openid)]);
  return hmacSha256(eventKey, message).slice(0, TICKET);
}

/** The message an operator signs (Ed25519) for a receipt. manifest: MD, 32 bytes; joinedAt: Unix seconds. */
function receiptMessage(manifest, ticket, joinedAt) {
  return tagged('vdraw/1/receipt', [sized(manifest, 32, 'manifest'), sized(ticket, TICKET, 'ticket'), u64(joinedAt)]);
}

/** The message an operator signs (Ed25519) when the list is locked: what lock.sig is over. digest: LD, 32 bytes. */
function lockMessage(digest) {
  return tagged('vdraw/1/locked', [sized(digest, 32, 'lock digest')]);
}

/**
 * LD, the fingerprint of the locked list: 32 bytes. manifest: MD; count: number of tickets; root: 32 bytes.
 * lateRound binds the round of a late freeze and is left out for a punctual one.
 */
function lockDigest(manifest, count, root, lateRound) {
  const parts = [sized(manifest, 32, 'manifest'), u64(count), sized(root, HASH, 'root')];
  if (lateRound === undefined) return sha256(tagged('vdraw/1/lock', parts));
  return sha256(tagged('vdraw/1/lock-late', parts.concat([u64(lateRound)])));
}

/** The public random number of a round: SHA-256 of its 48-byte signature. It does not check the signature. */
function beaconOf(signature) {
  return sha256(sized(signature, 48, 'signature'));
}

/** The seed of a draw: 32 bytes. beacon: beaconOf(signature), or 32 zero bytes in mode 0. */
function seedOf(digest, secret, beacon) {
  return sha256(tagged('vdraw/1/seed',
    [sized(digest, 32, 'lock digest'), sized(secret, 32, 'secret'), sized(beacon, 32, 'beacon')]));
}

/**
 * A draw, one winner at a time: next() gives the index of the next winner among count tickets, or -1 when nobody is left.
 * rejected counts the numbers thrown away so that every ticket has the same chance.
 */
class Picker {
  constructor(seed, count) {
    this.message = tagged('vdraw/1/pick', [sized(seed, 32, 'seed'), new Uint8Array(8)]);
    this.count = integer(count, MAX32);
    this.drawn = 0;
    this.rejected = 0;
    this.moved = new Map();
  }

  next() {
    const j = this.drawn;
    if (j >= this.count) return -1;
    const n = this.count - j;
    const k = j + (this.random(n) % n);
    const winner = this.moved.has(k) ? this.moved.get(k) : k;
    this.moved.set(k, this.moved.has(j) ? this.moved.get(j) : j);
    // Place j is never looked at again, k = j included.
    this.moved.delete(j);
    this.drawn++;
    return winner;
  }

  // 2^32 and all that is taken from it are exact in a double.
  random(n) {
    const limit = TWO32 - (TWO32 % n);
    const at = this.message.length;
    this.message.set(u32(this.drawn), at - 8);
    for (let attempt = 0; ; attempt++) {
      this.message.set(u32(attempt), at - 4);
      const h = sha256(this.message);
      const r = ((h[0] << 24) | (h[1] << 16) | (h[2] << 8) | h[3]) >>> 0;
      if (r < limit) return r;
      this.rejected++;
    }
  }
}

/** Indices of the winners in prize order: min(winners, count) of them. */
function picks(seed, count, winners) {
  const picker = new Picker(seed, count);
  const out = [];
  for (let n = Math.min(integer(winners, MAX32), count); n > 0; n--) out.push(picker.next());
  return out;
}

/** Indices of up to n reserves, in order: the same draw continued behind its winners. */
function reserves(seed, count, winners, n) {
  const last = Math.min(integer(winners, MAX32) + integer(n, MAX32), MAX32);
  return picks(seed, count, last).slice(winners);
}

function leafInto(tickets, at, out, outAt) {
  for (let i = 0; i < TICKET; i++) leafMessage[1 + i] = tickets[at + i];
  hashInto(leafMessage, 1 + TICKET, out, outAt);
}

function nodeInto(left, leftAt, right, rightAt, out, outAt) {
  for (let i = 0; i < HASH; i++) {
    nodeMessage[1 + i] = left[leftAt + i];
    nodeMessage[1 + HASH + i] = right[rightAt + i];
  }
  hashInto(nodeMessage, 1 + 2 * HASH, out, outAt);
}

/**
 * The RFC 9162 tree over a list of 16-byte tickets, fed in pieces of any number of whole tickets, so that a caller can
 * pause in between. It keeps one hash per level. It does not check the order of the tickets.
 */
class TreeHasher {
  constructor() {
    this.count = 0;
    this.depth = 0;
    this.stack = new Uint8Array(54 * HASH);
  }

  /** Appends 16·n bytes; returns this. */
  add(chunk) {
    const tickets = bytesOf(chunk);
    if (tickets.length % TICKET !== 0) throw new RangeError('tickets: a multiple of 16 bytes expected');
    for (let at = 0; at < tickets.length; at += TICKET) {
      leafInto(tickets, at, this.stack, HASH * this.depth++);
      for (let n = ++this.count; n % 2 === 0; n /= 2) {
        const left = HASH * (--this.depth - 1);
        nodeInto(this.stack, left, this.stack, left + HASH, this.stack, left);
      }
    }
    return this;
  }

  /** The root over what was added so far: 32 bytes. More can be added afterwards. */
  root() {
    if (this.count === 0) return sha256([]);
    const top = HASH * (this.depth - 1);
    const out = this.stack.slice(top, top + HASH);
    for (let at = top - HASH; at >= 0; at -= HASH) nodeInto(this.stack, at, out, 0, out, 0);
    return out;
  }
}

/** The root of a whole list of 16·M bytes: 32 bytes. */
function rootOf(tickets) {
  return new TreeHasher().add(tickets).root();
}

/** The inclusion path of one ticket, lowest hash first: an array of 32-byte hashes. index: 0..M-1. */
function pathOf(tickets, index) {
  const list = bytesOf(tickets);
  let size = list.length / TICKET;
  let from = 0;
  if (!Number.isInteger(size) || integer(index, MAX32) >= size) throw new RangeError('index beyond the list');
  const path = [];
  while (size > 1) {
    let half = 1;
    while (half * 2 < size) half *= 2;
    const middle = from + half;
    const goesLeft = index < middle;
    const other = goesLeft ? list.subarray(TICKET * middle, TICKET * (from + size))
      : list.subarray(TICKET * from, TICKET * middle);
    path.push(rootOf(other));
    size = goesLeft ? half : size - half;
    from = goesLeft ? from : middle;
  }
  return path.reverse();
}

/** Whether a ticket is at index in the list of count tickets with this root (RFC 9162, 2.1.3.2). path: 32-byte hashes. */
function verifyPath(ticket, index, count, path, root) {
  if (!isInteger(count, 1, MAX32) || !isInteger(index, 0, count - 1)) return false;
  const hash = new Uint8Array(HASH);
  leafInto(sized(ticket, TICKET, 'ticket'), 0, hash, 0);
  let node = index;
  let last = count - 1;
  for (let i = 0; i < path.length; i++) {
    if (last === 0) return false;
    const other = sized(path[i], HASH, 'path');
    if (node % 2 === 1 || node === last) {
      nodeInto(other, 0, hash, 0, hash, 0);
      for (; node % 2 === 0 && node !== 0; node /= 2) last = Math.floor(last / 2);
    } else {
      nodeInto(hash, 0, other, 0, hash, 0);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && hex(hash) === hex(sized(root, HASH, 'root'));
}

function chainOf(chain) {
  const c = chain === undefined ? QUICKNET : chain;
  if (!isInteger(c.genesis, 0, Number.MAX_SAFE_INTEGER) || !isInteger(c.period, 1, Number.MAX_SAFE_INTEGER)) {
    throw new RangeError('chain: genesis and period expected');
  }
  return c;
}

/** The first round of a chain at or after a time; 1 for any time up to genesis. chain: {genesis, period}, else quicknet. */
function roundAt(time, chain) {
  const c = chainOf(chain);
  const since = integer(time, Number.MAX_SAFE_INTEGER) - c.genesis;
  if (since <= 0) return 1;
  const part = since % c.period;
  return (since - part) / c.period + (part > 0 ? 2 : 1);
}

/** The time of a round, Unix seconds. round: 1 or more. chain as for roundAt. */
function timeOf(round, chain) {
  const c = chainOf(chain);
  const time = c.genesis + (integer(round, Number.MAX_SAFE_INTEGER) - 1) * c.period;
  if (round < 1 || !Number.isSafeInteger(time)) throw new RangeError('round: out of range');
  return time;
}

function compareAt(a, aAt, b, bAt) {
  for (let i = 0; i < TICKET; i++) {
    if (a[aAt + i] !== b[bAt + i]) return a[aAt + i] - b[bAt + i];
  }
  return 0;
}

function indexOf(list, ticket) {
  let low = 0;
  let high = list.length / TICKET;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const order = compareAt(list, TICKET * middle, ticket, 0);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}

const STEPS = ['format', 'manifest', 'commit', 'chain', 'beacon', 'lock', 'seed', 'draw', 'tickets', 'my-ticket'];

// code → [English, Chinese]; {} is the place of a detail. Nothing a proof says is repeated in a sentence, only names of
// known fields and numbers, so that a page can show them as they are.
const TEXTS = {
  'not-reached': ['Not looked at, because step 1 failed.', '第 1 步没有通过，这一步没有检查。'],
  'not-drawn': ['The draw has not taken place yet.', '尚未开奖。'],
  'format-ok': ['The proof has the right form.', '证明的格式正确。'],
  'format-json': ['The proof cannot be read: it is not JSON written plainly, without repeated fields.',
    '证明无法读取：不是书写规范、没有重复字段的 JSON。'],
  'format-field': ['The proof does not have the right form: {}.', '证明的格式不对：{}。'],
  'format-fault': ['The proof cannot be read.', '证明无法读取。'],
  'format-given': ['What was given beside the proof cannot be read.', '随证明一起提供的资料无法读取。'],
  'manifest-ok': ['The event data match the fingerprint of the event.', '活动资料与活动指纹一致。'],
  'manifest-differs': ['The event data do not give the fingerprint in the proof.', '由活动资料算出的指纹与证明中的不同。'],
  'manifest-other': ['The fingerprint is not the one you were shown when the event was created or joined.',
    '活动指纹与您参加时看到的不同。'],
  'manifest-receipt': ['The fingerprint is not the one in your receipt.', '活动指纹与您收据中的不同。'],
  'rules-differ': ['The rules text you have is not the one the event was created with.', '您手中的规则文本与活动创建时的不同。'],
  'commit-ok': ['The secret is the one fixed when the event was created.', '密值正是活动创建时承诺的那一个。'],
  'commit-differs': ['The secret is not the one fixed when the event was created.', '密值不是活动创建时承诺的那一个。'],
  'secret-withheld': ['The secret is not published before the draw in this mode.', '此模式下密值在开奖前不公布。'],
  'chain-ok': ['The round is the first of drand quicknet at or after the time of the draw.',
    '所用轮次是 drand quicknet 在开奖时间当时或之后的第一轮。'],
  'chain-given-ok': ['The round is the first at or after the time of the draw, on a chain you named yourself.',
    '所用轮次是开奖时间当时或之后的第一轮，但随机数链是您自己指定的。'],
  'chain-late': ['The rounds are in order, but the list was frozen late, so a later round decides.',
    '轮次先后正确，但名单冻结晚了，因此由更晚的一轮决定结果。'],
  'chain-none': ['This event uses no public randomness, as it was announced.', '此活动按公告不使用公共随机数。'],
  'chain-unknown': ['The source of randomness is not drand quicknet.', '随机数来源不是 drand quicknet。'],
  'chain-round': ['The round is not the first at or after the time of the draw.', '所用轮次不是开奖时间当时或之后的第一轮。'],
  'chain-late-round': ['The late round is not later than the announced one.', '补用的轮次不晚于公告的轮次。'],
  'chains-form': ['The additional chains given are not of the right form.', '另外提供的随机数链格式不对。'],
  'beacon-unchecked': ['The random number belongs to the right round by its own account. Its BLS signature was not checked '
    + 'here: without that, it could have been invented. The verify command checks it.',
  '随机数自称属于正确的轮次，但这里没有检查它的 BLS 签名，因此不能排除它是编造的。请用 verify 命令检查。'],
  'beacon-round': ['The random number is not that of the round that decides.', '随机数不属于决定结果的那一轮。'],
  'beacon-none': ['There is no public randomness: the operator has to be trusted.', '没有公共随机数：只能信任运营方。'],
  'lock-ok': ['The locked list is the one you saw before the draw.', '锁定的名单正是您在开奖前看到的那一份。'],
  'lock-alone': ['The fingerprint of the locked list is consistent. Time of lock not proven.',
    '锁定名单的指纹前后一致，但锁定的时间没有得到证明。'],
  'lock-late': ['The fingerprint of the locked list is consistent. Late: order of lock and round rests on the operator.',
    '锁定名单的指纹前后一致。名单冻结晚了：锁定与轮次的先后只能信任运营方。'],
  'lock-differs': ['The fingerprint of the locked list does not follow from the event, the number of tickets and the root.',
    '由活动、人数和树根算出的名单指纹与证明中的不同。'],
  'lock-other': ['The locked list is not the one you saw before the draw.', '锁定的名单不是您在开奖前看到的那一份。'],
  'seed-ok': ['The seed follows from the list, the secret and the random number.', '种子由名单、密值和随机数正确得出。'],
  'seed-differs': ['The seed does not follow from the list, the secret and the random number.',
    '种子不是由名单、密值和随机数得出的。'],
  'draw-ok': ['The draw, run again, gives the same winners in the same order.', '重新抽取，中奖者及顺序完全相同。'],
  'draw-differs': ['The draw, run again, gives another winner in place {}.', '重新抽取，第 {} 位中奖者不同。'],
  'tickets-ok': ['The list is complete and in order, and the winning tickets are in it at their places.',
    '名单完整有序，中奖号码都在各自的位置上。'],
  'tickets-list-ok': ['The list is complete and in order; there are no winning tickets to look up in it.',
    '名单完整有序；其中没有中奖号码需要核对。'],
  'tickets-path-ok': ['Every winning ticket is shown to be in the locked list at its place.',
    '每个中奖号码都经证明在锁定名单中各自的位置上。'],
  'tickets-form': ['The list given is not a list of bytes.', '提供的名单不是字节数据。'],
  'tickets-length': ['The list does not have as many tickets as were locked.', '名单中的号码数与锁定时的不同。'],
  'tickets-order': ['The list is not in strictly ascending order at ticket {}.', '名单在第 {} 个号码处没有严格递增。'],
  'tickets-root': ['The list is not the one that was locked.', '名单不是锁定的那一份。'],
  'tickets-winner': ['The winning ticket in place {} is not at its index in the list.', '第 {} 位的中奖号码与名单中的位置不符。'],
  'tickets-path': ['The winning ticket in place {} is not shown to be in the list.', '第 {} 位的中奖号码没有被证明在名单中。'],
  'tickets-not-given': ['There is neither a list nor a path to look up winning tickets.', '既没有名单也没有路径可核对中奖号码。'],
  'mine-ok': ['Your ticket is in the locked list.', '您的号码在锁定的名单中。'],
  'mine-missing': ['Your ticket is not in the locked list. Unless you left the event, keep your receipt: it shows that you joined.',
    '您的号码不在锁定的名单中。如果您没有退出，请保留收据，它能证明您参加过。'],
  'mine-path': ['The path given does not show your ticket at its place in the locked list.',
    '提供的路径不能证明您的号码在锁定名单中的位置。'],
  'mine-form': ['Your ticket, its index or its path are not of the right form.', '您的号码、位置或路径格式不对。'],
  'mine-two': ['Your ticket is not the one in your receipt.', '您的号码与收据中的不同。'],
  'mine-not-given': ['No ticket of yours was given.', '没有提供您的号码。'],
  'mine-no-way': ['There is neither a list nor a path to look up your ticket.', '既没有名单也没有路径可查找您的号码。'],
  'mine-list-refused': ['The list was refused in step 9, so your ticket was not looked up in it.',
    '名单在第 9 步没有通过，因此没有在其中查找您的号码。'],
  'receipt-form': ['Your receipt is not of the right form.', '您的收据格式不对。'],
  'receipt-late': ['Your receipt says that you joined after the lock.', '收据上的参加时间不早于锁定时间。'],
  'receipt-key': ['Your receipt names another operator key than the one you gave.', '收据中的运营方公钥与您提供的不同。'],
  'key-form': ['The operator key given is not of the right form.', '提供的运营方公钥格式不对。'],
};

// What steps that ended ok, or belong to no step, leave open.
const NOTES = {
  bls: ['The BLS signature of the random number was not checked.', '没有检查随机数的 BLS 签名。'],
  ed25519: ['No Ed25519 signature was checked: neither that of the operator over the lock nor that of a receipt.',
    '没有检查任何 Ed25519 签名：既没有检查运营方对锁定的签名，也没有检查收据的签名。'],
  unsigned: ['The proof carries no signature of the operator over the lock.', '证明中没有运营方对锁定的签名。'],
  manifest: ['Whether this is the event you were shown at join: neither a fingerprint nor a receipt was given.',
    '这是否就是您参加时看到的活动：没有提供活动指纹或收据。'],
  rules: ['The rules: their text was not given.', '活动规则：没有提供规则文本。'],
  lock: ['Time of lock not proven: no lock fingerprint seen before the draw was given.',
    '锁定的时间没有得到证明：没有提供开奖前看到的锁定指纹。'],
  late: ['Late: order of lock and round rests on the operator; so does the choice of the late round.',
    '名单冻结晚了：锁定与轮次的先后只能信任运营方，补用哪一轮也是如此。'],
  trusted: ['The outcome itself: without public randomness the operator could have known it beforehand.',
    '结果本身：没有公共随机数，运营方可能事先知道结果。'],
  chain: ['The source of randomness: it is a chain you named yourself, not drand quicknet.',
    '随机数来源：这是您自己指定的链，不是 drand quicknet。'],
  list: ['The whole list (its length, its order, no ticket twice): it was not given.',
    '完整名单（长度、顺序、有无重复）：没有提供名单。'],
  operator: ['Whether the receipt is the operator\'s: no operator key from outside was given.',
    '收据是否出自运营方：没有另外提供运营方公钥。'],
  prev: ['The organiser\'s earlier events: by its number there are some, but the event names no predecessor.',
    '主办者以前的活动：按序号应当有，但此活动没有写明前一活动。'],
  seq: ['The organiser\'s other events: whether number and predecessor of this one fit them.',
    '主办者的其他活动：此活动的序号和前一活动是否与之相符。'],
  limits: ['What no checker can show: that tickets belong to different real people, and that nobody was left out who has no receipt.',
    '任何检查都无法证明的事：号码属于不同的真人，以及没有收据的人未被遗漏。'],
};

function Refusal(code, field) {
  this.code = code;
  this.field = field;
}

function refuse(field) {
  throw new Refusal('format-field', field);
}

// Copies the known fields of an object and refuses all others, so that later steps see plain data, read once.
function fields(x, where, required, optional) {
  if (x === null || typeof x !== 'object' || Array.isArray(x)) refuse(where);
  const out = {};
  Object.keys(x).forEach(function (key) {
    if (required.indexOf(key) < 0 && optional.indexOf(key) < 0) refuse(where + ': unknown field');
    out[key] = x[key];
  });
  required.forEach(function (key) {
    if (out[key] === undefined) refuse(where + '.' + key);
  });
  return out;
}

function needHex(x, bytes, field) {
  if (!isHex(x, bytes)) refuse(field);
}

function needInteger(x, min, max, field) {
  if (!isInteger(x, min, max)) refuse(field);
}

// Text that is not written plainly is refused: of a field given twice, or a number such as 1e3, two readers
// could read two things.
function parse(text) {
  try {
    const value = JSON.parse(text);
    if (JSON.stringify(value) === text.replace(/[ \t\r\n]+/g, '')) return value;
  } catch (e) {
    // Not JSON at all.
  }
  throw new Refusal('format-json');
}

function readEvent(x) {
  const e = fields(x, 'event', ['id', 'seq', 'prev', 'mode', 'lock_time', 'draw_time', 'chain', 'round', 'winners',
    'commit', 'rules'], []);
  needHex(e.id, 16, 'event.id');
  ['prev', 'chain', 'commit', 'rules'].forEach(function (key) { needHex(e[key], 32, 'event.' + key); });
  ['lock_time', 'draw_time', 'round'].forEach(function (key) {
    needInteger(e[key], 0, Number.MAX_SAFE_INTEGER, 'event.' + key);
  });
  needInteger(e.seq, 1, Number.MAX_SAFE_INTEGER, 'event.seq');
  needInteger(e.mode, 0, 1, 'event.mode');
  needInteger(e.winners, 0, MAX32, 'event.winners');
  if (e.lock_time >= e.draw_time) refuse('event.lock_time');
  if (e.seq === 1 && e.prev !== ZEROS) refuse('event.prev');
  if (e.mode === 0 && e.chain !== ZEROS) refuse('event.chain');
  if ((e.mode === 0) !== (e.round === 0)) refuse('event.round');
  return e;
}

function readLock(x, mode, drawn) {
  const l = fields(x, 'lock', ['count', 'root', 'digest', 'secret'], ['sig', 'late_round']);
  needInteger(l.count, 0, MAX32, 'lock.count');
  needHex(l.root, 32, 'lock.root');
  needHex(l.digest, 32, 'lock.digest');
  if ('sig' in l) needHex(l.sig, 64, 'lock.sig');
  // In mode 0 the secret is the result, so it stays out until the draw, and only there.
  if (mode === 0 && !drawn) {
    if (l.secret !== null) refuse('lock.secret');
  } else {
    needHex(l.secret, 32, 'lock.secret');
  }
  if ('late_round' in l) {
    if (mode === 0) refuse('lock.late_round');
    needInteger(l.late_round, 1, Number.MAX_SAFE_INTEGER, 'lock.late_round');
  }
  return l;
}

function readBeacon(x, expected) {
  if ((x !== null) !== expected) refuse('beacon');
  if (x === null) return null;
  const b = fields(x, 'beacon', ['round', 'signature'], []);
  needInteger(b.round, 1, Number.MAX_SAFE_INTEGER, 'beacon.round');
  needHex(b.signature, 48, 'beacon.signature');
  return b;
}

function readPath(x, field) {
  if (!Array.isArray(x) || x.length > 32) refuse(field);
  const out = [];
  for (let i = 0; i < x.length; i++) {
    const hash = x[i];
    needHex(hash, HASH, field + '[' + i + ']');
    out.push(unhex(hash));
  }
  return out;
}

function readWinner(x, field) {
  const w = fields(x, field, ['index', 'ticket'], ['path']);
  needInteger(w.index, 0, MAX32, field + '.index');
  needHex(w.ticket, TICKET, field + '.ticket');
  if ('path' in w) w.path = readPath(w.path, field + '.path');
  return w;
}

function readWinners(x, expected) {
  if (!Array.isArray(x) || x.length !== expected) refuse('winners');
  const out = [];
  for (let i = 0; i < expected; i++) {
    out.push(readWinner(x[i], 'winners[' + i + ']'));
    if (('path' in out[i]) !== ('path' in out[0])) refuse('winners[' + i + '].path');
  }
  return out;
}

function readProof(source) {
  const x = typeof source === 'string' ? parse(source) : source;
  const p = fields(x, 'proof', ['spec', 'event', 'manifest', 'lock', 'beacon'], ['seed', 'winners']);
  if (p.spec !== 'vdraw/1') refuse('spec');
  p.drawn = 'seed' in p;
  if (p.drawn !== ('winners' in p)) refuse('winners');
  needHex(p.manifest, 32, 'manifest');
  p.event = readEvent(p.event);
  p.lock = readLock(p.lock, p.event.mode, p.drawn);
  p.beacon = readBeacon(p.beacon, p.drawn && p.event.mode === 1);
  if (p.drawn) {
    needHex(p.seed, 32, 'seed');
    p.winners = readWinners(p.winners, Math.min(p.event.winners, p.lock.count));
  }
  return p;
}

function attempt(read) {
  try {
    return read();
  } catch (e) {
    return false;
  }
}

function readReceipt(x) {
  const r = fields(x, 'receipt', ['manifest', 'ticket', 'joined_at', 'signature', 'key'], []);
  needHex(r.manifest, 32, 'receipt.manifest');
  needHex(r.ticket, TICKET, 'receipt.ticket');
  needInteger(r.joined_at, 0, Number.MAX_SAFE_INTEGER, 'receipt.joined_at');
  needHex(r.signature, 64, 'receipt.signature');
  needHex(r.key, 32, 'receipt.key');
  return r;
}

function readChain(x) {
  const c = { hash: x.hash, genesis: x.genesis, period: x.period };
  needHex(c.hash, 32, 'chain');
  if (c.hash === ZEROS) refuse('chain');
  return chainOf(c);
}

function readChains(x) {
  if (!Array.isArray(x)) refuse('chains');
  return Array.from(x, readChain);
}

function readList(x) {
  if (Array.isArray(x)) refuse('tickets');
  return bytesOf(x);
}

// What is absent becomes undefined. What is there but not of the right form becomes false, or stays as it is where a
// comparison will refuse it: the step that would use it then fails, so that nothing given is passed over in silence.
function readGiven(x) {
  if (x === undefined || x === null) x = {};
  if (typeof x !== 'object' || Array.isArray(x)) throw new Refusal('format-given');
  const g = {};
  ['manifest', 'lock', 'rules', 'tickets', 'ticket', 'receipt', 'index', 'path', 'key', 'chains'].forEach(function (key) {
    const value = x[key];
    if (value !== undefined && value !== null) g[key] = value;
  });
  if ('receipt' in g) g.receipt = attempt(function () { return readReceipt(g.receipt); });
  if ('tickets' in g) g.tickets = attempt(function () { return readList(g.tickets); });
  if ('index' in g) g.index = isInteger(g.index, 0, MAX32) ? g.index : false;
  if ('path' in g) g.path = attempt(function () { return readPath(g.path, 'path'); });
  g.chains = 'chains' in g ? attempt(function () { return readChains(g.chains); }) : [];
  return g;
}

function settle(run, number, status, code, detail) {
  const text = TEXTS[code];
  run.steps[number - 1] = {
    number: number,
    name: STEPS[number - 1],
    status: status,
    code: code,
    text: text[0].replace('{}', detail),
    textZh: text[1].replace('{}', detail),
  };
}

function stepManifest(run) {
  const p = run.proof;
  const g = run.given;
  if (!('manifest' in g) && !g.receipt) run.notes.push('manifest');
  if (!('rules' in g)) run.notes.push('rules');
  if (p.event.seq > 1 && p.event.prev === ZEROS) run.notes.push('prev');
  if (hex(manifestDigest(p.event)) !== p.manifest) return settle(run, 2, 'failed', 'manifest-differs');
  if ('manifest' in g && g.manifest !== p.manifest) return settle(run, 2, 'failed', 'manifest-other');
  if (g.receipt && g.receipt.manifest !== p.manifest) return settle(run, 2, 'failed', 'manifest-receipt');
  const digest = 'rules' in g && attempt(function () { return hex(rulesDigest(g.rules)); });
  if ('rules' in g && digest !== p.event.rules) return settle(run, 2, 'failed', 'rules-differ');
  return settle(run, 2, 'ok', 'manifest-ok');
}

function stepCommit(run) {
  const p = run.proof;
  if (p.lock.secret === null) return settle(run, 3, 'unchecked', 'secret-withheld');
  const opened = hex(commitOf(unhex(p.event.id), unhex(p.lock.secret))) === p.event.commit;
  return settle(run, 3, opened ? 'ok' : 'failed', opened ? 'commit-ok' : 'commit-differs');
}

function stepChain(run) {
  const event = run.proof.event;
  const chains = run.given.chains;
  if (chains === false) return settle(run, 4, 'failed', 'chains-form');
  if (event.mode === 0) return settle(run, 4, 'ok', 'chain-none');
  const chain = [QUICKNET].concat(chains).find(function (c) { return c.hash === event.chain; });
  if (chain === undefined) return settle(run, 4, 'failed', 'chain-unknown');
  if (chain !== QUICKNET) run.notes.push('chain');
  if (event.round !== roundAt(event.draw_time, chain)) return settle(run, 4, 'failed', 'chain-round');
  if (!run.late) return settle(run, 4, 'ok', chain === QUICKNET ? 'chain-ok' : 'chain-given-ok');
  if (run.proof.lock.late_round <= event.round) return settle(run, 4, 'failed', 'chain-late-round');
  return settle(run, 4, 'ok', 'chain-late');
}

function stepBeacon(run) {
  const p = run.proof;
  if (run.trusted) return settle(run, 5, 'unchecked', 'beacon-none');
  if (!p.drawn) {
    run.notes.push('bls');
    return settle(run, 5, 'unchecked', 'not-drawn');
  }
  const deciding = run.late ? p.lock.late_round : p.event.round;
  if (p.beacon.round === deciding) return settle(run, 5, 'unchecked', 'beacon-unchecked');
  run.notes.push('bls');
  return settle(run, 5, 'failed', 'beacon-round');
}

function stepLock(run) {
  const p = run.proof;
  const seen = run.given.lock;
  if (run.late) run.notes.push('late');
  if (seen === undefined) run.notes.push('lock');
  if (!('sig' in p.lock)) run.notes.push('unsigned');
  const digest = lockDigest(unhex(p.manifest), p.lock.count, unhex(p.lock.root), p.lock.late_round);
  if (hex(digest) !== p.lock.digest) return settle(run, 6, 'failed', 'lock-differs');
  if (seen !== undefined && seen !== p.lock.digest) return settle(run, 6, 'failed', 'lock-other');
  if (run.late) return settle(run, 6, 'ok', 'lock-late');
  return settle(run, 6, 'ok', seen === undefined ? 'lock-alone' : 'lock-ok');
}

function stepSeed(run) {
  const p = run.proof;
  if (!p.drawn) return settle(run, 7, 'unchecked', 'not-drawn');
  const beacon = p.beacon === null ? new Uint8Array(32) : beaconOf(unhex(p.beacon.signature));
  const same = hex(seedOf(unhex(p.lock.digest), unhex(p.lock.secret), beacon)) === p.seed;
  return settle(run, 7, same ? 'ok' : 'failed', same ? 'seed-ok' : 'seed-differs');
}

// A job does one slice of work per call and answers true when there is no more to do; part answers false to stop early.
function inSlices(total, size, part) {
  let at = 0;
  return function () {
    const end = Math.min(at + size, total);
    const stopped = at < end && part(at, end) === false;
    at = end;
    return stopped || at >= total;
  };
}

function once(step, run) {
  return function () {
    step(run);
    return true;
  };
}

function drawJob(run) {
  const p = run.proof;
  if (!p.drawn) return once(function () {}, run);
  const picker = new Picker(unhex(p.seed), p.lock.count);
  run.agreed = 0;
  return inSlices(p.winners.length, SLICE, function (from, to) {
    while (run.agreed < to && picker.next() === p.winners[run.agreed].index) run.agreed++;
    return run.agreed === to;
  });
}

function stepDraw(run) {
  const p = run.proof;
  if (!p.drawn) return settle(run, 8, 'unchecked', 'not-drawn');
  if (run.agreed !== p.winners.length) return settle(run, 8, 'failed', 'draw-differs', run.agreed + 1);
  return settle(run, 8, 'ok', 'draw-ok');
}

// An empty list need not be given to be known. run.list is set once the list is shown to be the locked one,
// run.refused to [code, place] when something is wrong with list or winning tickets.
function listJob(run) {
  const lock = run.proof.lock;
  const list = lock.count === 0 && !('tickets' in run.given) ? new Uint8Array(0) : run.given.tickets;
  const tree = new TreeHasher();
  if (list === undefined) run.notes.push('list');
  else if (list === false) run.refused = ['tickets-form'];
  else if (list.length !== TICKET * lock.count) run.refused = ['tickets-length'];
  const hashing = inSlices(list === undefined || run.refused ? 0 : lock.count, SLICE, function (from, to) {
    for (let i = Math.max(from, 1); i < to; i++) {
      if (compareAt(list, TICKET * (i - 1), list, TICKET * i) >= 0) run.refused = run.refused || ['tickets-order', i + 1];
    }
    tree.add(list.subarray(TICKET * from, TICKET * to));
    return !run.refused;
  });
  return function () {
    if (!hashing()) return false;
    if (list === undefined || run.refused) return true;
    if (hex(tree.root()) === lock.root) run.list = list;
    else run.refused = ['tickets-root'];
    return true;
  };
}

function winnerFault(run, w) {
  const lock = run.proof.lock;
  const ticket = unhex(w.ticket);
  if (w.path !== undefined && !verifyPath(ticket, w.index, lock.count, w.path, unhex(lock.root))) return 'tickets-path';
  if (run.list === undefined) return '';
  return w.index < lock.count && compareAt(run.list, TICKET * w.index, ticket, 0) === 0 ? '' : 'tickets-winner';
}

// A path is up to 32 nodes, so a slice has fewer of them.
function winnersJob(run) {
  const p = run.proof;
  return inSlices(p.drawn ? p.winners.length : 0, SLICE / 16, function (from, to) {
    for (let i = from; i < to && !run.refused; i++) {
      const fault = winnerFault(run, p.winners[i]);
      if (fault !== '') run.refused = [fault, i + 1];
    }
    return !run.refused;
  });
}

function stepTickets(run) {
  const p = run.proof;
  if (run.refused) return settle(run, 9, 'failed', run.refused[0], run.refused[1]);
  const some = p.drawn && p.winners.length > 0;
  if (run.list !== undefined) return settle(run, 9, 'ok', some ? 'tickets-ok' : 'tickets-list-ok');
  if (some && p.winners[0].path !== undefined) return settle(run, 9, 'ok', 'tickets-path-ok');
  return settle(run, 9, 'unchecked', 'tickets-not-given');
}

// The first thing wrong with what a participant brought, before any list is looked at.
function mineFault(p, g) {
  const r = g.receipt;
  if (r === false) return 'receipt-form';
  if ('key' in g && !isHex(g.key, 32)) return 'key-form';
  if (('ticket' in g && !isHex(g.ticket, TICKET)) || g.index === false || g.path === false) return 'mine-form';
  if (r === undefined) return '';
  if ('ticket' in g && g.ticket !== r.ticket) return 'mine-two';
  if (r.joined_at >= p.event.lock_time) return 'receipt-late';
  return 'key' in g && g.key !== r.key ? 'receipt-key' : '';
}

function stepMine(run) {
  const p = run.proof;
  const g = run.given;
  if (g.receipt && !('key' in g)) run.notes.push('operator');
  const fault = mineFault(p, g);
  if (fault !== '') return settle(run, 10, 'failed', fault);
  if (!('ticket' in g) && !g.receipt) return settle(run, 10, 'unchecked', 'mine-not-given');
  const ticket = unhex('ticket' in g ? g.ticket : g.receipt.ticket);
  const at = run.list === undefined ? undefined : indexOf(run.list, ticket);
  if (at === -1) return settle(run, 10, 'failed', 'mine-missing');
  const placed = 'index' in g && 'path' in g;
  if (at !== undefined && 'index' in g && g.index !== at) return settle(run, 10, 'failed', 'mine-path');
  if (placed && !verifyPath(ticket, g.index, p.lock.count, g.path, unhex(p.lock.root))) {
    return settle(run, 10, 'failed', 'mine-path');
  }
  // A winner's ticket was looked up in step 9 by the path that the proof has for it.
  const won = p.drawn && !run.refused && p.winners.some((w) => w.path !== undefined && w.ticket === hex(ticket));
  if (at !== undefined || placed || won) return settle(run, 10, 'ok', 'mine-ok');
  return settle(run, 10, 'unchecked', 'tickets' in g ? 'mine-list-refused' : 'mine-no-way');
}

// A run is the state of one check: the proof and what was given, copied, and what has been found so far.
function begin(proof, given) {
  const run = { steps: [], notes: [], jobs: [], late: false, trusted: false };
  try {
    run.given = attempt(function () { return readGiven(given); });
    if (run.given === false) throw new Refusal('format-given');
    run.proof = readProof(proof);
  } catch (e) {
    return e instanceof Refusal ? halt(run, e.code, e.field) : halt(run, 'format-fault');
  }
  run.late = 'late_round' in run.proof.lock;
  run.trusted = run.proof.event.mode === 0;
  if (run.trusted) run.notes.push('trusted');
  settle(run, 1, 'ok', 'format-ok');
  run.jobs = [stepManifest, stepCommit, stepChain, stepBeacon, stepLock, stepSeed].map(function (step) {
    return once(step, run);
  }).concat([
    drawJob(run), once(stepDraw, run), listJob(run), winnersJob(run), once(stepTickets, run), once(stepMine, run),
  ]);
  return run;
}

function halt(run, code, field) {
  settle(run, 1, 'failed', code, field);
  for (let number = 2; number <= STEPS.length; number++) settle(run, number, 'unchecked', 'not-reached');
  run.notes = ['bls'];
  run.jobs = [];
  run.late = run.trusted = false;
  return run;
}

// One slice of work; true when all is done. Nothing here is expected to throw once the format is good; were it to, the
// proof is refused rather than half checked.
function advance(run) {
  try {
    if (run.jobs.length > 0 && run.jobs[0]()) run.jobs.shift();
  } catch (e) {
    halt(run, 'format-fault');
  }
  return run.jobs.length === 0;
}

function reportOf(run) {
  const open = run.steps.filter(function (s) { return s.status === 'unchecked'; });
  const notes = run.notes.concat(['ed25519', 'seq', 'limits']);
  const failed = run.steps.some(function (s) { return s.status === 'failed'; });
  return {
    steps: run.steps,
    unchecked: open.map(function (s) { return 'Step ' + s.number + ' (' + s.name + '): ' + s.text; })
      .concat(notes.map(function (n) { return NOTES[n][0]; })),
    uncheckedZh: open.map(function (s) { return '第 ' + s.number + ' 步：' + s.textZh; })
      .concat(notes.map(function (n) { return NOTES[n][1]; })),
    late: run.late,
    trusted: run.trusted,
    failed: failed,
    exit: failed ? 1 : (run.late || run.trusted ? 3 : 0),
  };
}

/**
 * @typedef {Object} Given What a checker has from elsewhere; all of it optional, null counts as absent. A value that is
 *   there but not of its form fails the step that would use it.
 * @property {string} [manifest] MD as shown when the event was created or joined, hex
 * @property {string} [lock] LD as seen before the draw, hex
 * @property {string} [rules] the exact rules text
 * @property {Uint8Array|ArrayBuffer} [tickets] tickets.bin; not to be changed while checkInSlices is at work
 * @property {string} [ticket] my ticket, hex
 * @property {{manifest: string, ticket: string, joined_at: number, signature: string, key: string}} [receipt] my receipt
 * @property {number} [index] my place in the list, used together with path
 * @property {string[]} [path] my inclusion path, hex
 * @property {string} [key] the operator's key, hex, from outside
 * @property {{hash: string, genesis: number, period: number}[]} [chains] chains allowed beside quicknet, for development
 *
 * @typedef {Object} Step
 * @property {number} number 1..10
 * @property {string} name
 * @property {'ok'|'failed'|'unchecked'} status
 * @property {string} code what was found, for programs
 * @property {string} text the same in English
 * @property {string} textZh the same in Chinese
 *
 * @typedef {Object} Report
 * @property {Step[]} steps all ten
 * @property {string[]} unchecked everything that was not checked, in English; never empty, to be shown with every result
 * @property {string[]} uncheckedZh the same in Chinese
 * @property {boolean} late the list was frozen late
 * @property {boolean} trusted there is no public randomness (mode 0)
 * @property {boolean} failed a step failed. False does not mean that all was checked: see unchecked
 * @property {number} exit 1 a step failed; 3 none did, but the draw was late or operator-trusted; 0 otherwise
 */

/**
 * Checks a proof in ten steps. It never throws.
 * @param {string|Object} proof the JSON text, or what JSON.parse made of it. Text is better where there is a choice: a
 *   field given twice can only be seen there
 * @param {Given} [given]
 * @returns {Report}
 */
function check(proof, given) {
  const run = begin(proof, given);
  while (!advance(run));
  return reportOf(run);
}

function shortPause() {
  return new Promise(function (resolve) {
    if (typeof setTimeout === 'function') setTimeout(resolve, 0);
    else resolve();
  });
}

/**
 * check in slices of at most 1,024 tickets, for long lists: the caller's thread is free during every pause.
 * @param {string|Object} proof
 * @param {Given} [given]
 * @param {function(): (Promise|undefined)} [pause] called between slices; a timeout of 0 if left out
 * @returns {Promise<Report>} the report that check gives; rejected only with what pause throws or rejects with
 */
function checkInSlices(proof, given, pause) {
  const run = begin(proof, given);
  const wait = pause === undefined ? shortPause : pause;
  const next = function () {
    return advance(run) ? reportOf(run) : Promise.resolve(wait()).then(next);
  };
  return Promise.resolve().then(next);
}

module.exports = {
  QUICKNET,
  sha256,
  hmacSha256,
  utf8,
  hex,
  unhex,
  u32,
  u64,
  commitOf,
  rulesDigest,
  manifestBytes,
  manifestDigest,
  ticketOf,
  receiptMessage,
  lockMessage,
  lockDigest,
  beaconOf,
  seedOf,
  Picker,
  picks,
  reserves,
  TreeHasher,
  rootOf,
  pathOf,
  verifyPath,
  roundAt,
  timeOf,
  check,
  checkInSlices,
};
