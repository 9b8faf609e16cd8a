// How the program speaks with the service: who is calling, what came back, and when to try again. What can be asked is in
// lib/lottery.js.
const config = require('../config');
const clock = require('./clock');
const sleep = require('./sleep');

const TOKEN = 'token';
const LONGEST_WAIT = 5; // seconds that a user waits without being told anything

/** A refusal, or no answer: then status is 0 and code `network`. retryAfter is in seconds. */
class ApiError extends Error {
  constructor(status, code, message, retryAfter) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** A header by its name in lower case: phones differ in how they write names. */
function header(all, name) {
  const key = Object.keys(all || {}).find((k) => k.toLowerCase() === name);
  return key === undefined ? undefined : String(all[key]);
}

// A cloud's gateway refuses in a form of its own; then the status has to do.
function refusal(answer, body) {
  const error = (body && body.error) || {};
  const wait = Number(header(answer.header, 'retry-after')) || 1;
  return new ApiError(answer.statusCode, error.code || `http_${answer.statusCode}`, error.message || '', wait);
}

const parsed = (data) => {
  try {
    return JSON.parse(data);
  } catch (e) {
    return undefined;
  }
};

/** One request and whatever comes back. */
const exchanged = (options) => new Promise((resolve, reject) => {
  wx.request({ ...options, success: resolve, fail: (e) => reject(new ApiError(0, 'network', e.errMsg, 1)) });
});

/**
 * One request, one answer. options: body, token, key (Idempotency-Key), text (the answer as it came: what is to be checked is not to
 * go through a parser first).
 * @returns {Promise<any>} the body; rejected with an ApiError for everything but 2xx
 */
async function send(method, path, options = /** @type {any} */ ({})) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (options.body) headers['Content-Type'] = 'application/json';
  if (options.token) headers.Authorization = `Bearer ${options.token}`;
  if (options.key) headers['Idempotency-Key'] = options.key;
  const data = options.body && JSON.stringify(options.body);
  const sent = Date.now();
  const answer = await exchanged({ url: config.baseURL + path, method, header: headers, data, dataType: '其他', timeout: 10000 });
  // What does not depend on the user may come from a cache, with the time of another day.
  if (options.token) clock.learn(header(answer.header, 'date'), sent, Date.now());
  const body = parsed(answer.data);
  if (answer.statusCode < 200 || answer.statusCode > 299) throw refusal(answer, body);
  if (options.text || answer.data === '') return answer.data;
  if (body === undefined) throw new ApiError(answer.statusCode, 'not_json', 'the answer is not JSON', 1);
  return body;
}

/**
 * Once more where the service, or the way to it, was not there for a moment: every call may be made twice, see "Retrying safely" in
 * docs/api.md. Logging in alone may not, and does not come here.
 */
async function patiently(method, path, options) {
  try {
    return await send(method, path, options);
  } catch (e) {
    const later = e.code === 'network' || e.status === 503 || e.status === 429;
    if (!later || e.retryAfter > LONGEST_WAIT) throw e;
    await sleep(1000 * e.retryAfter + 500 * Math.random());
    return send(method, path, options);
  }
}

/** A code of WeChat for this user. */
async function codeOf() {
  const { local } = config;
  if (local && local.user) return (await send('POST', '/_sim/wechat/code', { body: { openid: local.user } })).code;
  return (await wx.login().catch((e) => { throw new ApiError(0, 'network', e.errMsg, 1); })).code;
}

async function exchange() {
  const answer = await send('POST', '/login', { body: { code: await codeOf() } });
  wx.setStorageSync(TOKEN, answer.token);
  return answer.token;
}

// A code works once, and an answer that got lost has used it up.
async function exchangeTwice() {
  try {
    return await exchange();
  } catch (e) {
    if (e.code !== 'login_code_spent') throw e;
    return exchange();
  }
}

/** @type {Promise<string>|null} */
let loggingIn = null;

/** Logs in; calls that need it at the same time share one. */
function logIn() {
  if (!loggingIn) {
    loggingIn = exchangeTwice();
    const done = () => { loggingIn = null; };
    loggingIn.then(done, done);
  }
  return loggingIn;
}

const tokenOrLogIn = async () => wx.getStorageSync(TOKEN) || logIn();

/** What the user does, with his token: he is logged in first where he is not, and once more where his session has ended. */
async function loggedIn(run) {
  const token = await tokenOrLogIn();
  try {
    return await run(token);
  } catch (e) {
    if (e.code !== 'login_required') throw e;
    // Another call may have logged in again while this one was under way.
    if (wx.getStorageSync(TOKEN) === token) wx.removeStorageSync(TOKEN);
    return run(await tokenOrLogIn());
  }
}

/** A call by the user. */
const call = (method, path, options = {}) => loggedIn((token) => patiently(method, path, { ...options, token }));

/** A call for what everybody may see, without saying who asks. */
const ask = (path, options = {}) => patiently('GET', path, options);

/** A file of the service: the path of a temporary copy. What is refused comes as a file too, so the status has to do. */
const download = (path) => loggedIn((token) => new Promise((resolve, reject) => {
  wx.downloadFile({
    url: config.baseURL + path,
    header: { Authorization: `Bearer ${token}` },
    success(r) {
      if (r.statusCode === 200) return resolve(r.tempFilePath);
      return reject(new ApiError(r.statusCode, r.statusCode === 401 ? 'login_required' : `http_${r.statusCode}`, 'no file', 1));
    },
    fail: (e) => reject(new ApiError(0, 'network', e.errMsg, 1)),
  });
}));

module.exports = { ApiError, call, ask, download };
