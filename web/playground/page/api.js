// Calling the service: a bounded number of requests at a time, taps first.

import { heard } from './clock.js';

/** A refusal is an answer of the service that says no; status 0 is no answer at all. */
export class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

// How many requests may be on their way for one more of a lane to start. Browsers open six connections to a host; the last of
// them is kept for taps.
const room = { tap: 6, poll: 5, crowd: 4 };
const waiting = { tap: [], poll: [], crowd: [] };
const patience = 15000;
let flying = 0;

function enter(lane) {
  if (flying < room[lane]) {
    flying++;
    return null;
  }
  return new Promise((go) => { waiting[lane].push(go); });
}

function leave() {
  flying--;
  for (const lane of Object.keys(room)) {
    while (waiting[lane].length > 0 && flying < room[lane]) {
      flying++;
      waiting[lane].shift()();
    }
  }
}

let hear = () => {};

/** Has a function told, after each request, whether there was an answer. */
export function onContact(f) { hear = f; }

/** Calls the service and returns what its answer holds, or throws a Refusal. */
export async function call(method, path, { token = null, body, headers = {}, lane = 'tap' } = {}) {
  await enter(lane);
  try {
    return await ask(method, path, token, body, headers);
  } finally {
    leave();
  }
}

async function ask(method, path, token, body, headers) {
  const sent = Date.now();
  const init = { method, headers: { ...headers }, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(patience) };
  if (token) init.headers.Authorization = 'Bearer ' + token;
  if (body !== undefined) {
    init.headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  let answer;
  let text;
  try {
    answer = await fetch(path, init);
    heard(answer.headers.get('Date'), sent, Date.now());
    text = await answer.text();
  } catch (e) {
    hear(false);
    throw new Refusal(0, 'no_answer', String(e));
  }
  hear(true);
  return read(answer, text);
}

function read(answer, text) {
  const type = answer.headers.get('Content-Type') || '';
  let said = null;
  if (type.startsWith('application/json')) {
    try { said = JSON.parse(text); } catch { /* not what it says it is */ }
  }
  if (!answer.ok) throw new Refusal(answer.status, said?.error?.code ?? 'http_' + answer.status, said?.error?.message ?? '');
  return said;
}

/** Asks the simulated WeChat to do what a phone would. */
export function wechat(name, body, lane = 'tap') { return call('POST', '/_sim/wechat/' + name, { body, lane }); }

/** Logs a user in and returns his token. */
export async function logIn(openid, lane = 'tap') {
  const { code } = await wechat('code', { openid }, lane);
  const { token } = await call('POST', '/login', { body: { code }, lane });
  return token;
}

/** Returns n random hex digits. */
export function random(n) {
  const bytes = crypto.getRandomValues(new Uint8Array(Math.ceil(n / 2)));
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('').slice(0, n);
}
