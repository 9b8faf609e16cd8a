// The winners, a page at a time: a draw can have a hundred thousand.

import { at, fill, make, show } from './dom.js';
import { prizesOf } from './contradictions.js';
import { count, say } from './words.js';

const perPage = 50;
let first = 0; // index of the first winner shown
let turn = () => {}; // shows another page of what is shown now

/** Shows the winners of a state's proof. The page stays where the reader turned to, unless the draw is another one. */
export function showWinners(state) {
  const winners = state.proof?.winners;
  show(at('winners'), Boolean(winners) && Boolean(state.answer));
  if (!winners) return;
  const failed = state.answer?.report.steps.some((s) => s.outcome === 'failed');
  fill(at('winners-note'), say(failed ? 'winnersUnsure' : 'winnersText'));
  at('winners-note').className = failed ? 'warning' : 'hint';
  turn = (start) => table(winners, prizesOf(state.event), ticketOf(state), start);
  turn(first < winners.length ? first : 0);
}

/** Goes back to the first page, for another draw. */
export function firstWinners() { first = 0; }

/** Makes the buttons and the place input work. */
export function startWinners() {
  at('winners-previous').addEventListener('click', () => turn(first - perPage));
  at('winners-next').addEventListener('click', () => turn(first + perPage));
  at('winners-place').addEventListener('change', ({ target }) => {
    const place = Math.floor(Number(target.value));
    if (place >= 1 && place <= Number(target.max)) turn(place - 1 - (place - 1) % perPage);
  });
}

function table(winners, prizes, mine, start) {
  first = start;
  const end = Math.min(first + perPage, winners.length);
  const names = prizeNames(prizes);
  const rows = winners.slice(first, end).map((w, i) => row(first + i + 1, names(first + i), w, w.ticket === mine));
  fill(at('winners-rows'), ...rows);
  fill(at('winners-shown'), winners.length === 0 ? say('nobody') : say('shown', count(first + 1), count(end), count(winners.length)));
  pager(winners.length, end);
}

function pager(total, end) {
  show(at('winners-pager'), total > perPage);
  show(at('winners-table'), total > 0);
  at('winners-previous').disabled = first === 0;
  at('winners-next').disabled = end === total;
  at('winners-place').max = String(total);
}

function row(place, prize, { ticket, index }, mine) {
  const mark = mine ? make('span', { class: 'badge good' }, say('mineMark')) : null;
  // The roles keep it a table where the style lays its rows out otherwise, on a phone.
  return make('tr', { role: 'row', ...mine && { class: 'mine' } },
    make('th', { scope: 'row', role: 'rowheader' }, count(place)), make('td', { class: 'prize', role: 'cell' }, prize),
    make('td', { class: 'mono ticket', role: 'cell' }, ticket, mark && ' ', mark),
    make('td', { class: 'number', role: 'cell', 'data-label': say('number') }, count(index)));
}

// The first prize takes the first winners, and so on.
function prizeNames(prizes) {
  return (index) => {
    let end = 0;
    for (const { name, quantity } of prizes) {
      end += quantity;
      if (index < end) return name;
    }
    return say('unknownPrize');
  };
}

function ticketOf({ answer, proof }) {
  const place = answer?.report.my_place ?? 0;
  return place > 0 ? proof.winners[place - 1].ticket : null;
}
