// What happened when, from the proof and, where the proof is silent, from what the service shows.

import { at, fill, make, show, sign } from './dom.js';
import { unix } from './contradictions.js';
import { count, say, spoken, together } from './words.js';

const signs = { good: 'check', bad: 'cross', unsure: 'alert', waiting: 'clock' };

/** Shows the time line of a state whose proof could be read, or of its event alone; hides it if there is neither. */
export function showTimeline(state) {
  const moments = momentsOf(state);
  show(at('timeline'), moments.length > 0);
  fill(at('timeline-list'), ...moments.map(row));
}

function momentsOf(state) {
  if (state.proof && state.answer) return [announced(state), joining(state.proof.event.lock_time), locked(state), randomness(state), drawn(state)];
  if (!state.event?.fairness) return [];
  const lockTime = unix(state.event.lock_at);
  const waits = { name: 'lock', tone: 'waiting', title: say('listWaits'), text: [] };
  const due = { name: 'draw', tone: 'waiting', title: say('drawDue'), time: unix(state.event.draw_at), text: [say('serviceSays')] };
  return [announced(state), joining(lockTime), waits, due];
}

function announced({ event }) {
  const time = unix(event?.created_at);
  const text = [say('announcedText'), time === undefined ? say('unknownTime') : ''];
  return { name: 'announced', tone: 'good', title: say('announced'), time, text };
}

function joining(time) {
  const past = time * 1000 <= Date.now();
  return { name: 'joining', tone: past ? 'good' : 'waiting', title: say(past ? 'joiningEnded' : 'joiningEnds'), time, text: [] };
}

function locked({ proof, answer }) {
  const { late, steps } = answer.report;
  const step = steps[5];
  const seen = step.finding.code === 'lock.ok';
  const why = late ? 'lockLate' : seen ? 'lockSeen' : 'lockUnproven';
  const text = [say('tickets', count(proof.lock.count)), step.outcome === 'failed' ? '' : say(why)];
  return { name: 'lock', tone: toneOf(step, seen && !late), title: say('listLocked'), text, late };
}

function toneOf(step, sure) {
  if (step.outcome === 'failed') return 'bad';
  return sure ? 'good' : 'unsure';
}

function randomness({ proof, answer }) {
  if (proof.event.mode === 0) return { name: 'round', tone: 'unsure', title: say('noRound'), text: [say('noRoundText')] };
  const { report, due } = answer;
  const [chain, signature] = [report.steps[3], report.steps[4]];
  const bad = chain.outcome === 'failed' || signature.outcome === 'failed';
  const tone = bad ? 'bad' : signature.outcome !== 'ok' ? 'waiting' : report.dev ? 'unsure' : 'good';
  const word = { bad: 'roundFalse', waiting: 'roundWaits', unsure: 'roundAllowed', good: 'roundGenuine' }[tone];
  const round = proof.lock.late_round || proof.event.round;
  return { name: 'round', tone, title: say('round', round), time: due || undefined, due: true, text: [say(word)], late: report.late };
}

function drawn({ proof, event, answer }) {
  if (!answer.report.drawn) return { name: 'draw', tone: 'waiting', title: say('drawDue'), time: proof.event.draw_time, text: [] };
  const failed = answer.report.steps.slice(6, 9).some((s) => s.outcome === 'failed');
  const time = unix(event?.drawn_at);
  const says = say(time === undefined ? 'unknownTime' : 'serviceSays');
  return {
    name: 'draw', tone: failed ? 'bad' : 'good', title: say('drawn'), time,
    text: [say('winnersDrawn', count(proof.winners.length)), says], late: Boolean(event?.late) || answer.report.late,
  };
}

function row({ name, tone, title, time, due, text, late }) {
  const mark = late ? make('span', { class: 'badge unsure' }, sign('clock'), say('lateMark')) : null;
  return make('li', { class: 'moment ' + tone, 'data-moment': name, 'data-tone': tone },
    make('span', { class: 'dot' }, sign(signs[tone])),
    make('div', {}, make('h3', {}, title, ' ', mark), time === undefined ? null : timeOf(time, due), make('p', {}, together(...text))));
}

/** Returns an instant in the reader's own time with UTC beside it. */
export function timeOf(seconds, due) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return make('p', { class: 'time' }, String(seconds));
  const local = new Intl.DateTimeFormat(spoken(), { dateStyle: 'medium', timeStyle: 'medium' }).format(date);
  const utc = date.toISOString().replace('T', ' ').replace('.000Z', ' UTC');
  return make('p', { class: 'time' }, due ? say('dueAt') + ' ' : null,
    make('time', { datetime: date.toISOString(), title: say('local') }, local), ' ', make('span', { class: 'utc' }, utc));
}
