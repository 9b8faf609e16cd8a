// How a phone looks: a fixed frame whose buttons never move, and a screen that scrolls in it.

import { make, one, patch, sign, write } from './dom.js';
import { chat } from './chat.js';
import { eventView } from './event.js';
import { createForm } from './form.js';
import { profile } from './profile.js';
import { ended } from './phone.js';
import { sentence } from './refusals.js';
import { say, spoken } from './words.js';

const tabs = [['chat', 'chat'], ['lottery', 'gift'], ['me', 'person']];
const actions = ['join-notify', 'join', 'leave', 'share', 'cancel', 'create'];
const labels = {
  'join-notify': 'joinNotify', join: 'join', leave: 'leave', share: 'share', cancel: 'cancel', create: 'create',
};

export class Screen {
  /** on says what happens beyond the phone: remove(phone), opened(id). */
  constructor(phone, on) {
    this.phone = phone;
    this.on = on;
    this.root = this.frame();
    this.parts = Object.fromEntries([...this.root.querySelectorAll('[data-part]')].map((e) => [e.dataset.part, e]));
    this.chat = chat(this.parts.chat);
    this.event = eventView(this.parts.event);
    this.form = createForm(this.parts.form, phone);
    this.profile = profile(this.parts.me, phone);
    this.root.addEventListener('click', (e) => this.click(e));
    this.root.addEventListener('keydown', (e) => this.key(e));
    this.update();
  }

  frame() {
    const { number } = this.phone;
    const id = 'phone-' + number;
    return make('section', { class: 'phone', id, 'data-phone': number, 'data-hue': (number - 1) % 6, 'aria-labelledby': id + '-name', tabindex: -1 },
      make('header', { class: 'phone-head' },
        make('span', { class: 'avatar', 'data-part': 'avatar', 'aria-hidden': 'true' }),
        make('div', { class: 'who' },
          make('h3', { id: id + '-name' }, make('span', { class: 'unseen', 'data-part': 'phoneOf' }), make('span', { 'data-part': 'name', 'data-role': 'name', 'aria-hidden': 'true' })),
          make('p', { class: 'soft', 'data-part': 'session', 'data-role': 'session' })),
        make('button', { type: 'button', class: 'pill', 'data-action': 'login', 'data-part': 'login' })),
      make('div', { class: 'screen', 'data-part': 'screen', tabindex: 0, role: 'group' },
        make('div', { class: 'panel', 'data-part': 'chat', 'data-panel': 'chat' }),
        make('div', { class: 'panel', 'data-part': 'lottery', 'data-panel': 'lottery' },
          make('div', { 'data-part': 'form' }),
          make('div', { 'data-part': 'event' })),
        make('div', { class: 'panel', 'data-part': 'me', 'data-panel': 'me' })),
      make('div', { class: 'says', role: 'status', 'aria-atomic': 'true' },
        make('p', { class: 'refusal', 'data-role': 'error', 'data-part': 'error', hidden: '' }),
        make('p', { class: 'note', 'data-role': 'note', 'data-part': 'note' })),
      make('p', { class: 'unseen', role: 'status', 'data-role': 'news', 'data-part': 'announce' }),
      make('div', { class: 'actions', role: 'group', 'data-part': 'actions' },
        ...actions.map((name) => make('button', { type: 'button', 'data-action': name, class: name.startsWith('join') ? 'wide' : '' }))),
      make('nav', { class: 'tabs', 'data-part': 'tabs' },
        ...tabs.map(([name, icon]) => make('button', { type: 'button', 'data-action': 'tab-' + name },
          sign(icon), make('span', { class: 'label' }), make('span', { class: 'badge', 'data-role': name === 'me' ? 'unread' : 'news-count', hidden: '' })))));
  }

  /** Shows the phone as it is. */
  update() {
    const { phone, parts, root } = this;
    Object.assign(root.dataset, { state: phone.token ? 'in' : 'out', tab: phone.tab, busy: phone.busy, event: phone.eventID ?? '', eventState: phone.event?.status ?? '' });
    write(parts.avatar, [...phone.name][0] ?? '?');
    write(parts.name, phone.name);
    write(parts.phoneOf, say('phoneOf', phone.name));
    write(parts.session, say(phone.token ? 'loggedIn' : 'loggedOut'));
    write(parts.login, say(phone.token ? 'loginAgain' : 'login'));
    parts.login.classList.toggle('next', !phone.token);
    parts.screen.setAttribute('aria-label', say(phone.tab));
    for (const [name] of tabs) parts[name].hidden = phone.tab !== name;
    this.updatePanels();
    this.updateSays();
    this.updateActions();
    this.updateTabs();
  }

  updatePanels() {
    const { phone, parts } = this;
    const atEnd = parts.screen.scrollHeight - parts.screen.scrollTop - parts.screen.clientHeight < 40;
    const grown = this.chat(phone);
    if (grown && phone.tab === 'chat' && atEnd && !parts.chat.matches(':hover, :focus-within')) parts.screen.scrollTop = parts.screen.scrollHeight;
    parts.form.hidden = !phone.form;
    parts.event.hidden = phone.form;
    this.form();
    this.event.update(phone);
    this.profile();
    if (this.shownTab !== phone.tab + phone.form + phone.eventID) {
      this.shownTab = phone.tab + phone.form + phone.eventID;
      parts.screen.scrollTop = phone.tab === 'chat' ? parts.screen.scrollHeight : 0;
    }
  }

  updateSays() {
    const { phone, parts } = this;
    const { error } = phone;
    parts.error.hidden = !error;
    parts.note.hidden = Boolean(error);
    parts.error.dataset.code = error?.code ?? '';
    patch(parts.error, [error, spoken()], () => (error
      ? [sign('alert'), make('span', {}, error.status ? make('code', { 'data-role': 'error-code', title: error.message }, `${error.status} ${error.code}`) : null, ' ' + sentence(error))]
      : []));
    write(parts.note, phone.note ? say(...phone.note) : this.refusable().size > 0 ? say('tryLegend') : '');
    parts.note.classList.toggle('did', Boolean(phone.note));
  }

  updateActions() {
    const { phone } = this;
    const [refusable, next] = [this.refusable(), this.next()];
    for (const name of actions) {
      const button = one(`.actions [data-action="${name}"]`, this.root);
      write(button, say(labels[name]));
      button.classList.toggle('next', next.includes(name));
      button.classList.toggle('try', refusable.has(name));
      button.classList.toggle('idle', !phone.event && name !== 'create');
      button.setAttribute('aria-description', refusable.has(name) ? say('tryAnyway') : '');
      button.setAttribute('aria-busy', String(phone.busy === name));
    }
    this.parts.actions.setAttribute('aria-label', say('lottery'));
  }

  /** The actions that the service would refuse. */
  refusable() {
    const { token, event } = this.phone;
    const no = new Set();
    if (!token) ['join-notify', 'join', 'leave', 'cancel', 'create'].forEach((name) => no.add(name));
    if (!event) return token ? no : new Set(['create']);
    const { owner, ticket } = event.me ?? {};
    const closed = event.status !== 'init';
    if (owner || (closed && !ticket)) no.add('join').add('join-notify');
    if (closed && ticket) no.add('leave');
    if (!owner || event.status === 'opening' || event.status === 'opened') no.add('cancel');
    return no;
  }

  /** The actions that lead on. */
  next() {
    const { token, event, form, tab, cards } = this.phone;
    if (!token || form) return [];
    if (!event || (ended(event) && event.me?.owner)) return tab === 'chat' && cards.length > 0 ? [] : ['create'];
    if (event.status !== 'init') return [];
    if (event.me?.owner) return this.phone.code ? [] : ['share'];
    return event.me?.ticket ? [] : ['join-notify'];
  }

  updateTabs() {
    const { phone, root } = this;
    for (const [name] of tabs) {
      const button = one(`[data-action="tab-${name}"]`, root);
      const n = { chat: phone.news, lottery: 0, me: phone.inbox.unread }[name];
      write(one('.label', button), say(name));
      if (phone.tab === name) button.setAttribute('aria-current', 'page');
      else button.removeAttribute('aria-current');
      patch(one('.badge', button), [n, spoken()], () => [make('span', { 'aria-hidden': 'true' }, String(n)), make('span', { class: 'unseen' }, say(name === 'me' ? 'unread' : 'news', n))]);
      one('.badge', button).hidden = n === 0;
    }
    this.parts.tabs.setAttribute('aria-label', say('phoneOf', phone.name));
  }

  /** Moves what moves with the clock. */
  tick() { this.event.tick(this.phone); }

  announce(text) { write(this.parts.announce, text); }

  click(e) {
    const button = e.target.closest('[data-action]');
    if (!button) return;
    const { phone } = this;
    const name = button.dataset.action;
    if (name.startsWith('tab-')) phone.turn(name.slice(4));
    else if (name === 'create') this.openForm();
    else if (name === 'close') this.closeForm();
    else if (name === 'create-submit' || name === 'rename') return; // forms are submitted, also by the keyboard
    else if (name === 'remove') this.on.remove(phone);
    else if (name === 'open') phone.act('open', button.dataset.id);
    else if (name.startsWith('join')) phone.act('join', name === 'join-notify');
    else phone.act(name);
  }

  openForm() {
    const { phone } = this;
    Object.assign(phone, { tab: 'lottery', form: true, error: null, note: null });
    this.update();
    one('input', this.parts.form).focus();
  }

  closeForm() {
    this.phone.form = false;
    this.update();
    one('.actions [data-action="create"]', this.root).focus();
  }

  key(e) {
    if (e.key !== 'Escape' || !this.phone.form) return;
    e.stopPropagation();
    this.closeForm();
  }
}
