// The program on several phones, against a running service with a simulated WeChat.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Phone, until, sleep } = require('./phone');
const service = require('./service');

let base;
let stop;
let count = 0;
test.before(async () => { ({ base, stop } = await service.start()); });
test.after(() => stop());

const testdata = path.join(__dirname, '..', '..', 'shared', 'vdraw', 'testdata');
const EVENT = 'pages/event/event';
const phone = (name) => new Phone(base, `${name}-${process.pid}-${Date.now()}-${count++}`);
const two = (n) => String(n).padStart(2, '0');

/** A date and a time as pickers give them, with seconds, which a phone's picker has not. */
function inSeconds(seconds) {
  const t = new Date(Date.now() + 1000 * seconds);
  return {
    date: [t.getFullYear(), two(t.getMonth() + 1), two(t.getDate())].join('-'),
    time: [t.getHours(), t.getMinutes(), t.getSeconds()].map(two).join(':'),
  };
}

async function fillIn(form, title, seconds = 3600) {
  const at = inSeconds(seconds);
  await form.type('.title-field', title);
  await form.type('.prize-name', '一套茶具');
  await form.pick('.date', at.date);
  await form.pick('.time', at.time);
}

const idIn = (went) => /id=([\w-]{22})$/.exec(went)[1];

/** A lottery made through the form; its id. */
async function create(owner, title, seconds) {
  const form = await owner.open('pages/create/create');
  await fillIn(form, title, seconds);
  await form.tap('.submit');
  await form.until(() => owner.went.some((w) => w.startsWith('instead')));
  form.close();
  return idIn(owner.went.filter((w) => w.startsWith('instead')).pop());
}

/** The service's own answer, by the phone's session. */
async function ask(user, path, init = {}) {
  const r = await fetch(base + path, { ...init, headers: { Authorization: `Bearer ${user.storage.get('token')}`, ...init.headers } });
  return { status: r.status, body: await r.json().catch(() => undefined) };
}

const json = (statusCode, body, header = {}) => ({ statusCode, header, data: JSON.stringify(body) });
const refused = (status, code, header) => json(status, { error: { code, message: code, request_id: 'X' } }, header);

test('a whole lottery on three phones and the organiser\'s', { timeout: 120000 }, async () => {
  const [olga, ann, ben, cy, dan] = ['olga', 'ann', 'ben', 'cy', 'dan'].map(phone);
  const form = await olga.open('pages/create/create');
  await form.until(() => form.data.template === 'local-organiser');
  await fillIn(form, '新茶试饮 🍵', service.LEAD);
  await form.tap('.add-prize');
  await form.type('.prize-name', '茶包', 1);
  await form.type('.prize-value', '30', 1);
  await form.pick('.organiser', 'business');
  await form.type('.conditions-field', '年满十八周岁');
  await form.type('.claim-terms-field', '七日内到店领取');
  await form.tap('.submit');
  await form.until(() => olga.went.length > 0);
  assert.deepEqual(olga.asked, ['local-organiser']);
  assert.equal(olga.storage.has('draft'), false, 'the draft has done its work');
  const id = idIn(olga.went[0]);

  // What has to be shown before joining is on the screen, and a message was agreed to in the tap, before the call.
  const onAnn = await ann.open(EVENT, { id });
  for (const words of ['一套茶具 × 1', '茶包 × 1（每份价值 30 元）', '年满十八周岁', '七日内到店领取', '商家', '目前无人参加，最多 2 人中奖',
    '报名截止', '开奖方式', '试用随机源', '距报名截止']) assert.ok(onAnn.text.includes(words), words);
  await onAnn.tap('.join');
  await onAnn.until(() => onAnn.has('.ticket') && onAnn.has('.leave'));
  assert.deepEqual(ann.asked, ['local-result']);
  assert.deepEqual(JSON.parse(ann.made('POST', /^\/join/)[0].body), { notify: true });
  assert.equal(onAnn.has('.notify'), false);

  // Ben refuses the message and is in all the same. Later he wants it: the repeat adds his wish, and his ticket is the same.
  ben.consent = 'reject';
  const onBen = await ben.open(EVENT, { scene: encodeURIComponent(`e=${id}`) });
  await onBen.tap('.join');
  await onBen.until(() => onBen.has('.notify'));
  assert.deepEqual(JSON.parse(ben.made('POST', /^\/join/)[0].body), { notify: false });
  const ticket = onBen.data.event.me.ticket;
  ben.consent = 'accept';
  await onBen.tap('.notify');
  await onBen.until(() => !onBen.has('.notify') && !onBen.data.busy);
  assert.equal(onBen.data.event.me.ticket, ticket);
  assert.deepEqual(ben.made('POST', /^\/join/).map((r) => JSON.parse(r.body).notify), [false, true]);

  // Cy leaves and comes back: the same ticket, and consent is asked again. His kept receipt is the newer one.
  const onCy = await cy.open(EVENT, { id });
  await onCy.tap('.join');
  await onCy.until(() => onCy.has('.leave'));
  const before = cy.storage.get(`kept:${id}`);
  cy.confirm = false;
  await onCy.tap('.leave');
  await sleep(100);
  assert.equal(cy.made('DELETE', /^\/join/).length, 0, 'asked first');
  cy.confirm = true;
  await onCy.tap('.leave');
  await onCy.until(() => onCy.has('.join'));
  assert.equal(cy.storage.get(`kept:${id}`).receipt, undefined);
  await sleep(1100); // a receipt has whole seconds
  await onCy.tap('.join');
  await onCy.until(() => onCy.has('.leave'));
  const kept = cy.storage.get(`kept:${id}`);
  assert.equal(kept.receipt.ticket, before.receipt.ticket);
  assert.ok(kept.receipt.joined_at > before.receipt.joined_at);
  assert.deepEqual(cy.asked, ['local-result', 'local-result']);

  // Nobody asks anything until the lock; then every open page sees it by itself.
  const quiet = ben.requests.length;
  const onDan = await dan.open(EVENT, { id });
  assert.ok(onDan.has('.join'));
  await sleep(300);
  assert.equal(ben.requests.length, quiet);
  await onDan.until(() => onDan.data.event.status === 'opening', service.LEAD);
  assert.equal(onDan.has('.join'), false);

  // Too late: by a page that does not know it yet.
  await onDan.call('join');
  assert.match(onDan.text, /报名已截止，等待开奖/);
  assert.equal(onDan.data.event.me.ticket, undefined);

  // The list is frozen: those who look keep its digest, before the draw.
  await onAnn.until(() => onAnn.data.event.fairness.lock && onAnn.data.place > 0, 10);
  const witnessed = ann.storage.get(`kept:${id}`);
  assert.equal(witnessed.lock.digest, onAnn.data.event.fairness.lock.digest);
  assert.ok(witnessed.lock.seen < Date.parse(onAnn.data.event.draw_at));
  assert.match(onAnn.text, /在锁定的名单中排第 \d 位，共 3 人/);

  // Cy's page goes out of sight, and stays silent.
  onCy.call('onHide');
  const hidden = cy.requests.length;

  // The result comes by itself, and is marked as read once it is shown.
  for (const s of [onAnn, onBen]) await s.until(() => s.data.winnersLoaded && s.data.event.me.unread === false, 20);
  const all = (await ask(ann, `/events/${id}/winners`)).body.winners;
  assert.equal(all.length, 2);
  assert.deepEqual(onAnn.data.winners, all);
  for (const s of [onAnn, onBen]) {
    const mine = all.find((w) => w.ticket === s.data.event.me.ticket);
    if (mine) assert.ok(s.text.includes(`恭喜，您中了“${mine.prize}”`), s.text);
    else assert.match(s.text, /您没有中奖/);
    assert.equal(s.phone.made('POST', /\/read$/).length, 1);
    assert.equal(s.text.includes('（我）'), Boolean(mine));
  }
  assert.equal(cy.requests.length, hidden, 'a hidden page asks nothing');

  // Nothing is left to wait for: no more questions.
  const done = ann.requests.length;
  await sleep(2500);
  assert.equal(ann.requests.length, done);

  // Cy has not looked: his list says so, until he does.
  const list = await cy.open('pages/index/index');
  await list.until(() => list.data.loaded && list.data.tabs[0].unread === 1);
  assert.match(list.text, /新结果/);
  await onCy.call('onShow');
  await onCy.until(() => onCy.data.event.me.unread === false);
  await list.call('onShow');
  assert.equal(list.data.tabs[0].unread, 0);
  assert.doesNotMatch(list.text, /新结果/);
  const won = all.some((w) => w.ticket === kept.receipt.ticket);
  await list.tap('.tab', 1);
  await list.until(() => list.data.loaded && list.data.role === 'won');
  assert.equal(list.data.cards.length, won ? 1 : 0);

  // Messages came to those who agreed, and to the organiser.
  for (const p of [olga, ann, ben, cy]) {
    let sent = [];
    for (let i = 0; i < 100 && sent.length === 0; i++) {
      sent = await p.messages();
      if (!sent.length) await sleep(100);
    }
    assert.equal(sent.length, 1, p.openid);
    assert.equal(sent[0].page, `pages/event/event?id=${id}`);
  }
  assert.deepEqual(await dan.messages(), []);
  const onOlga = await olga.open(EVENT, { id });
  await onOlga.until(() => /3 人希望收到通知：已发送 3/.test(onOlga.text) || (onOlga.call('load'), false));
  assert.equal(onOlga.has('.cancel'), false);

  await winnersInPages(dan, id, all);
  await verifies(ann, id);
  await changedProofFails(ann, id);
  await droppedParticipantIsSeen(ann, id);
  [onAnn, onBen, onCy, onDan, onOlga, list, form].forEach((s) => s.close());
});

async function winnersInPages(user, id, all) {
  user.between = (request, send) => {
    request.path = request.path.replace('limit=100', 'limit=1');
    return send();
  };
  const page = await user.open(EVENT, { id });
  assert.deepEqual(page.data.winners, all.slice(0, 1));
  await Promise.all([page.call('moreWinners'), page.call('moreWinners'), page.call('load')]);
  assert.deepEqual(page.data.winners, all, 'each once');
  assert.equal(page.has('.more-winners'), false);
  user.between = (request, send) => send();
  page.close();
}

async function verify(user, id) {
  const page = await user.open('pages/verify/verify', { id });
  await page.until(() => !page.data.busy);
  return page;
}

// The phone cannot check the signature of public randomness, and says so; everything else is checked and good.
async function verifies(user, id) {
  const page = await verify(user, id);
  assert.deepEqual(page.data.steps.map((s) => s.status),
    ['ok', 'ok', 'ok', 'ok', 'unchecked', 'ok', 'ok', 'ok', 'ok', 'ok'], page.text);
  for (const words of ['已核验的各项均一致', '核验通过也不能证明公平', '参加时的收据：有', '开奖前看到的名单摘要：有', '没有核验的内容']) {
    assert.ok(page.text.includes(words), words);
  }
  assert.equal(page.all('.step').length, 10);
  page.close();
}

async function changedProofFails(user, id) {
  const change = (f) => async (request, send) => {
    const answer = await send();
    if (!/\/proof$/.test(request.path)) return answer;
    const proof = JSON.parse(answer.data);
    f(proof);
    return { ...answer, data: JSON.stringify(proof) };
  };
  const flip = (text) => (text[0] === '0' ? '1' : '0') + text.slice(1);
  const changes = {
    8: (p) => { p.winners.reverse(); },
    3: (p) => { p.lock.secret = flip(p.lock.secret); },
    2: (p) => { p.event.rules = flip(p.event.rules); },
    1: (p) => { delete p.seed; },
  };
  for (const [step, f] of Object.entries(changes)) {
    user.between = change(f);
    const page = await verify(user, id);
    assert.equal(page.data.steps[step - 1].status, 'failed', page.text);
    assert.match(page.text, /核验不通过/);
    page.close();
  }
  user.between = (request, send) => send();
}

// The service says that he never joined, and shows another list than the one before the draw: what he kept says otherwise.
async function droppedParticipantIsSeen(user, id) {
  const kept = user.storage.get(`kept:${id}`);
  user.storage.set(`kept:${id}`, { ...kept, receipt: { ...kept.receipt, ticket: '0'.repeat(32) }, lock: { ...kept.lock, digest: '0'.repeat(64) } });
  user.between = (request, send) => (/^\/join/.test(request.path) ? refused(404, 'not_joined') : send());
  const page = await verify(user, id);
  assert.equal(page.data.steps[5].status, 'failed');
  assert.equal(page.data.steps[9].status, 'failed');
  user.between = (request, send) => send();
  user.storage.set(`kept:${id}`, kept);
  page.close();
}

test('a session that ended is renewed once, by one log-in for all calls', async () => {
  const user = phone('eve');
  const page = await user.open('pages/index/index');
  assert.equal(user.made('POST', /^\/login$/).length, 1, 'three lists, one log-in');
  await ask(user, '/login?all=true', { method: 'DELETE' });
  await page.call('reload');
  assert.equal(page.data.message, '');
  assert.equal(user.made('POST', /^\/login$/).length, 2);
  assert.ok(user.made('GET', /^\/events/).every((r) => r.header.Authorization));

  // A service that refuses every session is not asked for ever.
  user.between = (request, send) => (request.path === '/login' ? send() : refused(401, 'login_required'));
  const before = user.requests.length;
  await page.call('reload');
  assert.match(page.text, /登录已失效/);
  assert.ok(user.requests.length - before <= 9, String(user.requests.length - before));
  page.close();
});

test('a spent code is followed by one new one', async () => {
  const user = phone('fay');
  const { code } = await user.sim('code', { openid: user.openid });
  await fetch(`${base}/login`, { method: 'POST', body: JSON.stringify({ code }) });
  const fresh = user.wx.login;
  let logins = 0;
  user.wx.login = async () => (logins++ === 0 ? { code } : fresh());
  const page = await user.open('pages/index/index');
  assert.equal(page.data.message, '');
  assert.equal(logins, 2);

  user.storage.delete('token');
  user.wx.login = async () => { logins++; return { code }; };
  logins = 0;
  await page.call('reload');
  assert.match(page.text, /登录未成功/);
  assert.equal(logins, 2);
  page.close();
});

test('while the service is down what is shown stays, with a message, and comes back', async () => {
  const user = phone('gil');
  const id = await create(user, '断网也不怕');
  const page = await user.open(EVENT, { id });
  const list = await user.open('pages/index/index');
  await list.tap('.tab', 2);
  await list.until(() => list.data.cards.length === 1);
  user.between = () => { throw new Error('no way out'); };
  await page.call('load');
  await list.call('reload');
  for (const s of [page, list]) {
    assert.match(s.text, /网络不通/);
    assert.match(s.text, /断网也不怕/);
  }
  user.between = () => refused(503, 'unavailable', { 'retry-after': '60' });
  await page.call('load');
  assert.match(page.text, /服务暂时不可用/);
  user.between = () => ({ statusCode: 503, header: {}, data: '{"message":"Service Unavailable"}' }); // a gateway's own
  await page.call('load');
  assert.match(page.text, /服务暂时不可用/);
  user.between = (request, send) => send();
  await page.call('load');
  assert.equal(page.data.message, '');
  page.close();
  list.close();
});

test('a short Retry-After is waited for, once', async () => {
  const user = phone('hal');
  const page = await user.open('pages/index/index');
  let down = 1;
  user.between = (request, send) => (down-- > 0 ? refused(503, 'unavailable', { 'Retry-After': '1' }) : send());
  const began = Date.now();
  await page.call('load', 'joined', '');
  assert.equal(page.data.message, '');
  assert.ok(Date.now() - began >= 1000);

  down = Infinity;
  const before = user.requests.length;
  await page.call('load', 'joined', '');
  assert.equal(user.requests.length - before, 2);
  assert.match(page.text, /服务暂时不可用/);
  page.close();
});

test('an answer that got lost makes no second lottery, and loses nothing that was typed', async () => {
  const user = phone('ida');
  let form = await user.open('pages/create/create');
  await fillIn(form, '只此一个');
  user.between = async (request, send) => {
    const answer = await send();
    if (request.method === 'POST' && request.path === '/events') throw new Error('connection lost');
    return answer;
  };
  await form.tap('.submit');
  await form.until(() => /网络不通/.test(form.text) && !form.data.busy);
  form.close();

  // The program is closed and opened again: the form is as it was, and the second try is the same lottery.
  user.between = (request, send) => send();
  form = await user.open('pages/create/create');
  assert.equal(form.data.form.title, '只此一个');
  user.consent = 'reject'; // not asked again: consent is part of the body
  await form.tap('.submit');
  await form.until(() => user.went.length > 0);
  const tries = user.made('POST', /^\/events$/);
  assert.equal(tries.length, 3, 'twice by the first tap, once by the second');
  assert.equal(new Set(tries.map((r) => r.header['Idempotency-Key'] + r.body)).size, 1);
  assert.equal(user.asked.length, 1);
  assert.equal((await ask(user, '/events')).body.events.length, 1);
  form.close();

  form = await user.open('pages/create/create');
  assert.equal(form.data.form.title, '');
  assert.notEqual(user.storage.get('draft').key, tries[0].header['Idempotency-Key']);
  form.close();
});

test('a lottery changed after its answer got lost is said to be there already', async () => {
  const user = phone('jan');
  const form = await user.open('pages/create/create');
  await fillIn(form, '第一稿');
  user.between = async (request, send) => { await send(); throw new Error('connection lost'); };
  await form.tap('.submit');
  await form.until(() => /网络不通/.test(form.text) && !form.data.busy);
  user.between = (request, send) => send();
  await form.type('.title-field', '第二稿');
  await form.tap('.submit');
  await form.until(() => /其实已经成功/.test(form.text) && !form.data.busy);
  await form.tap('.submit');
  await form.until(() => user.went.length > 0);
  assert.equal((await ask(user, '/events')).body.events.length, 2);
  form.close();
});

test('refusals stand beside their fields', async () => {
  const user = phone('kim');
  const form = await user.open('pages/create/create');
  const refusal = async (selector, words) => {
    await form.tap('.submit');
    await form.until(() => form.has(selector) && !form.data.busy);
    assert.match(form.words(selector)[0], words);
    assert.equal(form.all('.bad').length, 1, form.text);
  };
  await fillIn(form, ' ');
  await refusal('.title-error', /1 至 60 个字/);
  await form.type('.title-field', '足球彩票');
  await refusal('.title-error', /不允许的文字/);
  await form.type('.title-field', '周末抽奖');
  await form.tap('.add-prize');
  await form.type('.prize-name', '杯子', 1);
  await form.type('.prize-quantity', '0', 1);
  await refusal('.prizes-error', /^第 2 个奖品/);
  await form.type('.prize-quantity', '一', 1);
  await refusal('.prizes-error', /^第 2 个奖品/);
  await form.tap('.remove-prize', 1);
  assert.equal(form.data.form.prizes.length, 1);
  const soon = inSeconds(1);
  await form.pick('.time', soon.time);
  await form.pick('.date', soon.date);
  await refusal('.draw-at-error', /更晚/);
  await fillIn(form, '周末抽奖');
  await form.type('.claim-terms-field', '请勿 RISKY');
  await form.tap('.submit');
  await form.until(() => form.data.message && !form.data.busy);
  assert.match(form.text, /不允许的文字/);
  await form.type('.claim-terms-field', '到店领取');
  await form.tap('.submit');
  await form.until(() => user.went.length > 0);
  form.close();
});

test('a held lottery says what that means, and only to its organiser', async () => {
  const [user, other] = [phone('lea'), phone('mia')];
  const id = await create(user, '等待 REVIEW');
  assert.match(user.modals[0], /人工审核.*别人无法参加/);
  const page = await user.open(EVENT, { id });
  assert.match(page.text, /审核中/);
  assert.match(page.text, /人工审核/);
  assert.equal(page.has('.share'), false);
  assert.equal(page.has('.code'), false);
  const there = await other.open(EVENT, { id });
  assert.match(there.text, /没有这个抽奖/);
  page.close();
  there.close();
});

/** The name is saved on the first page, by the button of its form. */
async function saveName(page, name) {
  await page.submit('.name-form', { name });
  await page.until(() => !page.data.naming);
}

test('a display name is set, kept on the phone, and refused beside its field', async () => {
  const user = phone('zoe');
  let page = await user.open('pages/index/index');
  assert.equal(page.data.name, '');
  await saveName(page, ' 小明 🍵 ');
  assert.equal(page.data.name, '小明 🍵', 'as the service has stored it');
  assert.equal(page.has('.name-error') || page.has('.name-held'), false);
  assert.deepEqual(JSON.parse(user.made('PUT', /^\/login$/)[0].body), { name: ' 小明 🍵 ' });

  for (const [name, words] of [['字'.repeat(21), /1 至 20 个字/], [' ', /1 至 20 个字/], ['彩票', /不允许的文字/], ['RISKY', /不允许的文字/]]) {
    await saveName(page, name);
    assert.match(page.words('.name-error')[0], words, name);
    assert.equal(user.storage.get('name'), '小明 🍵');
  }
  user.between = () => { throw new Error('no way out'); };
  await page.submit('.name-form', { name: '小红' });
  await page.submit('.name-form', { name: '小红' }); // a second tap, while the first is under way
  await page.until(() => /网络不通/.test(page.words('.name-error')[0]));
  assert.equal(user.made('PUT', /^\/login$/).length, 7, 'one tap, tried twice');
  user.between = (request, send) => send();
  page.close();

  page = await user.open('pages/index/index');
  assert.equal(page.data.name, '小明 🍵', 'shown again');
  await saveName(page, '𠮷'.repeat(20));
  assert.equal(page.has('.name-error'), false);
  page.close();
});

test('a display name that is held says so, until it passes', async () => {
  const user = phone('abe');
  const page = await user.open('pages/index/index');
  await saveName(page, 'REVIEW');
  assert.match(page.words('.name-held')[0], /正在审核.*别人看不到/);
  assert.equal(user.storage.get('name'), 'REVIEW');
  await saveName(page, '小亮');
  assert.equal(page.has('.name-held'), false);
  page.close();
});

test('winners show the name, but not a held one', { timeout: 60000 }, async () => {
  const [owner, named, held] = ['bea', 'cal', 'deb'].map(phone);
  for (const [user, name] of [[named, '小明'], [held, 'REVIEW']]) {
    const page = await user.open('pages/index/index');
    await saveName(page, name);
    page.close();
  }
  const form = await owner.open('pages/create/create');
  await fillIn(form, '有名有姓', service.LEAD);
  await form.type('.prize-quantity', '2');
  await form.tap('.submit');
  await form.until(() => owner.went.length > 0);
  form.close();
  const id = idIn(owner.went[0]);
  for (const user of [named, held]) {
    const { status } = await ask(user, `/join/${id}`, { method: 'POST' });
    assert.ok(status < 300, String(status));
  }
  const page = await owner.open(EVENT, { id });
  await page.until(() => page.data.winnersLoaded, service.LEAD + 20);
  assert.equal(page.all('.winner').length, 2);
  assert.equal(page.words('.winner').filter((w) => w.includes('小明')).length, 1);
  assert.doesNotMatch(page.text, /REVIEW/);
  page.close();
});

test('the organiser shares, cancels and deletes', async () => {
  const [user, guest] = [phone('nia'), phone('oli')];
  const id = await create(user, '分享给朋友');
  const page = await user.open(EVENT, { id });
  assert.deepEqual(page.call('onShareAppMessage'), { title: '分享给朋友', path: `/pages/event/event?id=${id}` });
  await ask(user, '/login?all=true', { method: 'DELETE' });
  await page.tap('.code');
  await page.until(() => page.has('.code-image'));
  assert.equal(user.made('POST', /^\/login$/).length, 2, 'a session that ended is renewed here too');
  assert.match(user.files.get(page.data.code).type, /^image\//);
  assert.equal(page.has('.join'), false, 'his own lottery');

  const there = await guest.open(EVENT, { id });
  await there.tap('.join');
  await there.until(() => there.has('.leave'));
  await page.tap('.cancel');
  await page.until(() => /发起人已取消/.test(page.text));
  assert.equal(page.has('.cancel'), false);
  await there.call('load');
  assert.match(there.text, /发起人已取消/);
  assert.equal(there.data.event.me.unread, false);

  await page.tap('.remove');
  await page.until(() => user.went.includes('back'));
  const list = await user.open('pages/index/index');
  await list.tap('.tab', 2);
  await list.until(() => list.data.loaded);
  assert.match(list.text, /这里还没有抽奖/);
  [page, there, list].forEach((s) => s.close());
});

test('a page asks nothing after it was closed', async () => {
  const user = phone('pat');
  const id = await create(user, '关掉的页面', service.LEAD - 2);
  const page = await user.open(EVENT, { id });
  assert.equal(user.module('lib/timers').count(page.page.instance), 2);
  page.call('onHide');
  assert.equal(user.module('lib/timers').count(page.page.instance), 0);
  page.close();
});

test('lists come in pages, each lottery once', async () => {
  const user = phone('quo');
  const list = await user.open('pages/index/index');
  const { date, time } = inSeconds(3600);
  const at = user.module('lib/draft').instant(date, time);
  for (let i = 0; i < 23; i++) {
    const body = JSON.stringify({ title: `第 ${i} 个`, draw_at: at, prizes: [{ name: '茶', quantity: 1 }] });
    assert.equal((await ask(user, '/events', { method: 'POST', body })).status, 201);
  }
  await list.tap('.tab', 2);
  await list.until(() => list.data.cards.length === 20 && list.has('.more'));
  await list.call('onReachBottom');
  assert.equal(list.data.cards.length, 23);
  assert.equal(new Set(list.data.cards.map((c) => c.id)).size, 23);
  assert.equal(list.has('.more'), false);
  await list.call('onPullDownRefresh');
  assert.equal(list.data.cards.length, 20);
  assert.ok(user.went.includes('pulled'));
  list.close();
});

test('a link that leads nowhere is said to', async () => {
  const user = phone('rex');
  for (const options of [{ id: 'AAAAAAAAAAAAAAAAAAAAAA' }, { scene: '%' }, {}]) {
    const page = await user.open(EVENT, options);
    assert.match(page.text, /没有这个抽奖/);
    page.close();
  }
});

test('an answer to joining that got lost is asked for again, and the receipt is kept', async () => {
  const [owner, user] = [phone('sal'), phone('tom')];
  const id = await create(owner, '丢失的回答');
  const page = await user.open(EVENT, { id });
  let lost = 1;
  user.between = async (request, send) => {
    const answer = await send();
    if (/^\/join/.test(request.path) && lost-- > 0) throw new Error('connection lost');
    return answer;
  };
  await page.tap('.join');
  await page.until(() => page.has('.leave') && !page.data.busy);
  assert.equal(page.data.message, '');
  assert.equal(user.asked.length, 1);
  assert.equal(user.storage.get(`kept:${id}`).receipt.ticket, page.data.event.me.ticket);

  // A second phone of his has no receipt yet, and gets it.
  const other = phone('tom');
  other.openid = user.openid;
  const there = await other.open(EVENT, { id });
  assert.ok(there.has('.leave') && !there.has('.join'));
  assert.deepEqual(other.storage.get(`kept:${id}`), user.storage.get(`kept:${id}`));
  page.close();
  there.close();
});

test('in the developer tools a made-up user logs in at the local cloud', async () => {
  const user = phone('wim');
  user.localUser = user.openid;
  user.wx.login = () => Promise.reject(new Error('not asked'));
  const page = await user.open('pages/index/index');
  assert.equal(page.data.message, '');
  assert.equal(user.made('POST', /^\/_sim\/wechat\/code$/).length, 1);

  // Against a real service that has none of this, or where wx.login fails, there is a message.
  const other = phone('xia');
  other.wx.login = () => Promise.reject({ errMsg: 'login:fail' });
  const there = await other.open('pages/index/index');
  assert.match(there.text, /网络不通/);
  page.close();
  there.close();
});

test('a real service\'s program knows no development chain', async () => {
  const user = phone('yan');
  const id = await create(user, '正式环境');
  user.module('config').local = null;
  const list = fs.readFileSync(path.join(testdata, 'example.tickets.bin'));
  user.between = (request, send) => {
    if (/proof$/.test(request.path)) return { statusCode: 200, header: {}, data: fs.readFileSync(path.join(testdata, 'example.proof.json'), 'utf8') };
    if (!/tickets\?/.test(request.path)) return send();
    const from = Number(/from=(\d+)/.exec(request.path)[1]); // in pages of 100
    return json(200, { count: list.length / 16, from, tickets: list.subarray(16 * from, 16 * (from + 100)).toString('base64') });
  };
  const page = await verify(user, id);
  assert.equal(user.made('GET', /_sim/).length, 0);
  assert.equal(page.data.steps[3].status, 'ok', 'quicknet is known');
  assert.equal(page.data.steps[8].status, 'ok', 'the list, page by page');
  page.close();
});

test('whoever WeChat keeps out is told', async () => {
  const user = phone('uli');
  await user.sim('flag', { openid: user.openid });
  const page = await user.open('pages/index/index');
  assert.match(page.text, /无法登录/);
  page.close();
});

test('the rules have a page of their own', async () => {
  const user = phone('wim');
  const id = await create(user, '规则页');
  const event = await user.open(EVENT, { id });
  await event.tap('.all-rules');
  assert.equal(user.went.pop(), `to /pages/rules/rules?id=${id}`);
  event.close();
  const page = await user.open('pages/rules/rules', { id });
  const { body } = await ask(user, `/events/${id}`);
  for (const words of ['规则页', '奖品与数量', '一套茶具', '中奖概率', '开奖方式', '领奖方式与期限', '每人参加一次', '不需要购买']) {
    assert.ok(page.text.includes(words), words);
  }
  assert.ok(page.data.promise === body.fairness.rules_text, 'the promise, byte for byte');
  page.close();
  const nowhere = await user.open('pages/rules/rules', { id: 'A'.repeat(22) });
  assert.match(nowhere.text, /没有这个抽奖/);
  nowhere.close();
});

test('what a participant should know of an event is on the screen', async () => {
  const user = phone('vic');
  const id = await create(user, '该知道的');
  const past = new Date(Date.now() - 60000).toISOString();
  const shows = async (change, words, not = /^$/) => {
    user.between = async (request, send) => {
      const answer = await send();
      if (request.path !== `/events/${id}`) return answer;
      const event = JSON.parse(answer.data);
      change(event);
      return { ...answer, data: JSON.stringify(event) };
    };
    const page = await user.open(EVENT, { id });
    assert.match(page.text, words);
    assert.doesNotMatch(page.text, not);
    page.close();
  };
  const due = (e) => Object.assign(e, { status: 'opening', lock_at: past, draw_at: past });
  await shows(() => {}, /该知道的/, /延迟|作废|等待第|公钥/);
  await shows((e) => { e.late = true; }, /本次开奖有延迟/, /先后次序/);
  await shows((e) => { e.late = true; e.fairness.lock = { count: 1, late_round: 9 }; }, /先后次序只能相信运营方/);
  await shows((e) => { due(e).fairness.waiting_for_round = 77; }, /正在等待第 77 轮公开随机数/);
  await shows((e) => { Object.assign(e, { status: 'canceled', cancel_reason: 'void' }); }, /作废，无人中奖/);
  await shows((e) => { Object.assign(e, { status: 'canceled', cancel_reason: 'held' }); }, /未通过审核，本次抽奖已取消/);
  await shows((e) => { Object.assign(e, { held: true, held_because: 'rejected' }); }, /未通过审核，不能发布/);
  await shows((e) => { e.rules.notes = ['business_prize_over_cny_50000', 'not_known_yet']; }, /超过 5 万元/, /not_known/);
  await shows((e) => { e.fairness.label = 'operator-trusted'; }, /需要信任运营方/);
  await shows((e) => { e.fairness.label = 'public-randomness'; }, /事先无人知道结果/);
  user.module('config').operatorKey = 'ab'.repeat(32);
  await shows(() => {}, /签名公钥与本程序中的不同/);
});
