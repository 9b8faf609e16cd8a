// The verdict: one sentence on top, and right below it what keeps it from being more.

import { fill, make, show, sign, at } from './dom.js';
import { contradictions } from './contradictions.js';
import { count, pick, say, together } from './words.js';

const signs = { bad: 'cross', good: 'check', unsure: 'alert', waiting: 'clock', idle: 'dash' };

/**
 * Returns what is to be said about the state: {kind, tone, title, text, more, wrong, open, notes}. kind is a key of words.js
 * and stable. A failure comes before everything else, and "complete" only when nothing at all is open.
 */
export function verdictOf(state) {
  const kind = kindOf(state);
  const base = { kind, tone: toneOf(kind), title: say(kind), text: textOf(kind, state), more: '', wrong: [], open: [], notes: [] };
  if (!state.answer || kind === 'stopped') return base;
  const wrong = contradictionsOf(state);
  return { ...base, ...failure(kind, state), wrong: wrong.map((key) => say(key)), open: openOf(state), notes: notesOf(state, kind) };
}

function kindOf(state) {
  if (state.crashed) return 'stopped';
  if (state.proofError) return kindOfRefusal(state);
  if (!state.answer) return state.proofText || state.loading ? 'loading' : 'idle';
  if (failedSteps(state).length > 0) return 'failed';
  if (contradictionsOf(state).length > 0) return 'contradicted';
  if (state.loading) return 'loading';
  return kindOfReport(state);
}

function kindOfRefusal({ proofError, event, eventError }) {
  if (event?.status === 'canceled') return 'canceled';
  if (proofError.code === 'not_locked_yet') return 'unlocked';
  return proofError.status === 404 && !event && eventError?.status !== 500 ? 'absent' : 'unavailable';
}

function kindOfReport({ answer, event, ...state }) {
  const { report } = answer;
  if (!report.drawn) return event?.status === 'canceled' ? 'canceled' : 'undrawn';
  if (report.dev) return 'rehearsal';
  if (report.trusted) return 'trusted';
  if (report.late) return 'late';
  return openOf({ answer, event, ...state }).length > 0 ? 'open' : 'complete';
}

function toneOf(kind) {
  if (['failed', 'contradicted'].includes(kind)) return 'bad';
  if (['idle', 'absent', 'canceled'].includes(kind)) return 'idle';
  if (['loading', 'undrawn', 'unlocked'].includes(kind)) return 'waiting';
  return kind === 'complete' ? 'good' : 'unsure';
}

function textOf(kind, state) {
  if (kind === 'unavailable') return say('unavailableText', errorText(state.proofError));
  if (kind === 'stopped') return say('stoppedText', state.crashed);
  if (kind === 'undrawn' && state.answer.report.trusted) return say('undrawnTrusted');
  return kind === 'failed' ? '' : say(kind + 'Text');
}

// What failed, in the report's words, and what that means, in the page's.
function failure(kind, state) {
  if (kind !== 'failed') return {};
  const [first, ...others] = failedSteps(state);
  return {
    title: say('failed', first.number, pick(first.name)),
    text: together(pick(first.finding), say('meaning' + first.number)),
    more: others.length > 0 ? say('alsoFailed', others.map((s) => `${s.number} ${pick(s.name)}`).join(', ')) : '',
  };
}

function failedSteps(state) { return state.answer.report.steps.filter((s) => s.outcome === 'failed'); }

function contradictionsOf(state) { return state.proof ? contradictions(state.origin, state.event, state.proof) : []; }

function openOf({ answer, ticketsError }) {
  const refused = answer.refused.map((r) => say('openRefused', say(r.field)));
  const list = ticketsError ? [say('openList', errorText(ticketsError))] : [];
  const report = (answer.report.not_checked ?? []).map(pick);
  return [...new Set([...refused, ...list, ...report])];
}

function notesOf({ answer, event, eventError }, kind) {
  const { report } = answer;
  return [
    report.dev && kind !== 'rehearsal' && say('rehearsalText'),
    report.trusted && kind !== 'trusted' && say('trustedText'),
    report.late && kind !== 'late' && say('lateText'),
    event?.late && say('noteLate'),
    event?.undrawn > 0 && say('noteUndrawn', count(event.undrawn)),
    eventError && say('noteEvent', errorText(eventError)),
  ].filter(Boolean);
}

/** Returns a ServiceError as a sentence. */
export function errorText(err) { return say(err.sentence, ...err.values); }

/** Shows the verdict. */
export function showVerdict(verdict) {
  const card = at('verdict');
  card.className = 'card verdict ' + verdict.tone;
  card.dataset.kind = verdict.kind;
  const text = verdict.text ? make('p', {}, verdict.text) : null;
  const more = verdict.more ? make('p', {}, verdict.more) : null;
  const head = make('div', { class: 'verdict-head' }, sign(signs[verdict.tone]), make('h2', {}, verdict.title));
  fill(at('verdict-text'), head, text, more);
  fill(at('verdict-lists'), list('wrong', 'wrongHeading', verdict.wrong), list('open', 'openHeading', verdict.open), list('notes', 'noteHeading', verdict.notes));
  show(at('verdict-lists'), verdict.wrong.length + verdict.open.length + verdict.notes.length > 0);
}

function list(name, heading, sentences) {
  if (sentences.length === 0) return null;
  return make('div', { class: name }, make('h3', {}, say(heading)), make('ul', {}, ...sentences.map((s) => make('li', {}, s))));
}
