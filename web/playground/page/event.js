// One lottery on a phone: from joining over the lock to the winners.

import { make, one, patch, sign, write } from './dom.js';
import { digits, now, timeOfDay, until } from './clock.js';
import { ended, short } from './phone.js';
import { count, say, spoken } from './words.js';

const icons = { init: 'clock', opening: 'lock', opened: 'gift', canceled: 'cross' };
const chains = { 'development-beacon': 'labelDevelopment', 'public-randomness': 'labelPublic', 'operator-trusted': 'labelTrusted' };
const sections = ['head', 'clock', 'mine', 'winners', 'check', 'lock', 'code', 'prizes', 'told', 'rules'];

/** Returns the view of a phone's lottery in root: update(phone) when something has changed, tick(phone) as time passes. */
export function eventView(root) {
  const none = make('div', { class: 'empty', 'data-role': 'no-event' });
  const parts = Object.fromEntries(sections.map((name) => [name, make('div', { class: 'part part-' + name })]));
  const article = make('article', { class: 'event', 'data-role': 'event', hidden: '' }, ...Object.values(parts));
  root.append(none, article);
  clockFace(parts.clock);
  const view = {
    update(phone) {
      none.hidden = Boolean(phone.event);
      article.hidden = !phone.event;
      patch(none, [Boolean(phone.token), spoken()], () => [sign('gift'), make('h4', {}, say('noLottery')), make('p', {}, say(phone.token ? 'noLotteryText' : 'beginText'))]);
      if (phone.event) show(article, parts, phone);
      view.tick(phone);
    },
    tick(phone) { if (phone.event) tick(parts.clock, phone.event); },
  };
  return view;
}

function show(article, parts, phone) {
  const { event, winners } = phone;
  const language = spoken();
  Object.assign(article.dataset, { event: event.id, state: event.status });
  patch(parts.head, [event.title, event.status, event.held, event.late, event.cancel_reason, event.rules.organiser, event.fairness.label, language], () => head(event));
  patch(parts.mine, [event.me, event.status, phone.notify[event.id], phone.index, language], () => mine(phone));
  patch(parts.winners, [winners, event.me?.ticket, event.undrawn, language], () => (winners ? winnerList(event, winners) : []));
  patch(parts.check, [event.status, event.id, language], () => (event.status === 'opened' ? [verifyLink(event)] : []));
  const code = phone.code && event.status === 'init' && !event.held; // strangers see nothing of what is held
  patch(parts.code, [code && event.id, language], () => (code ? shareCode(phone) : []));
  patch(parts.prizes, [event.prizes, event.participants, event.rules.odds, language], () => prizes(event));
  patch(parts.lock, [event.fairness.lock, event.status, language], () => lockRecord(event));
  patch(parts.told, [event.messages, language], () => (event.messages ? [make('p', { class: 'soft told', 'data-role': 'told' }, sign('bell'), say('told', count(event.messages.sent), count(event.messages.wanted)))] : []));
  patch(parts.rules, [event.id, event.rules.method, event.rules.conditions, event.rules.claim_terms, language], () => [rules(event)]);
}

function head(event) {
  const reason = event.cancel_reason ? ': ' + say('canceled_' + event.cancel_reason) : '';
  return [
    make('p', { class: 'chips' },
      make('span', { class: 'chip ' + event.status, 'data-role': 'status' }, sign(icons[event.status]), say(event.status) + reason),
      event.held ? make('span', { class: 'chip warn' }, sign('alert'), say('held')) : null,
      event.late ? make('span', { class: 'chip warn' }, sign('alert'), say('late')) : null),
    make('h4', { class: 'title', 'data-role': 'title' }, event.title),
    make('p', { class: 'soft' }, `${say('by', event.rules.organiser.name || say('nobodyNamed'))} · ${say(chains[event.fairness.label])}`),
  ];
}

/** Builds the face once: it changes four times a second, and nothing of that is read out. */
function clockFace(root) {
  root.append(
    make('p', { class: 'digits' }, make('span', { 'data-role': 'countdown', 'aria-hidden': 'true' }), make('span', { class: 'digits-text', 'data-role': 'countdown-text' })),
    make('div', { class: 'track', 'aria-hidden': 'true' }, make('span', { class: 'run joining' }, make('i')), make('span', { class: 'run locked' }, make('i'))),
    make('p', { class: 'times' }, make('span', { 'data-role': 'lock-at' }), make('span', { 'data-role': 'draw-at' })));
}

function tick(root, event) {
  const status = event.status === 'init' && until(event.lock_at) <= 0 ? 'opening' : event.status;
  const left = until(status === 'init' ? event.lock_at : event.draw_at);
  root.hidden = event.status === 'canceled';
  root.dataset.phase = status;
  write(one('[data-role="countdown"]', root), ended(event) ? '' : digits(left));
  write(one('[data-role="countdown-text"]', root), phrase(event, status, left));
  write(one('[data-role="lock-at"]', root), say('lockedAt', timeOfDay(event.lock_at)));
  write(one('[data-role="draw-at"]', root), say('drawnAt', timeOfDay(event.draw_at)));
  const [created, lock, draw] = [event.created_at, event.lock_at, event.draw_at].map((t) => Date.parse(t));
  bar(one('.joining', root), created, lock);
  bar(one('.locked', root), lock, draw);
}

function phrase(event, status, left) {
  if (status === 'opened') return say('opened') + ' ' + timeOfDay(event.drawn_at);
  if (status === 'init') return say('untilLock');
  if (left > 0) return say('untilDraw');
  return event.fairness.waiting_for_round ? say('waitingRound', event.fairness.waiting_for_round) : say('anyMoment');
}

function bar(run, from, to) {
  run.style.flexGrow = String(Math.max(0.25, Math.min(4, (to - from) / 10000)));
  run.firstChild.style.transform = `scaleX(${Math.max(0, Math.min(1, (now() - from) / Math.max(1, to - from)))})`;
}

function mine(phone) {
  const { owner, ticket, prize } = phone.event.me ?? {};
  const drawn = phone.event.status === 'opened';
  if (owner) return [card('owner', sign('person'), [make('strong', {}, say('ticketOwner'))])];
  if (!ticket) return [card('none', sign('person'), [make('strong', {}, say(drawn ? 'ticketWas' : 'ticketNone'))])];
  const number = make('p', { class: 'soft' }, `${say('ticket')} `, make('code', { 'data-role': 'ticket', title: ticket }, short(ticket)),
    phone.index === null ? '' : ' · ' + say('place', count(phone.index + 1)));
  if (drawn && prize) return [card('won', sign('gift'), [make('strong', {}, say('youWon')), make('p', { class: 'prize', 'data-role': 'prize' }, prize), number])];
  if (drawn) return [card('lost', sign('check'), [make('strong', {}, say('youLost')), number])];
  const wish = phone.notify[phone.event.id];
  return [card('in', sign('check'), [number, wish === undefined ? null : make('p', { class: 'soft' }, say(wish ? 'notifyOn' : 'notifyOff'))])];
}

function card(kind, icon, children) {
  return make('div', { class: 'mine ' + kind, 'data-role': 'mine', 'data-mine': kind }, icon, make('div', {}, ...children.filter(Boolean)));
}

function winnerList(event, { shown, more }) {
  const heading = make('h5', {}, say('winners'));
  if (shown.length === 0) return [heading, make('p', { class: 'soft', 'data-role': 'winners' }, say('winnersNone'))];
  return [
    heading,
    make('ol', { class: 'winners', 'data-role': 'winners' }, ...shown.map((w) => {
      const me = w.ticket === event.me?.ticket;
      return make('li', { class: me ? 'me' : '', 'data-ticket': w.ticket },
        make('span', { class: 'place' }, String(w.place)),
        make('span', { class: 'winner' }, make('b', {}, w.name || short(w.ticket)), me ? make('span', { class: 'mark' }, say('you')) : null),
        make('span', { class: 'soft' }, w.prize));
    })),
    more > 0 ? make('p', { class: 'soft' }, say('winnersMore', count(more))) : null,
  ];
}

function verifyLink(event) {
  return make('a', { class: 'verify', href: '/verify/' + event.id, target: '_blank', rel: 'noopener', 'data-role': 'verify', 'data-key': 'verify' },
    sign('check'), make('span', {}, make('b', {}, say('verify')), make('small', {}, say('verifyHint'))));
}

function shareCode(phone) {
  const image = make('img', { src: `/events/${phone.event.id}/qrcode`, alt: say('codeAlt'), width: 96, height: 96, 'data-role': 'qrcode' });
  image.addEventListener('error', () => phone.act('missCode'), { once: true });
  return [make('div', { class: 'code' }, image, make('div', {}, make('h5', {}, say('code')), make('p', { class: 'soft' }, say('codeText'))))];
}

function prizes(event) {
  const { winners, of } = event.rules.odds;
  return [
    make('div', { class: 'headline' }, make('h5', {}, say('prizes')),
      make('p', {}, make('b', { 'data-role': 'participants' }, count(event.participants)), ' ', say('participantsIs'))),
    make('ul', { class: 'prizes' }, ...event.prizes.map((p) => make('li', {}, make('span', {}, p.name), make('span', { class: 'soft' }, '× ' + count(p.quantity))))),
    of > 0 ? make('p', { class: 'soft' }, say('oddsAre', count(winners), count(of))) : null,
  ];
}

function lockRecord(event) {
  const { lock } = event.fairness;
  if (!lock && event.status !== 'opening') return [];
  const heading = make('h5', {}, sign('lock'), say('list'));
  if (!lock) return [heading, make('p', { class: 'soft' }, say('listSoon'))];
  const row = (name, value, role) => [make('dt', {}, say(name)), make('dd', {}, make('code', { 'data-role': role, title: value }, value.length > 24 ? value.slice(0, 24) + '…' : value))];
  return [
    heading,
    make('dl', { class: 'record', 'data-role': 'lock' },
      ...row('listCount', count(lock.count), 'lock-count'), ...row('listRoot', lock.root, 'lock-root'), ...row('listDigest', lock.digest, 'lock-digest')),
    make('p', { class: 'soft' }, say('listText')),
  ];
}

function rules(event) {
  const { method, conditions, claim_terms } = event.rules;
  return make('details', {}, make('summary', { 'data-key': 'rules' }, say('rules')), ...[conditions, claim_terms, method].filter(Boolean).map((text) => make('p', { class: 'soft' }, text)));
}
