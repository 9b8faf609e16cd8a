// What the operator sees: lotteries by status, ticks, processes, and what each route costs.

import { Refusal, call } from './api.js';
import { make, patch, sign, write } from './dom.js';
import { timeOfDay } from './clock.js';
import { count, say, spoken } from './words.js';

const statuses = [['init', 'clock'], ['opening', 'lock'], ['opened', 'gift'], ['canceled', 'cross']];
const names = ['login', 'events', 'join', 'draw'];
const ticksShown = 12;
const requestsShown = 12;

/** Returns the view in a section, which stays hidden where the local cloud tells nothing: ask() asks once and shows it. */
export function operatorView(section) {
  const parts = Object.fromEntries([...section.querySelectorAll('[data-part]')].map((e) => [e.dataset.part, e]));
  let [last, absent, asking] = [null, false, false];
  const show = () => {
    if (!last) return;
    section.hidden = false;
    write(parts.now, timeOfDay(last.now));
    patch(parts.events, [last.events, spoken()], () => statuses.map(([name, icon]) => tile(name, icon, last.events?.[name])));
    patch(parts.functions, [last.functions, spoken()], () => names.filter((n) => last.functions?.[n]).map((n) => functionCard(n, last.functions[n])));
    patch(parts.ticks, [last.ticks, spoken()], () => tickRows(last.ticks ?? []));
    patch(parts.routes, [last.routes, spoken()], () => routeRows(last.routes ?? []));
    patch(parts.requests, [last.requests, spoken()], () => requestRows(last.requests ?? []));
  };
  return {
    show,
    async ask() {
      if (absent || asking) return;
      asking = true;
      try {
        last = await call('GET', '/_sim/operator', { lane: 'poll' });
        show();
      } catch (e) {
        if (!(e instanceof Refusal)) throw e;
        absent = e.status === 404;
      } finally {
        asking = false;
      }
    },
  };
}

function tile(name, icon, n) {
  return make('div', { class: 'tile ' + name, 'data-status': name }, make('dt', {}, sign(icon), say(name)), make('dd', {}, n === undefined ? '–' : count(n)));
}

function functionCard(name, f) {
  const instances = f.instances ?? [];
  const busy = instances.filter((i) => i.busy).length;
  const row = (key, n, bad) => [make('dt', {}, say(key)), make('dd', { class: bad && n > 0 ? 'bad' : '' }, count(n ?? 0))];
  return make('article', { class: 'function', 'data-function': name },
    make('h4', {}, name),
    make('p', { class: 'squares', 'aria-hidden': 'true' }, ...instances.slice(0, 32).map((i) => make('i', { class: i.busy ? 'busy' : '', title: `${i.pid}: ${i.invocations}` }))),
    make('p', { class: 'soft' }, say('instances', instances.length, busy)),
    make('dl', {}, ...row('cold', f.cold_starts), ...row('warm', f.warm), ...row('crashes', f.crashes, true), ...row('timeouts', f.timeouts, true)));
}

function quiet(t) { return !(t.steps || t.failures || t.overdue || t.messages_sent || t.messages_refused || t.messages_dead); }

/** Ticks with work get a row each; those without, one for all in a row. */
function tickRows(ticks) {
  const rows = [];
  for (const t of ticks) {
    const before = rows.at(-1);
    if (quiet(t) && before?.quiet) before.quiet++;
    else rows.push(quiet(t) ? { quiet: 1, at: t.at } : { tick: t });
  }
  if (rows.length === 0) return [empty(6)];
  return rows.slice(0, ticksShown).map((r) => (r.quiet
    ? make('tr', { class: 'quiet' }, cell('at', timeOfDay(r.at)), make('td', { colspan: 5 }, say('ticksQuiet', r.quiet)))
    : tickRow(r.tick)));
}

function tickRow(t) {
  const told = [['tickMessages', t.messages_sent], ['tickRefused', t.messages_refused], ['tickDead', t.messages_dead]];
  return make('tr', { 'data-role': 'tick' }, cell('at', timeOfDay(t.at)), cell('ms', ms(t.ms)), cell('steps', count(t.steps)),
    cell('failures', count(t.failures), t.failures > 0), cell('overdue', count(t.overdue), t.overdue > 0),
    cell('messages', told.filter(([, n]) => n > 0).map(([key, n]) => say(key, count(n))).join(', ') || '–'));
}

function routeRows(routes) {
  if (routes.length === 0) return [empty(5)];
  return routes.map((r) => make('tr', { 'data-role': 'route', 'data-route': r.route }, make('th', { scope: 'row' }, make('code', {}, r.route || say('noRoute'))),
    cell('count', count(r.count)), cell('p50', ms(r.p50_ms)), cell('p95', ms(r.p95_ms)), cell('queries', number(r.queries))));
}

function requestRows(requests) {
  if (requests.length === 0) return [empty(5)];
  return requests.slice(0, requestsShown).map((r) => make('tr', {}, cell('at', timeOfDay(r.at)), make('td', { class: 'left', 'data-label': say('route') }, make('code', {}, r.route || r.method + ' ' + say('noRoute'))),
    cell('status', String(r.status), r.status >= 500), cell('ms', ms(r.ms)), cell('queriesShort', number(r.queries))));
}

function cell(key, text, bad) { return make('td', { class: bad ? 'bad' : '', 'data-label': say(key) }, text); }

function empty(columns) { return make('tr', {}, make('td', { colspan: columns, class: 'soft' }, say('none'))); }

function ms(n) { return n === null || n === undefined ? '–' : n < 10 ? n.toFixed(1) : String(Math.round(n)); }

function number(n) { return n === null || n === undefined ? '–' : String(Math.round(n * 10) / 10); }
