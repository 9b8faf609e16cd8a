// The ten steps of the report.

import { at, fill, make, show, sign } from './dom.js';
import { pick, say } from './words.js';

const outcomes = {
  ok: { tone: 'good', sign: 'check', word: 'stepOk' },
  failed: { tone: 'bad', sign: 'cross', word: 'stepFailed' },
  'not checked': { tone: 'unsure', sign: 'dash', word: 'stepNotChecked' },
};

/** Shows the steps of a report, or hides their section if there is none. */
export function showSteps(report) {
  show(at('steps'), Boolean(report));
  fill(at('steps-list'), ...(report?.steps ?? []).map(row));
}

function row(step) {
  const outcome = outcomes[step.outcome];
  return make('li', { class: 'step ' + outcome.tone, 'data-step': step.number, 'data-outcome': step.outcome, 'data-code': step.finding.code },
    make('span', { class: 'step-number', 'aria-hidden': 'true' }, String(step.number)),
    make('div', { class: 'step-body' }, make('h3', {}, pick(step.name)), make('p', {}, pick(step.finding))),
    make('span', { class: 'badge ' + outcome.tone }, sign(outcome.sign), say(outcome.word)));
}
