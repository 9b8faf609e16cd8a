// What the reader brings along: a ticket or receipt, and what was seen at the time.

import { at, fill, make, show } from './dom.js';
import { pick, say } from './words.js';

const hexFields = ['ticket', 'manifest', 'lock', 'key'];
const fields = [...hexFields, 'receipt'];

/** Returns the filled-in fields as the checker takes them. */
export function givenByReader() {
  const given = { receipt: at('receipt').value.trim() };
  for (const name of hexFields) given[name] = at(name).value.trim().toLowerCase();
  return given;
}

/** Empties the fields, which belong to the draw that was open. */
export function forgetMine() { at('mine-form').reset(); }

/** Calls changed whenever the reader changed something or asks for the check. */
export function startMine(changed) {
  at('mine-form').addEventListener('change', ({ target }) => {
    if (target.id === 'receipt-file') readReceipt(target, changed);
    else changed();
  });
  at('mine-form').addEventListener('submit', (submitted) => {
    submitted.preventDefault();
    changed();
  });
}

async function readReceipt(input, changed) {
  if (!input.files[0]) return;
  at('receipt').value = await input.files[0].text();
  changed();
}

/** Shows what became of the reader's ticket, and which fields could not be read. */
export function showMine(state) {
  for (const name of fields) showRefusal(name, state.answer?.refused.find((r) => r.field === name));
  const step = state.answer?.report.steps[9];
  const asked = step && (at('ticket').value.trim() || at('receipt').value.trim());
  show(at('mine-answer'), Boolean(asked));
  if (!asked) return;
  const { word, tone } = meaningOf(step, state.answer.report);
  at('mine-answer').className = 'answer ' + tone;
  fill(at('mine-answer'), make('strong', {}, word), make('p', {}, pick(step.finding)));
}

function showRefusal(name, refusal) {
  const hint = at(name + '-refused');
  show(hint, Boolean(refusal));
  fill(hint, refusal ? say('openRefused', say(name)) : '', refusal ? make('span', { class: 'why', lang: 'en' }, ' ' + refusal.why) : null);
  if (refusal) at(name).setAttribute('aria-invalid', 'true');
  else at(name).removeAttribute('aria-invalid');
}

function meaningOf(step, report) {
  const code = step.finding.code;
  if (code === 'mine.won') return { word: say('mineWon', report.my_place), tone: 'good' };
  if (code === 'mine.lost') return { word: say('mineLost'), tone: 'neutral' };
  if (code === 'mine.listed') return { word: say('mineListed'), tone: 'neutral' };
  if (code === 'mine.missing') return { word: say('mineMissing'), tone: 'bad' };
  return step.outcome === 'failed' ? { word: say('mineFailed'), tone: 'bad' } : { word: say('mineUnknown'), tone: 'unsure' };
}
