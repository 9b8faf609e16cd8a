// A phone: one simulated user, what he knows, and what he can do. It knows nothing of how it is shown.

import { Refusal, call, logIn, random, wechat } from './api.js';
import { now, until } from './clock.js';
import { spoken } from './words.js';

const names = [['Lin', '小林'], ['Mei', '阿梅'], ['Bo', '博文'], ['Yu', '小雨'], ['Hua', '阿华'], ['Kai', '凯凯']];
const winnersShown = 10;

/** Reports whether an event is at its end. */
export function ended(event) { return event.status === 'opened' || event.status === 'canceled'; }

/** Returns the start of a ticket or digest, as it is shown where there is little room. */
export function short(hex) { return hex.slice(0, 8); }

export class Phone {
  /** world says who else is there: phones(), and changed(phone), told(phone, note, ofOpen), won(phone) to show things. */
  constructor(number, world, kept = {}) {
    this.number = number;
    this.world = world;
    this.openid = kept.openid ?? `play-${number}-${random(12)}`;
    this.chosen = kept.chosen ?? ''; // the name that was set
    this.token = kept.token ?? null;
    this.known = Boolean(kept.known); // WeChat has seen this user
    this.tab = kept.tab ?? 'chat';
    this.cards = kept.cards ?? []; // lotteries that others shared: {id, from, title, at}
    this.eventID = kept.eventID ?? null;
    this.notify = kept.notify ?? {}; // event → whether its message is wished
    this.receipts = kept.receipts ?? {}; // event → the operator's word that the ticket was accepted
    this.event = null;
    this.winners = null;
    this.index = null; // of the ticket in the locked list
    this.code = false; // whether the share code is shown
    this.form = false;
    this.sent = null; // messages of WeChat; null until they were asked for
    this.seen = kept.seen ?? 0; // cards and messages that were looked at
    this.inbox = { events: [], unread: 0 };
    this.created = [];
    this.templates = {};
    this.error = null;
    this.note = null; // a key of the table of sentences, and what fills it in
    this.busy = '';
    this.due = { event: 0, inbox: 0, sent: 0 };
    this.asking = {};
  }

  /** What is worth keeping when the page is loaded anew. */
  kept() {
    const { openid, chosen, token, known, tab, cards, eventID, notify, receipts, seen } = this;
    return { openid, chosen, token, known, tab, cards, eventID, notify, receipts, seen };
  }

  get name() { return this.chosen || names[(this.number - 1) % names.length][spoken() === 'zh' ? 1 : 0]; }

  get news() { return Math.max(0, this.cards.length + (this.sent?.length ?? 0) - this.seen); }

  /** Does what a tap asks for, and shows what became of it. One thing at a time: taps while one is at work are dropped. */
  async act(name, ...args) {
    if (this.busy) return false;
    Object.assign(this, { busy: name, error: null, note: null });
    this.world.changed(this);
    try {
      this.note = (await this[name](...args)) ?? null;
      return true;
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      this.refused(e, name);
      return false;
    } finally {
      this.busy = '';
      this.world.changed(this);
    }
  }

  refused(e, name) {
    this.error = { status: e.status, code: e.code, message: e.message };
    if (e.code === 'login_required') this.token = null;
    if (name !== 'login') this.due.event = 0; // a refusal says that things are not what they were
  }

  ask(method, path, more = {}) { return call(method, path, { token: this.token, ...more }); }

  async login() {
    this.token = await logIn(this.openid);
    this.known = true;
    this.due = { event: 0, inbox: 0, sent: 0 };
    this.world.changed(this);
    const { held } = await this.ask('PATCH', '/login', { body: { name: this.name } });
    this.chosen = this.name;
    return [held ? 'didNameHeld' : 'didLogin'];
  }

  async logout() {
    await this.ask('DELETE', '/login');
    this.token = null;
    Object.assign(this, { inbox: { events: [], unread: 0 }, created: [] });
    this.due.event = 0;
    return ['didLogout'];
  }

  async rename(name) {
    const answer = await this.ask('PATCH', '/login', { body: { name } });
    this.chosen = answer.name;
    return answer.held ? ['didNameHeld'] : ['didName', answer.name];
  }

  async flag() {
    await wechat('flag', { openid: this.openid });
    return ['didFlag'];
  }

  /** draft is {title, prizes, seconds, notify}; a tap on "notify me" comes first, as WeChat wants it. */
  async create({ title, prizes, seconds, notify }) {
    if (notify && this.token) await this.consent(this.templates.organiser);
    this.draft ??= { key: random(32), body: { title, prizes, draw_at: this.secondsFromNow(seconds), notify } };
    try {
      const event = await this.ask('POST', '/events', { body: this.draft.body, headers: { 'Idempotency-Key': this.draft.key } });
      this.draft = null;
      this.form = false;
      this.show(event);
      return [event.held ? 'didCreateHeld' : 'didCreate'];
    } catch (e) {
      if (e.status) this.draft = null; // without an answer the same is sent again, so that there will not be two of it
      throw e;
    }
  }

  secondsFromNow(seconds) { return new Date(Math.ceil(now() / 1000 + seconds) * 1000).toISOString(); }

  consent(template) { return wechat('subscribe', { openid: this.openid, ...(template ? { template_id: template } : {}) }); }

  async share() {
    const event = this.needEvent();
    const others = this.world.phones().filter((p) => p !== this);
    for (const phone of others) phone.receive({ id: event.id, from: this.name, title: event.title, at: event.draw_at });
    this.code = true;
    return ['didShare', others.length];
  }

  /** Finds out why there was no picture of the share code. */
  async missCode() {
    this.code = false;
    await this.ask('GET', `/events/${this.eventID}/qrcode`);
  }

  receive(card) {
    if (this.cards.some((c) => c.id === card.id)) return;
    this.cards.push({ ...card, time: now() });
    this.world.told(this, ['gotCard', card.from]);
    this.looked();
    this.world.changed(this);
  }

  async join(notify) {
    const event = this.needEvent();
    if (notify) await this.consent(event.notify_template);
    const answer = await this.ask('POST', '/join/' + event.id, notify ? { body: { notify: true } } : {});
    this.notify[event.id] = answer.notify;
    this.receipts[event.id] = answer.receipt;
    await this.refresh('tap');
    return ['didJoin', short(answer.ticket)];
  }

  async leave() {
    const event = this.needEvent();
    await this.ask('DELETE', '/join/' + event.id);
    delete this.notify[event.id];
    delete this.receipts[event.id];
    await this.refresh('tap');
    return ['didLeave'];
  }

  async cancel() {
    const event = this.needEvent();
    const answer = await this.ask('POST', `/events/${event.id}/cancel`);
    this.take(answer);
    return ['didCancel'];
  }

  needEvent() {
    if (!this.event) throw new Refusal(0, 'nothing_open', '');
    return this.event;
  }

  /** Opens the lottery with this id. */
  async open(id) {
    Object.assign(this, { tab: 'lottery', form: false });
    if (this.eventID !== id) Object.assign(this, { eventID: id, event: null, winners: null, index: null, code: false });
    await this.refresh('tap');
  }

  show(event) {
    Object.assign(this, { tab: 'lottery', eventID: event.id, event: null, winners: null, index: null, code: false });
    this.take(event);
  }

  turn(tab) {
    this.tab = tab;
    this.looked();
    if (tab === 'me') this.due.inbox = 0;
    if (tab === 'lottery') this.due.event = 0;
    this.world.changed(this);
  }

  /** Whoever has the chat before him has seen what is in it. */
  looked() { if (this.tab === 'chat') this.seen = this.cards.length + (this.sent?.length ?? 0); }

  /** Asks for the open lottery as it is by now. */
  async refresh(lane) {
    const id = this.eventID;
    if (!id) return;
    const event = await this.ask('GET', '/events/' + id, { lane });
    if (this.eventID !== id) return; // another one was opened meanwhile
    this.take(event);
    await this.follow(lane);
  }

  /** Takes an event as the service tells it, and says what has changed. */
  take(event) {
    const before = this.event;
    this.event = event;
    this.world.heard(event);
    if (before && before.status !== event.status) this.tell(event);
    this.world.changed(this);
  }

  tell(event) {
    this.due.inbox = this.due.sent = 0;
    const won = event.status === 'opened' ? event.me?.prize : null;
    if (won) this.world.won(this);
    const key = { opening: 'nowLocked', canceled: 'nowCanceled', opened: won ? 'nowWon' : event.me?.ticket ? 'nowLost' : 'nowDrawn' }[event.status];
    if (key) this.world.told(this, won ? [key, event.title, won] : [key, event.title], true);
  }

  /** Asks for what belongs to the open lottery at this stage: winners, one's place in the list; and marks an end as read. */
  async follow(lane) {
    const { event } = this;
    if (event.status === 'opened' && !this.winners) {
      const answer = await this.ask('GET', `/events/${event.id}/winners?limit=${winnersShown}`, { lane });
      this.winners = { shown: answer.winners, more: Math.max(0, Math.min(event.participants, total(event)) - answer.winners.length) };
    }
    if (event.fairness.lock && event.me?.ticket && this.index === null) {
      this.index = (await this.ask('GET', '/join/' + event.id, { lane })).index ?? null;
    }
    if (event.me?.unread && this.tab === 'lottery' && !this.form) {
      await this.ask('POST', `/events/${event.id}/read`, { lane });
      delete event.me.unread;
      this.due.inbox = 0;
    }
    this.world.changed(this);
  }

  async askInbox(lane) {
    const mine = await this.ask('GET', '/events?role=joined&limit=20', { lane });
    Object.assign(this, { inbox: { events: mine.events, unread: mine.unread }, templates: mine.templates ?? {} });
    if (this.tab === 'me') this.created = (await this.ask('GET', '/events?role=created&limit=20', { lane })).events;
    this.world.changed(this);
  }

  async askSent(lane) {
    const { sent } = await call('GET', '/_sim/wechat/sent?openid=' + encodeURIComponent(this.openid), { lane });
    if (this.sent && sent.length > this.sent.length) this.world.told(this, ['gotMessage']);
    this.sent = sent;
    this.looked();
    this.world.changed(this);
  }

  /** Does the polling that is due, and says nothing where it fails: the page says once for all that nobody answers. */
  beat() {
    this.poll('event', this.eventID, () => this.refresh('poll'), () => this.pace());
    this.poll('inbox', this.token, () => this.askInbox('poll'), () => 5000);
    this.poll('sent', this.known, () => this.askSent('poll'), () => (this.justEnded() ? 1000 : 5000));
  }

  async poll(what, wanted, ask, pace) {
    if (!wanted || this.asking[what] || performance.now() < this.due[what]) return;
    this.asking[what] = true;
    this.due[what] = Infinity; // whoever sets it meanwhile wants it asked again
    try {
      await ask();
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      if (e.code === 'login_required') this.lost(e);
    } finally {
      this.asking[what] = false;
      this.due[what] = Math.min(this.due[what], performance.now() + pace());
    }
  }

  lost(e) {
    if (!this.token) return;
    this.refused(e, 'poll');
    this.world.changed(this);
  }

  /** How long until the open lottery is asked for again: often around lock and draw, and just after both. */
  pace() {
    const { event } = this;
    if (!event) return 2000;
    if (ended(event)) return this.justEnded() ? 2000 : 15000;
    const next = until(event.status === 'init' ? event.lock_at : event.draw_at);
    const usual = next < 5000 || (event.status === 'opening' && !event.fairness.lock) ? 1000 : next < 120000 ? 2000 : 5000;
    return next > 0 ? Math.min(usual, next + 150) : usual;
  }

  justEnded() { return Boolean(this.event) && ended(this.event) && now() - Date.parse(this.event.drawn_at ?? this.event.canceled_at) < 20000; }
}

function total(event) { return event.prizes.reduce((sum, prize) => sum + prize.quantity, 0); }
