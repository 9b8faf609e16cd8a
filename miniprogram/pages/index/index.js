// My lotteries: created, joined, won, and how many have ended without my having looked. And the name that others see.
const lottery = require('../../lib/lottery');
const words = require('../../lib/words');

const LIMIT = 20;
const NAME = 'name';
const tab = (role, name) => ({ role, name, unread: 0 });

Component({
  data: {
    tabs: [tab('joined', '我参加的'), tab('won', '我中奖的'), tab('created', '我发起的')],
    role: 'joined',
    cards: /** @type {any[]} */ ([]),
    next: '',
    loaded: false,
    message: '',
    name: '',
    nameError: '',
    nameHeld: '',
    naming: false,
  },
  methods: {
    onLoad() {
      this.setData({ name: wx.getStorageSync(NAME) });
    },
    onShow() {
      return this.reload();
    },
    async onPullDownRefresh() {
      await this.reload();
      wx.stopPullDownRefresh();
    },
    onReachBottom() {
      return this.data.next ? this.load(this.data.role, this.data.next) : undefined;
    },
    choose(e) {
      this.setData({ role: e.currentTarget.dataset.role, cards: [], next: '', loaded: false });
      return this.reload();
    },
    create() {
      wx.navigateTo({ url: '/pages/create/create' });
    },
    // The form has what the field shows, a nickname of WeChat's that was chosen too.
    async saveName(e) {
      if (this.data.naming) return;
      this.setData({ naming: true, nameError: '', nameHeld: '' });
      try {
        const { name, held } = await lottery.setName(e.detail.value.name);
        wx.setStorageSync(NAME, name);
        this.setData({ name, nameHeld: held ? words.NAME_HELD : '' });
      } catch (error) {
        this.setData({ nameError: words.sentence(error) });
      }
      this.setData({ naming: false });
    },
    async reload() {
      const { role } = this.data;
      await Promise.all([this.load(role, ''), ...['joined', 'won'].filter((r) => r !== role).map((r) => this.count(r))]);
    },
    // A list that fails to load leaves what is shown.
    async load(role, cursor) {
      try {
        const page = await lottery.mine(role, cursor, LIMIT);
        this.noteUnread(role, page.unread);
        if (role === this.data.role) this.show(page, cursor);
      } catch (e) {
        this.failed(e, role);
      }
    },
    show(page, cursor) {
      const before = cursor ? this.data.cards : [];
      // An event that moved to another page meanwhile is not to be there twice.
      const known = new Set(before.map((c) => c.id));
      const cards = before.concat(page.events.filter((e) => !known.has(e.id)).map(words.card));
      this.setData({ cards, next: page.next || '', loaded: true, message: '' });
    },
    failed(e, role) {
      if (e.code === 'invalid_cursor') return this.load(role, '');
      return this.setData({ message: words.sentence(e) });
    },
    async count(role) {
      try {
        this.noteUnread(role, (await lottery.mine(role, '', 1)).unread);
      } catch (e) {
        // The list beside it says what is wrong.
      }
    },
    noteUnread(role, unread) {
      if (unread === undefined) return;
      this.setData({ tabs: this.data.tabs.map((t) => (t.role === role ? { ...t, unread } : t)) });
    },
    onShareAppMessage() {
      return { title: '公开可核验的抽奖', path: '/pages/index/index' };
    },
  },
});
