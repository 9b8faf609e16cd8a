// What the service's refusals mean to the one who holds the phone.

import { pick } from './words.js';

const refusals = {
  malformed: ['The request cannot be read.', '请求无法识别。'],
  invalid_code: ['That is not a WeChat code.', '这不是微信登录码。'],
  invalid_name: ['A name has 1 to 20 characters, and no line breaks.', '昵称须为 1 到 20 个字符,不能换行。'],
  invalid_title: ['A title has 1 to 60 characters, and no line breaks.', '标题须为 1 到 60 个字符,不能换行。'],
  invalid_description: ['The description is too long, or has forbidden characters.', '说明过长,或含有不允许的字符。'],
  invalid_draw_at: ['That is too soon: there has to be time to join before the list is locked.', '开奖时间太早:锁定名单之前要留出报名时间。'],
  invalid_prizes: ['Each prize needs a name and a number from 1; 100,000 winners at most.', '每个奖品须有名称和至少 1 的数量,总数不超过 100,000。'],
  invalid_idempotency_key: ['The key of this request is not a good one.', '请求的幂等键不正确。'],
  login_required: ['Log in first: the service does not know who you are, or no longer.', '请先登录:服务不知道您是谁,或登录已失效。'],
  login_code_spent: ['This login code was used already, or is too old. Try again.', '登录码已使用或已过期,请再试一次。'],
  user_blocked: ['WeChat calls this user high-risk, so there is no logging in.', '微信将该用户列为高风险,无法登录。'],
  not_owner: ['Only the organiser may do that.', '只有发起者可以这样做。'],
  own_event: ['An organiser cannot join his own lottery.', '发起者不能参与自己的抽奖。'],
  event_not_found: ['There is no such lottery, or not for you.', '没有这个抽奖,或您不能查看。'],
  not_joined: ['You have no ticket in this lottery.', '您没有参与这个抽奖。'],
  qrcode_not_found: ['There are no share codes here.', '这里没有小程序码。'],
  event_locked: ['Too late: the list is locked, and nothing changes it before the draw.', '太迟了:名单已锁定,开奖前不会再改变。'],
  event_opened: ['Too late: it has been drawn.', '太迟了:已经开奖。'],
  event_canceled: ['It was canceled.', '活动已取消。'],
  not_drawn_yet: ['It has not been drawn yet.', '尚未开奖。'],
  not_locked_yet: ['The list is not locked yet.', '名单尚未锁定。'],
  idempotency_conflict: ['This request was sent before with another content.', '同一请求曾以不同内容发送。'],
  text_rejected: ['This text may not be published. Please write something else.', '该文字不允许发布,请修改。'],
  rate_limited: ['Too many requests. Wait a moment.', '请求过多,请稍候。'],
  unavailable: ['Something the service needs does not answer. Wait a moment.', '服务暂时不可用,请稍候。'],
  internal: ['The service made a mistake. The log of the local cloud says more.', '服务出错,详情见本地云的日志。'],
  gateway: ['The gateway refused this by itself; it never reached the service.', '网关直接拒绝了请求,未到达服务。'],
  nothing_open: ['Open or create a lottery first.', '请先打开或新建一个抽奖。'],
  no_answer: ['No answer. Is the local cloud still running?', '没有应答。本地云还在运行吗?'],
};

/** Returns a sentence for a refusal; for a code without one, what the service said itself. */
export function sentence(refusal) {
  const pair = refusals[refusal.code] ?? (refusal.code.startsWith('http_') ? refusals.gateway : null);
  return pair ? pick(pair) : refusal.message || refusal.code;
}
