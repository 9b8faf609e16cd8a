// The page: one state, what changes it, and one function that shows it.

import { at, fill, make, show } from './dom.js';
import { speak, spoken, say, count } from './words.js';
import { eventAt, eventOfPage, parameter } from './origin.js';
import { fetchEvent, fetchProof, fetchTickets } from './service.js';
import { check } from './checker.js';
import { showVerdict, verdictOf } from './verdict.js';
import { showSteps } from './steps.js';
import { showTimeline } from './timeline.js';
import { firstWinners, showWinners, startWinners } from './winners.js';
import { forgetMine, givenByReader, showMine, startMine } from './mine.js';
import { showSaving, startFiles } from './files.js';

const empty = {
  origin: null, // {id, url} of the event, null for files
  event: null, eventError: null, // as the service shows it
  proofText: '', proof: null, proofError: null, // proof is only there once its form was checked
  tickets: null, ticketsError: null, // the list's bytes
  rules: null, // the rules text
  answer: null, // the checker's
  loading: false, working: false, crashed: '',
};

let state = { ...empty };
let stopList = null; // AbortController of the list's pages
let draws = 0; // counts the draws opened, so that answers for an earlier one are dropped
let checks = 0; // the same for checks

/** Opens another draw, forgetting the last. */
function open(changes) {
  stopList?.abort();
  draws++;
  checks++;
  state = { ...empty, ...changes };
  forgetMine();
  firstWinners();
  render();
  return draws;
}

/** Changes the state of a draw that is still open. */
function change(draw, changes) {
  if (draw !== draws) return;
  Object.assign(state, changes);
  render();
}

async function openEvent(origin) {
  const draw = open({ origin, loading: true });
  const [event, proof] = await Promise.allSettled([fetchEvent(origin.url), fetchProof(origin.url)]);
  change(draw, {
    event: event.value ?? null, eventError: event.reason ?? null, rules: rulesOf(event.value),
    proofText: proof.value ?? '', proofError: proof.reason ?? null, loading: proof.status === 'fulfilled',
  });
  if (proof.status === 'rejected' || draw !== draws) return;
  const list = loadTickets(draw, origin);
  if (await Promise.race([list, pause(patience)]) === undefined) await recheck();
  await list;
  change(draw, { loading: false });
  if (draw === draws) await recheck();
}

// A long proof takes seconds to check, so it is checked without the list only if the list lets one wait.
const patience = 2000; // milliseconds

function pause(milliseconds) { return new Promise((resolve) => setTimeout(resolve, milliseconds)); }

function rulesOf(event) {
  const text = event?.fairness?.rules_text;
  return typeof text === 'string' ? text : null;
}

/** Loads the list; resolves to true, also when it could not be had. */
async function loadTickets(draw, origin) {
  stopList = new AbortController();
  try {
    const tickets = await fetchTickets(origin.url, showProgress, stopList.signal);
    change(draw, { tickets });
  } catch (err) {
    if (!err.sentence) throw err;
    change(draw, { ticketsError: err });
  }
  return true;
}

async function openFiles({ proof, tickets, rules }) {
  if (proof === null && !state.proofText) return;
  if (proof === null) Object.assign(state, { tickets: tickets ?? state.tickets, rules: rules ?? state.rules, ticketsError: null });
  else open({ proofText: proof, tickets, rules });
  await recheck();
}

/** Checks what is there. While a check runs, only the newest of the later ones is kept. */
async function recheck() {
  if (!state.proofText) return render();
  const [draw, round] = [draws, ++checks];
  change(draw, { working: true });
  try {
    const given = { ...givenByReader(), rules: state.rules, devChain: parameter('dev') };
    const answer = await check(state.proofText, given, state.tickets);
    if (round === checks) change(draw, { answer, proof: proofOf(answer), working: false });
  } catch (err) {
    if (round === checks) change(draw, { crashed: err.message, working: false });
  }
}

// A proof whose form the checker refused is not shown either: its fields could be anything.
function proofOf(answer) { return answer.report.steps[0].outcome === 'ok' ? JSON.parse(state.proofText) : null; }

function render() {
  document.documentElement.lang = spoken() === 'zh' ? 'zh-CN' : 'en';
  document.querySelectorAll('[data-say]').forEach((e) => fill(e, say(e.dataset.say)));
  showHead();
  showVerdict(verdictOf(state));
  showTimeline(state);
  showSteps(state.answer?.report);
  showWinners(state);
  show(at('mine'), Boolean(state.answer));
  showMine(state);
  showKeep();
  showRules();
  showSaving(state);
  showBusy();
}

function showHead() {
  const title = typeof state.event?.title === 'string' ? state.event.title : say('heading');
  fill(at('title'), title);
  document.title = state.event ? `${title} – ${say('brand')}` : say('brand');
  show(at('intro'), !state.event);
  const description = typeof state.event?.description === 'string' ? state.event.description : '';
  fill(at('description'), description);
  show(at('description'), Boolean(description));
  show(at('rehearsal'), Boolean(parameter('dev')) || Boolean(state.answer?.report.dev));
  for (const lang of ['en', 'zh']) at('lang-' + lang).setAttribute('aria-pressed', String(spoken() === lang));
}

function showKeep() {
  const shown = state.event?.fairness;
  show(at('keep'), Boolean(shown));
  if (!shown) return;
  const values = [['manifest', shown.manifest], ['lock', shown.lock?.digest], ['key', shown.operator_key]];
  const there = values.filter(([, value]) => typeof value === 'string');
  fill(at('keep-list'), ...there.flatMap(([key, value]) => [make('dt', {}, say(key)), make('dd', { class: 'mono' }, value)]));
}

function showRules() {
  show(at('rules'), state.rules !== null);
  fill(at('rules-text'), state.rules ?? '');
}

function showBusy() {
  const listing = state.loading && Boolean(state.proofText) && !state.tickets && !state.ticketsError;
  show(at('busy'), listing || state.working);
  show(at('stop'), listing);
  show(at('progress'), listing);
  if (!listing) fill(at('busy-text'), state.working ? say('working') : '');
  document.body.setAttribute('aria-busy', String(state.loading || state.working));
}

function showProgress(have, all) {
  fill(at('busy-text'), say('progress', count(have), count(all)));
  at('progress').max = Math.max(all, 1);
  at('progress').value = have;
}

function startAddress() {
  at('address-form').addEventListener('submit', (submitted) => {
    submitted.preventDefault();
    const origin = eventAt(at('address').value);
    refuseAddress(!origin);
    if (origin) openEvent(origin);
  });
}

function refuseAddress(refused) {
  show(at('address-refused'), refused);
  if (refused) at('address').setAttribute('aria-invalid', 'true');
  else at('address').removeAttribute('aria-invalid');
}

function startLanguage() {
  const asked = parameter('lang');
  speak(asked === 'zh' || asked === 'en' ? asked : navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');
  for (const lang of ['en', 'zh']) {
    at('lang-' + lang).addEventListener('click', () => {
      speak(lang);
      render();
    });
  }
}

function openPage() {
  const origin = eventOfPage();
  at('source-details').open = !origin;
  refuseAddress(origin === undefined);
  if (origin === undefined) at('address').value = parameter('event');
  if (origin) openEvent(origin);
  else open({});
}

function start() {
  startLanguage();
  startWinners();
  startMine(recheck);
  startFiles(openFiles);
  startAddress();
  at('stop').addEventListener('click', () => stopList?.abort());
  addEventListener('hashchange', openPage);
  show(at('old'), false);
  show(at('page'), true);
  openPage();
}

const needed = [globalThis.DecompressionStream, globalThis.WebAssembly, globalThis.Worker, AbortSignal.timeout];
if (needed.every(Boolean)) start();
