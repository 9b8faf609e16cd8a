// What the user reads. A code of the service is stable, its message is for developers; so sentences are chosen by code.
const STATUS = { init: '报名中', opening: '待开奖', opened: '已开奖', canceled: '已取消' };

const LABEL = {
  'public-randomness': '公开随机数开奖，事先无人知道结果',
  'development-beacon': '试用随机源开奖，仅供测试，不能证明公平',
  'operator-trusted': '由运营方的密钥开奖，需要信任运营方',
};

const CANCELED = {
  owner: '发起人已取消本次抽奖。',
  held: '截止报名时内容仍未通过审核，本次抽奖已取消。',
  void: '未能取得开奖所需的随机数或密钥，本次抽奖作废，无人中奖。',
};

const HELD = {
  review: '内容正在由微信人工审核。通过之前只有您能看到，别人无法参加；请过一会儿再打开看看。',
  unavailable: '内容暂时未能完成审核。通过之前只有您能看到，别人无法参加；请过一会儿再打开看看。',
  rejected: '内容未通过审核，不能发布。请取消后修改内容，重新发起。',
};

const NAME_HELD = '昵称正在审核。通过之前别人看不到；请过一会儿再保存一次看看。';

// What holds for every lottery here, whatever its organiser says.
const GENERAL = [
  '参加免费，不需要购买、付款、关注、转发或邀请他人。',
  '每人参加一次，最多中一次奖；发起人不能参加自己发起的抽奖。',
  '报名截止后名单锁定并公布，任何人不能再加入或退出。',
  '到开奖时间自动抽取；开奖记录公开，任何人都可以核验。',
  '截止前发起人可以取消抽奖；规则一经发布不能修改。',
  '奖品由发起人提供和发放，本程序不收取任何费用。',
];

const NOTES = { business_prize_over_cny_50000: '商家申报的奖品价值超过 5 万元，超出抽奖式促销最高奖的限额。' };

const REFUSED = {
  network: '网络不通，请检查网络后重试',
  unavailable: '服务暂时不可用，请稍后重试',
  rate_limited: '操作太频繁，请稍后重试',
  internal: '服务出错了，请联系运营方',
  login_required: '登录已失效，请重新打开小程序',
  login_code_spent: '登录未成功，请重试',
  user_blocked: '该微信账号目前无法登录',
  event_not_found: '没有这个抽奖，链接可能有误或已失效',
  not_joined: '您没有参加这个抽奖',
  own_event: '不能参加自己发起的抽奖',
  not_owner: '只有发起人可以这样做',
  event_locked: '报名已截止，等待开奖',
  event_opened: '已经开奖',
  event_canceled: '本次抽奖已取消',
  not_locked_yet: '名单尚未锁定，暂时没有可核验的记录',
  not_drawn_yet: '尚未开奖',
  idempotency_conflict: '上一次提交其实已经成功，请到“我发起的”查看。若要再发起一个，请再次提交。',
  qrcode_not_found: '此服务不提供小程序码',
  text_rejected: '内容含有不允许的文字，请修改',
  invalid_name: '昵称为 1 至 20 个字，不含换行和特殊字符',
  invalid_title: '请填写 1 至 60 个字的名称，不含换行和特殊字符',
  invalid_description: '说明最多 500 个字，不含换行和特殊字符',
  invalid_draw_at: '请选择更晚的开奖时间，最远 90 天之内',
  invalid_prizes: '请检查奖品：名称 1 至 40 个字，数量和价值为整数',
  invalid_organiser: '请选择发起人类型',
  invalid_conditions: '参加条件最多 300 个字，不含换行和特殊字符',
  invalid_claim_terms: '领奖方式最多 300 个字，不含换行和特殊字符',
};

/** A sentence for a refusal, or for anything else that was thrown. */
function sentence(error) {
  if (REFUSED[error.code]) return REFUSED[error.code];
  if (error.status === 429) return REFUSED.rate_limited;
  if (error.status >= 500) return REFUSED.unavailable;
  if (error.status === 404) return REFUSED.event_not_found;
  return '操作未成功，请重试';
}

// The fields of the form, as the service names them.
const FIELDS = ['title', 'description', 'draw_at', 'prizes', 'organiser', 'conditions', 'claim_terms'];

/**
 * The field that a refusal is about; '' where it is about none. invalid_… has it in its code, text_rejected names it at the
 * beginning of its message, and prizes are named there with their place.
 */
function fieldOf(error) {
  const named = error.code === 'text_rejected' ? /^(\w+)/.exec(error.message) : /^invalid_(\w+)$/.exec(error.code);
  return named && FIELDS.includes(named[1]) ? named[1] : '';
}

/** A refusal beside its field: {field, text}. */
function beside(error) {
  const at = /prizes\[(\d+)\]/.exec(error.message || '');
  return { field: fieldOf(error), text: (at ? `第 ${Number(at[1]) + 1} 个奖品：` : '') + sentence(error) };
}

const two = (n) => (n < 10 ? `0${n}` : String(n));

/** An instant in the phone's zone: 2026-08-07 10:39:48. */
function time(text) {
  const t = new Date(text);
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${clockTime(t)}`;
}

const clockTime = (t) => [t.getHours(), t.getMinutes(), t.getSeconds()].map(two).join(':');

/** How long until then: 2 天 03:04:05, or 03:04:05; zeros when it is over. */
function left(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const days = Math.floor(s / 86400);
  const rest = [Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60, s % 60].map(two).join(':');
  return (days ? `${days} 天 ` : '') + rest;
}

/** What an open event is waiting for: {text, until} in words, or null once it is over. */
function countDown(event, now) {
  if (event.status === 'opened' || event.status === 'canceled') return null;
  const lock = Date.parse(event.lock_at) - now;
  if (lock > 0) return { text: '距报名截止', until: left(lock) };
  const draw = Date.parse(event.draw_at) - now;
  if (draw > 0) return { text: '报名已截止，距开奖', until: left(draw) };
  return { text: event.fairness.waiting_for_round ? '正在等待公开随机数' : '正在开奖', until: left(0) };
}

const prizeLine = (p) => `${p.name} × ${p.quantity}${p.value_cny ? `（每份价值 ${p.value_cny} 元）` : ''}`;

/** The rules as they have to be shown before joining. */
function rules(event) {
  const { organiser, odds } = event.rules;
  return {
    prizes: event.prizes.map(prizeLine),
    odds: odds.of ? `目前 ${odds.of} 人参加，共 ${odds.winners} 人中奖` : `目前无人参加，最多 ${prizeCount(event)} 人中奖`,
    conditions: event.rules.conditions || '人人可以参加',
    lockAt: time(event.lock_at),
    drawAt: time(event.draw_at),
    method: event.rules.method,
    claimTerms: event.rules.claim_terms || '发起人未说明',
    organiser: `${organiser.name || '未署名'}（${organiser.kind === 'business' ? '商家' : '个人'}）`,
    notes: (event.rules.notes || []).map((n) => NOTES[n]).filter(Boolean),
    label: LABEL[event.fairness.label] || event.fairness.label,
    proven: event.fairness.label === 'public-randomness',
  };
}

const prizeCount = (event) => event.prizes.reduce((sum, p) => sum + p.quantity, 0);

/** One line of a list. */
function card(event) {
  const me = event.me || {};
  const won = me.prize ? `中奖：${me.prize}` : '';
  return {
    id: event.id, title: event.title, status: event.held ? '审核中' : STATUS[event.status], drawAt: time(event.draw_at),
    participants: event.participants, unread: Boolean(me.unread), won,
    label: LABEL[event.fairness.label] || event.fairness.label, proven: event.fairness.label === 'public-randomness',
  };
}

/** How far the messages have come, for the organiser; '' before there are any. */
function messages(m) {
  if (!m) return '';
  const open = m.done ? '' : '，仍在发送';
  return `${m.wanted} 人希望收到通知：已发送 ${m.sent}，未获同意 ${m.refused}，未能送达 ${m.dead}${open}`;
}

module.exports = { GENERAL, STATUS, CANCELED, HELD, NAME_HELD, sentence, beside, time, countDown, rules, card, messages };
