// One lottery: its rules, joining and leaving, the wait, the result. It looks again by itself only around the lock and the draw,
// and only while it is on the screen.
const clock = require('../../lib/clock');
const config = require('../../config');
const consent = require('../../lib/consent');
const keep = require('../../lib/keep');
const link = require('../../lib/link');
const lottery = require('../../lib/lottery');
const { nextLook } = require('../../lib/schedule');
const timers = require('../../lib/timers');
const words = require('../../lib/words');

const WINNERS = 100;
const WAITING = 5000; // the first seconds after draw_at are normal

/** What of an event is shown and offered, by the service's clock. notify: the user's wish for a message, as far as it is known. */
function viewOf(event, now, notify) {
  const me = event.me || { owner: false };
  const open = event.status === 'init' && now < Date.parse(event.lock_at);
  const joined = Boolean(me.ticket);
  return {
    status: event.held ? '审核中' : words.STATUS[event.status],
    rules: words.rules(event),
    countDown: words.countDown(event, now),
    held: event.held ? words.HELD[event.held_because || 'review'] : '',
    canceled: event.status === 'canceled' ? words.CANCELED[event.cancel_reason] || words.CANCELED.owner : '',
    waiting: Boolean(event.fairness.waiting_for_round) && now - Date.parse(event.draw_at) > WAITING,
    wrongKey: Boolean(config.operatorKey) && event.fairness.operator_key !== config.operatorKey,
    messages: words.messages(event.messages),
    canJoin: open && !me.owner && !joined,
    canAskMessage: open && joined && notify === false && Boolean(event.notify_template),
    canLeave: open && joined,
    canShare: !event.held && event.status !== 'canceled',
    canShowCode: me.owner && !event.held && event.status !== 'canceled',
    canCancel: open && me.owner,
    canRemove: me.owner && (open || event.status === 'canceled'),
  };
}

Component({
  data: {
    id: '',
    event: /** @type {lottery.Lottery|null} */ (null),
    view: /** @type {any} */ ({}),
    notify: /** @type {boolean|null} */ (null),
    place: 0,
    winners: /** @type {lottery.Winner[]} */ ([]),
    winnersLoaded: false,
    next: '',
    code: '',
    message: '',
    busy: false,
    visible: false,
    failures: 0, // looks that failed in a row
  },
  lifetimes: {
    detached() {
      timers.clearAll(this);
    },
  },
  methods: {
    onLoad(options) {
      this.setData({ id: link.idOf(options) });
    },
    onShow() {
      this.setData({ visible: true });
      return this.load();
    },
    onHide() {
      this.setData({ visible: false });
      timers.clearAll(this);
    },
    onUnload() {
      this.onHide();
    },
    async onPullDownRefresh() {
      await this.load();
      wx.stopPullDownRefresh();
    },
    onShareAppMessage() {
      const { event, id } = this.data;
      if (!event || event.held) return { title: '公开可核验的抽奖', path: '/pages/index/index' };
      return { title: event.title, path: `/pages/event/event?id=${id}` };
    },

    // What is on the screen stays there when a look fails.
    async load() {
      try {
        this.show(await lottery.event(this.data.id));
        this.setData({ message: '', failures: 0 });
        await this.details();
      } catch (e) {
        this.setData({ message: words.sentence(e), failures: this.data.failures + 1 });
      }
      this.lookLater();
    },
    show(event) {
      keep.saw(event, Date.now());
      this.setData({ event, view: viewOf(event, clock.now(), this.data.notify) });
      this.tick();
    },
    async details() {
      const event = this.data.event;
      if (!event) return;
      if (event.me && event.me.ticket) await this.learnTicket(event);
      if (event.status === 'opened' && !this.data.winnersLoaded) await this.moreWinners();
      await this.markRead(event);
    },
    // A phone that did not join itself has no receipt yet; and after the lock every ticket has a place to show.
    async learnTicket(event) {
      const known = this.data.notify !== null && keep.of(event.id).receipt;
      if (known && (this.data.place || !event.fairness.lock)) return;
      this.noteTicket(event, await lottery.ticket(event.id));
    },
    noteTicket(event, answer) {
      if (!keep.of(event.id).receipt) keep.joined(event, answer);
      this.setData({ notify: answer.notify, place: answer.index === undefined ? 0 : answer.index + 1 });
      this.setData({ view: viewOf(event, clock.now(), answer.notify) });
    },
    // Two looks, or two taps, may be under way at once: what is there already is not added again.
    async moreWinners() {
      const { next, winnersLoaded } = this.data;
      try {
        const page = await lottery.winners(this.data.id, next, WINNERS);
        if (this.data.next !== next || this.data.winnersLoaded !== winnersLoaded) return;
        this.setData({ winners: this.data.winners.concat(page.winners), next: page.next || '', winnersLoaded: true });
      } catch (e) {
        this.setData({ message: words.sentence(e) });
      }
    },
    // Only what is on the screen has been read.
    async markRead(event) {
      const shown = event.status === 'canceled' || this.data.winnersLoaded;
      if (!event.me || !event.me.unread || !shown || !this.data.visible) return;
      await lottery.markRead(event.id);
      this.setData({ 'event.me.unread': false });
    },

    lookLater() {
      const { event, visible, failures } = this.data;
      timers.clear(this, 'look');
      if (!event || !visible) return;
      const wait = nextLook(event, clock.now(), failures);
      if (wait !== null) timers.after(this, 'look', wait, () => this.load());
    },
    tick() {
      const { event, visible, notify } = this.data;
      timers.clear(this, 'tick');
      if (!event || !visible || !words.countDown(event, clock.now())) return;
      const view = viewOf(event, clock.now(), notify);
      this.setData({ 'view.countDown': view.countDown, 'view.canJoin': view.canJoin, 'view.canLeave': view.canLeave,
        'view.canCancel': view.canCancel, 'view.waiting': view.waiting });
      timers.after(this, 'tick', 1000, () => this.tick());
    },

    // Asking for consent has to be the first thing of the tap. A repeat of the call is how a participant adds his wish later.
    join() {
      const { event, busy } = this.data;
      if (!event || busy) return undefined;
      const asked = consent.ask(event.notify_template);
      this.setData({ busy: true });
      return asked.then((notify) => this.act(async () => {
        const answer = await lottery.join(event.id, notify);
        keep.joined(event, answer);
        this.setData({ notify: answer.notify });
      })).then(() => this.setData({ busy: false }));
    },
    leave() {
      return this.confirmed('退出后可以在截止前再次参加。确定退出吗？', async (event) => {
        await lottery.leave(event.id);
        keep.left(event.id);
        this.setData({ notify: null, place: 0 });
      });
    },
    cancel() {
      return this.confirmed('取消后不能恢复，参加者会看到抽奖已取消。确定取消吗？', (event) => lottery.cancel(event.id));
    },
    async remove() {
      await this.confirmed('删除会取消抽奖，并从您的列表中隐藏。确定删除吗？', async (event) => {
        await lottery.remove(event.id);
        wx.navigateBack();
      });
    },
    async confirmed(content, run) {
      const { event } = this.data;
      if (!event || !(await wx.showModal({ title: '请确认', content })).confirm) return;
      await this.act(() => run(event));
    },
    // Whatever comes of it, the event is shown as it is now; a refusal stays on the screen beside it.
    async act(run) {
      let message = '';
      try {
        await run();
      } catch (e) {
        message = words.sentence(e);
      }
      await this.load();
      if (message) this.setData({ message });
    },

    async showCode() {
      try {
        this.setData({ code: await lottery.shareCode(this.data.id) });
      } catch (e) {
        this.setData({ message: e.status === 404 ? '此服务不提供小程序码' : words.sentence(e) });
      }
    },
    allRules() {
      wx.navigateTo({ url: `/pages/rules/rules?id=${this.data.id}` });
    },
    verify() {
      wx.navigateTo({ url: `/pages/verify/verify?id=${this.data.id}` });
    },
  },
});
