// Playing by itself: a whole lottery by three phones, and a crowd that joins one.

import { Refusal, call, logIn, random, wechat } from './api.js';
import { ended } from './phone.js';
import { say } from './words.js';

/** The steps of a lottery that is played, in order; each is a key of the table of sentences. */
export const steps = ['playLogin', 'playCreate', 'playShare', 'playJoin', 'playLock', 'playDraw'];

// How far ahead a draw is tried to be set, in seconds: the first that the service takes.
const leads = [16, 20, 30, 60, 130];

/** Plays a lottery on the first three of these phones and calls at(i) when step i begins. */
export async function play(phones, at) {
  const [host, ...guests] = phones;
  at(0);
  for (const phone of phones) {
    if (!phone.token) await must(phone, 'login');
    await pause(250);
  }
  at(1);
  await create(host);
  at(2);
  await pause(700);
  await must(host, 'share');
  at(3);
  for (const guest of guests) {
    await pause(500);
    await must(guest, 'open', host.eventID);
    await pause(500);
    await must(guest, 'join', true);
  }
  guests.at(-1).turn('chat'); // to see the messages come
  at(4);
  await reached(host, (e) => e.status !== 'init');
  at(5);
  await reached(host, ended);
  at(6);
}

async function create(host) {
  const lottery = { title: say('playTitle'), prizes: [{ name: say('playPrize'), quantity: 1 }], notify: true };
  for (const seconds of leads) {
    if (await host.act('create', { ...lottery, seconds })) return;
    if (host.error?.code !== 'invalid_draw_at') throw new Refusal(host.error?.status ?? 0, host.error?.code ?? 'busy', host.error?.message);
  }
  throw new Refusal(host.error.status, host.error.code, host.error.message);
}

async function must(phone, name, ...args) {
  while (phone.busy) await pause(50);
  if (await phone.act(name, ...args)) return;
  throw new Refusal(phone.error.status, phone.error.code, phone.error.message);
}

/** Waits until the phone's lottery has got somewhere. Whoever opens another one meanwhile ends it. */
async function reached(phone, there) {
  const id = phone.eventID;
  while (phone.eventID === id && !(phone.event && there(phone.event))) await pause(150);
}

function pause(ms) { return new Promise((go) => { setTimeout(go, ms); }); }

const atOnce = 8;

/**
 * Has n new users join an event, eight at a time, and calls progress(done, joined, refused) after each; refused counts by code.
 * All join before they get their names, so that no time before the lock is lost.
 */
export async function crowd(id, n, progress) {
  const group = random(8);
  const users = Array.from({ length: n }, (_, i) => ({ openid: `crowd-${group}-${i}`, name: say('guest', i + 1) }));
  const refused = {};
  let [done, joined] = [0, 0];
  await batched(users, async (user) => {
    try {
      user.token = await logIn(user.openid, 'crowd');
      await wechat('subscribe', { openid: user.openid }, 'crowd');
      await call('POST', '/join/' + id, { token: user.token, body: { notify: true }, lane: 'crowd' });
      joined++;
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      refused[e.code] = (refused[e.code] ?? 0) + 1;
    }
    progress(++done, joined, refused);
  });
  await batched(users.filter((u) => u.token), (u) => call('PATCH', '/login', { token: u.token, body: { name: u.name }, lane: 'crowd' }).catch(() => {}));
  return { joined, refused };
}

/** Runs work over items, a few at a time. */
async function batched(items, work) {
  const left = [...items];
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (left.length > 0) await work(left.shift());
  }));
}
