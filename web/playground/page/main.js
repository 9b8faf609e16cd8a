// The page: its phones, its controls, its clock.

import { Refusal, onContact } from './api.js';
import { confetti } from './confetti.js';
import { make, one, patch, sign, write } from './dom.js';
import { operatorView } from './operator.js';
import { Phone } from './phone.js';
import { crowd, play, steps } from './play.js';
import { sentence } from './refusals.js';
import { Screen } from './screen.js';
import { say, speak, spoken } from './words.js';

const most = 6;
const crowdSize = 50;
const at = (id) => document.getElementById(id);
const screens = new Map(); // by phone, in the order in which they are shown
const lotteries = new Map(); // id → title, of all that were seen, oldest first
const operator = operatorView(at('operator'));

const world = {
  phones: () => [...screens.keys()],
  changed(phone) {
    screens.get(phone)?.update();
    keep();
  },
  // What the open lottery has come to takes the place of what the last tap did, but a refusal stays in view until the next one.
  told(phone, note, ofOpen) {
    if (ofOpen && !phone.error) phone.note = note;
    else screens.get(phone)?.announce(say(...note));
  },
  won(phone) { confetti(screens.get(phone).root); },
  heard(event) {
    if (lotteries.has(event.id)) return;
    lotteries.set(event.id, event.title);
    listLotteries(event.id);
  },
};

// Storage may be forbidden; then nothing is remembered.
function stored(storage, key, value) {
  try {
    if (value === undefined) return window[storage].getItem('playground-' + key);
    window[storage].setItem('playground-' + key, value);
  } catch { /* see above */ }
  return null;
}

function keep() { stored('sessionStorage', 'phones', JSON.stringify(world.phones().map((p) => ({ number: p.number, ...p.kept() })))); }

function restore() {
  try {
    const kept = JSON.parse(stored('sessionStorage', 'phones'));
    if (Array.isArray(kept) && kept.length > 0) return kept.slice(0, most);
  } catch { /* what was kept is not ours */ }
  return [1, 2, 3].map((number) => ({ number }));
}

function addPhone(kept) {
  const phone = new Phone(kept.number, world, kept);
  const screen = new Screen(phone, { remove: removePhone });
  screens.set(phone, screen);
  at('phones').append(screen.root);
  return phone;
}

function removePhone(phone) {
  screens.get(phone).root.remove();
  screens.delete(phone);
  keep();
  (world.phones().length > 0 ? screens.get(world.phones().at(-1)).root : at('add-phone')).focus();
}

function addNextPhone() {
  if (screens.size >= most) return announce(say('sixPhones'));
  const taken = new Set(world.phones().map((p) => p.number));
  const number = [1, 2, 3, 4, 5, 6].find((n) => !taken.has(n));
  addPhone({ number });
  keep();
  return announce(say('addedPhone'));
}

function announce(text) { write(at('announce'), text); }

/** Lists the lotteries that a crowd can join, the newest first; one that was just seen is chosen. */
function listLotteries(chosen = at('crowd-event').value) {
  const entries = [...lotteries].reverse();
  patch(at('crowd-event'), [entries, spoken()], () => (entries.length > 0
    ? entries.map(([id, title]) => make('option', { value: id }, title))
    : [make('option', { value: '' }, say('crowdNowhere'))]));
  at('crowd-event').value = lotteries.has(chosen) ? chosen : entries[0]?.[0] ?? '';
}

let playing = -1; // the step under way; -1: nothing was played yet

function showSteps(step) {
  playing = step;
  at('play').setAttribute('aria-busy', String(step >= 0 && step < steps.length));
  patch(at('steps'), [step, spoken()], () => steps.map((key, i) => {
    const state = step < 0 || i > step ? 'toCome' : i < step ? 'done' : 'underWay';
    return make('li', { 'data-step': i + 1, 'data-state': state }, make('span', { class: 'dot' }, state === 'done' ? sign('check') : String(i + 1)),
      make('span', {}, say(key)), make('span', { class: 'unseen' }, ': ' + say(state)));
  }));
}

async function playForMe() {
  if (playing >= 0 && playing < steps.length) return;
  while (screens.size < 3) addNextPhone();
  for (const phone of world.phones().slice(0, 3)) Object.assign(phone, { form: false });
  announce('');
  try {
    await play(world.phones().slice(0, 3), showSteps);
    announce(say('playDraw') + ': ' + say('done'));
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    announce(say('playStopped', sentence(e)));
    showSteps(-1);
  }
}

let crowding = false;
let crowdText = () => ''; // in the language of the moment

async function bringCrowd() {
  const id = at('crowd-event').value;
  if (crowding) return;
  if (!id) return announce(say('crowdFirst'));
  crowding = true;
  Object.assign(at('crowd-progress'), { max: crowdSize, value: 0 });
  at('crowd-box').dataset.state = 'going';
  const { joined, refused } = await crowd(id, crowdSize, (done, isIn) => {
    at('crowd-progress').value = done;
    crowdText = () => say('crowdGoing', done, crowdSize, isIn);
    write(at('crowd-text'), crowdText());
  });
  const turnedAway = () => Object.entries(refused).map(([code, n]) => say('crowdRefused', n, code));
  crowdText = () => [say('crowdDone', crowdSize, joined), ...turnedAway()].join(spoken() === 'zh' ? '' : ' ');
  write(at('crowd-text'), crowdText());
  announce(crowdText());
  at('crowd-box').dataset.state = 'done';
  crowding = false;
}

function setLanguage(language) {
  speak(language);
  document.documentElement.lang = spoken() === 'zh' ? 'zh-CN' : 'en';
  document.title = say('brand');
  for (const e of document.querySelectorAll('[data-say]')) write(e, say(e.dataset.say));
  for (const e of document.querySelectorAll('[data-label-say]')) e.setAttribute('aria-label', say(e.dataset.labelSay));
  at('language').lang = spoken() === 'zh' ? 'en' : 'zh-CN';
  showTheme();
  showSteps(playing);
  write(at('crowd-text'), crowdText());
  announce(''); // it was said in the other language
  listLotteries();
  operator.show();
  for (const screen of screens.values()) screen.update();
}

function chosenLanguage() {
  const asked = new URLSearchParams(location.search).get('lang') ?? stored('localStorage', 'language') ?? navigator.language;
  return asked.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

const themes = ['System', 'Light', 'Dark'];

function theme() { return themes.find((t) => t.toLowerCase() === document.documentElement.dataset.theme) ?? 'System'; }

function showTheme() {
  write(at('theme'), say('theme' + theme()));
  at('theme').setAttribute('aria-label', `${say('theme')}: ${say('theme' + theme())}`);
}

function nextTheme() {
  const next = themes[(themes.indexOf(theme()) + 1) % themes.length].toLowerCase();
  document.documentElement.dataset.theme = next;
  stored('localStorage', 'theme', next);
  showTheme();
}

function listen() {
  at('play').addEventListener('click', playForMe);
  at('crowd').addEventListener('click', bringCrowd);
  at('add-phone').addEventListener('click', addNextPhone);
  at('theme').addEventListener('click', nextTheme);
  at('language').addEventListener('click', () => {
    const language = spoken() === 'zh' ? 'en' : 'zh';
    stored('localStorage', 'language', language);
    setLanguage(language);
  });
  onContact((answered) => { at('offline').hidden = answered; });
}

// Nothing is asked and nothing moves while nobody looks.
setInterval(() => {
  if (document.hidden) return;
  for (const [phone, screen] of screens) {
    screen.tick();
    phone.beat();
  }
}, 250);
setInterval(() => { if (!document.hidden) operator.ask(); }, 1000);

for (const kept of restore()) addPhone(kept);
setLanguage(chosenLanguage());
listen();
operator.ask();
document.body.dataset.ready = 'true';
