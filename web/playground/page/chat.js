// The chat of a phone: lotteries that were shared, and the service messages of WeChat.

import { make, patch, sign } from './dom.js';
import { timeOfDay } from './clock.js';
import { say, spoken } from './words.js';

/** Returns a function that shows a phone's chat in root, and says whether that has changed. */
export function chat(root) {
  return (phone) => patch(root, [phone.cards, phone.sent, Boolean(phone.token), spoken()], () => {
    const items = [
      ...phone.cards.map((c) => ({ at: c.time, element: () => shareCard(c) })),
      ...(phone.sent ?? []).map((m, i) => ({ at: Date.parse(m.at), element: () => serviceMessage(m, i) })),
    ].sort((a, b) => a.at - b.at);
    return items.length > 0 ? items.map((item) => item.element()) : [nothing(phone)];
  });
}

function nothing(phone) {
  return make('div', { class: 'empty' }, sign('chat'), make('h4', {}, say('chatEmpty')),
    make('p', {}, say(phone.token ? 'chatEmptyText' : 'beginText')));
}

function shareCard(card) {
  return make('article', { class: 'bubble', 'data-role': 'card', 'data-event': card.id },
    make('p', { class: 'from' }, say('shared', card.from)),
    make('h4', {}, card.title),
    make('p', { class: 'soft' }, say('drawsAt', timeOfDay(card.at))),
    opener(card.id, card.title, 'card-' + card.id));
}

function serviceMessage(message, i) {
  const rows = Object.entries(message.data).map(([name, { value }]) => [label(name), value]).filter(([name]) => name);
  const id = new URLSearchParams(message.page.split('?')[1] ?? '').get('id');
  return make('article', { class: 'bubble service', 'data-role': 'message', 'data-event': id, 'data-template': message.template_id },
    make('p', { class: 'from' }, sign('bell'), say('serviceMessage'), make('time', { datetime: message.at }, timeOfDay(message.at))),
    make('h4', { lang: 'zh-CN' }, message.data.phrase2?.value ?? ''),
    make('dl', {}, ...rows.flatMap(([name, value]) => [make('dt', {}, say(name)), make('dd', {}, value)])),
    id ? opener(id, message.data.thing1?.value ?? '', 'message-' + i) : null);
}

/** The templates name fields by kind and number. */
function label(field) {
  return { thing1: 'fieldTitle', thing3: 'fieldPrize', number3: 'fieldParticipants', number4: 'fieldWinners', time4: 'fieldTime', time5: 'fieldTime' }[field];
}

function opener(id, title, key) {
  return make('button', { type: 'button', class: 'opener', 'data-action': 'open', 'data-id': id, 'data-key': key, 'aria-label': say('openNamed', title) }, say('open'));
}
