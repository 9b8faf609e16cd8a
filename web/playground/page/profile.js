// What belongs to the user of a phone: his lotteries and their ends, his name, his session.

import { make, one, patch, sign } from './dom.js';
import { say, spoken } from './words.js';

/** Returns a function that shows a phone's user in root. Lists change by themselves, what one types in does not. */
export function profile(root, phone) {
  const [joined, created, more] = [make('div', { 'data-role': 'inbox' }), make('div', { 'data-role': 'created' }), make('div', { class: 'session' })];
  root.append(joined, created, more);
  return () => {
    patch(joined, [phone.inbox.events.map(line), spoken()], () => list('inbox', phone.inbox.events, 'joined-'));
    patch(created, [phone.created.map(line), spoken()], () => list('created', phone.created, 'created-'));
    patch(more, [spoken()], () => session(phone));
    const input = one('input', more);
    if (document.activeElement !== input && input.dataset.name !== phone.name) input.value = input.dataset.name = phone.name;
  };
}

function line(e) { return [e.id, e.title, e.status, e.me]; }

function list(heading, events, key) {
  return [
    make('h4', {}, say(heading)),
    events.length === 0 ? make('p', { class: 'soft' }, say('inboxEmpty')) : make('ul', { class: 'events' }, ...events.map((e) => make('li', {}, entry(e, key)))),
  ];
}

function entry(e, key) {
  const unread = Boolean(e.me?.unread);
  return make('button', { type: 'button', class: unread ? 'entry unread' : 'entry', 'data-action': 'open', 'data-id': e.id, 'data-key': key + e.id },
    make('span', { class: 'entry-title' }, e.title),
    make('span', { class: 'soft' }, e.me?.prize ? `${say('youWon')}: ${e.me.prize}` : say(e.status)),
    unread ? make('span', { class: 'mark' }, sign('bell'), say('isUnread')) : null);
}

function session(phone) {
  const id = `phone-${phone.number}-rename`;
  const form = make('form', { class: 'field', novalidate: '', autocomplete: 'off' },
    make('label', { for: id }, say('name')),
    make('div', { class: 'row' }, make('input', { id, name: 'name' }), make('button', { type: 'submit', 'data-action': 'rename' }, say('saveName'))));
  form.addEventListener('submit', (e) => {
    e.preventDefault();
    phone.act('rename', form.elements.name.value);
  });
  return [
    make('h4', {}, say('session')), form,
    make('div', { class: 'column' }, ...['logout', 'flag', 'remove'].map((name) => make('button', { type: 'button', 'data-action': name }, say(name)))),
  ];
}
