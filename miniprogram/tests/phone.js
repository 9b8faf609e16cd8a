// A phone: one user, his storage, and the pages he has open, rendered by miniprogram-simulate. `wx` is a small stand-in that
// speaks with the simulated WeChat of the local cloud. Several phones live side by side in one process: which one `wx` is follows
// from whose code is running.
const { AsyncLocalStorage } = require('node:async_hooks');
const path = require('node:path');
const { JSDOM } = require('jsdom');

const { window } = new JSDOM('<!doctype html><html><head></head><body></body></html>');
Object.assign(global, { window, document: window.document, CustomEvent: window.CustomEvent, TouchEvent: window.TouchEvent });
const simulate = require('miniprogram-simulate');

const program = path.join(__dirname, '..');
const holder = new AsyncLocalStorage();
Object.defineProperty(global, 'wx', { get: () => holder.getStore().wx, configurable: true });

const METHODS = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT']; // of wx.request: there is no PATCH
const copy = (x) => (x === undefined ? '' : JSON.parse(JSON.stringify(x)));
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Waits for what has to come true soon, and says what was to be seen where it does not. */
async function until(holds, seconds = 5, saw = () => '') {
  const end = Date.now() + 1000 * seconds;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`still not so after ${seconds} s: ${holds}\n${saw()}`);
    await sleep(20);
  }
}

class Phone {
  constructor(base, openid) {
    this.base = base;
    this.openid = openid;
    this.storage = new Map();
    this.modules = {};
    this.requests = []; // every wx.request, as it was made
    this.went = [];
    this.modals = [];
    this.asked = []; // templates that consent was asked for
    this.files = new Map();
    this.consent = 'accept';
    this.confirm = true;
    this.tapping = false;
    this.localUser = ''; // wx.login, as on a phone
    /** Stands between the phone and the service: gets a request and the way to send it, and answers in its stead. */
    this.between = (request, send) => send();
    this.wx = this.makeWx();
  }

  run(f) {
    return holder.run(this, f);
  }

  /** Opens a page as WeChat does; resolved once what it asks for has come. */
  async open(page, options = {}) {
    const screen = new Screen(this, this.run(() => this.withModules(() => render(page))));
    await this.run(async () => {
      const { instance } = screen.page;
      if (instance.onLoad) await instance.onLoad(options);
      if (instance.onShow) await instance.onShow();
    });
    return screen;
  }

  /** Runs with this phone's own copies of the program's modules, as each phone has them. */
  withModules(f) {
    const ours = () => Object.keys(require.cache).filter((k) => k.startsWith(program) && !/[\\/](node_modules|tests)[\\/]/.test(k));
    ours().forEach((k) => delete require.cache[k]);
    Object.assign(require.cache, this.modules);
    const config = require('../config');
    config.baseURL = this.base;
    if (config.local) config.local.user = this.localUser;
    const out = f();
    ours().forEach((k) => { this.modules[k] = require.cache[k]; });
    return out;
  }

  /** One of the program's modules, as this phone has it. */
  module(name) {
    return this.run(() => this.withModules(() => require(path.join(program, name))));
  }

  made(method, pattern) {
    return this.requests.filter((r) => r.method === method && pattern.test(r.path));
  }

  async sim(what, body) {
    const r = await fetch(`${this.base}/_sim/wechat/${what}`, body && { method: 'POST', body: JSON.stringify(body) });
    if (r.status !== 200) throw new Error(`${what}: ${await r.text()}`);
    return r.json();
  }

  /** The messages of WeChat that came. */
  async messages() {
    return (await this.sim(`sent?openid=${this.openid}`)).sent;
  }

  makeWx() {
    const { storage } = this;
    const go = (how) => (o) => { this.went.push(o ? `${how} ${o.url}` : how); };
    return {
      request: (o) => { this.request(o); },
      downloadFile: (o) => { this.download(o); },
      login: () => this.sim('code', { openid: this.openid }),
      requestSubscribeMessage: (o) => this.subscribe(o.tmplIds),
      getStorageSync: (k) => copy(storage.get(k)),
      setStorageSync: (k, v) => { storage.set(k, copy(v)); },
      removeStorageSync: (k) => { storage.delete(k); },
      showModal: async (o) => { this.modals.push(o.content); return { confirm: this.confirm, cancel: !this.confirm }; },
      navigateTo: go('to'), redirectTo: go('instead'), navigateBack: go('back'), stopPullDownRefresh: go('pulled'),
    };
  }

  async request(o) {
    const method = o.method || 'GET';
    const request = { method, path: o.url.slice(this.base.length), header: o.header || {}, body: o.data };
    this.requests.push(request);
    const send = async () => {
      if (!METHODS.includes(method)) throw new Error('invalid method');
      const r = await fetch(this.base + request.path, { method, headers: o.header, body: o.data });
      return { statusCode: r.status, header: capitalised(r.headers), data: await r.text() };
    };
    try {
      const answer = await this.between(request, send);
      o.success({ ...answer, data: o.dataType === '其他' ? answer.data : parsed(answer.data) });
    } catch (e) {
      o.fail({ errMsg: `request:fail ${e.message}` });
    }
  }

  async download(o) {
    const r = await fetch(o.url, { headers: o.header });
    const name = `wxfile://tmp/${this.files.size}`;
    this.files.set(name, { type: r.headers.get('content-type'), bytes: new Uint8Array(await r.arrayBuffer()) });
    o.success({ statusCode: r.status, tempFilePath: name });
  }

  // WeChat takes the question from the handler of a tap only.
  async subscribe(ids) {
    if (!this.tapping) throw new Error('requestSubscribeMessage:fail can only be invoked by user TAP gesture.');
    this.asked.push(...ids);
    if (this.consent === 'accept') await Promise.all(ids.map((id) => this.sim('subscribe', { openid: this.openid, template_id: id })));
    return { errMsg: 'requestSubscribeMessage:ok', ...Object.fromEntries(ids.map((id) => [id, this.consent])) };
  }
}

const capitalised = (headers) => Object.fromEntries([...headers].map(([k, v]) => [k.replace(/\b[a-z]/g, (c) => c.toUpperCase()), v]));

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (e) {
    return text;
  }
}

function render(page) {
  const id = simulate.load(path.join(program, page), { rootPath: program });
  const component = simulate.render(id);
  component.attach(document.body);
  return component;
}

/** A page on a phone. Elements are named by the selectors of its own WXML. */
class Screen {
  constructor(phone, page) {
    this.phone = phone;
    this.page = page;
  }

  get data() {
    return this.page.instance.data;
  }

  get text() {
    return this.page.dom.textContent;
  }

  has(selector) {
    return this.page.querySelector(selector) !== undefined;
  }

  all(selector) {
    return this.page.querySelectorAll(selector);
  }

  words(selector) {
    return this.all(selector).map((e) => e.dom.textContent);
  }

  event(selector, name, detail, nth = 0) {
    const element = this.all(selector)[nth];
    if (!element) throw new Error(`nothing is ${selector}[${nth}] in: ${this.text}`);
    this.phone.run(() => element.dispatchEvent(name, { detail, bubbles: true }));
    return sleep(0);
  }

  async tap(selector, nth = 0) {
    this.phone.tapping = true;
    const done = this.event(selector, 'tap', {}, nth);
    setImmediate(() => { this.phone.tapping = false; });
    await done;
  }

  type(selector, value, nth) {
    return this.event(selector, 'input', { value }, nth);
  }

  /** The button of a form was tapped: WeChat hands over what its fields have, by their names. */
  submit(selector, value) {
    return this.event(selector, 'submit', { value });
  }

  pick(selector, value) {
    return this.event(selector, 'change', { value });
  }

  call(method, ...args) {
    return this.phone.run(() => this.page.instance[method](...args));
  }

  until(holds, seconds) {
    return until(holds, seconds, () => this.text);
  }

  close() {
    this.phone.run(() => {
      if (this.page.instance.onUnload) this.page.instance.onUnload();
      this.page.detach();
    });
  }
}

module.exports = { Phone, until, sleep };
