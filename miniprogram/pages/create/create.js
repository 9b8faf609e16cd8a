// A new lottery. What is typed stays in storage until the service has answered that it is created.
const consent = require('../../lib/consent');
const drafts = require('../../lib/draft');
const lottery = require('../../lib/lottery');
const words = require('../../lib/words');

const errorsOf = () => /** @type {Record<string, string>} */ ({});

Component({
  data: {
    form: drafts.empty(),
    errors: errorsOf(),
    message: '',
    template: '',
    busy: false,
  },
  methods: {
    onLoad() {
      this.setData({ form: drafts.load().form });
      return this.learnTemplate();
    },
    // Known before the tap: what a request answers is no tap any more. Without it a lottery can be created all the same.
    async learnTemplate() {
      try {
        const { templates } = await lottery.mine('joined', '', 1);
        this.setData({ template: (templates && templates.organiser) || '' });
      } catch (e) {
        this.setData({ message: words.sentence(e) });
      }
    },
    type(e) {
      this.change({ [e.currentTarget.dataset.field]: e.detail.value });
    },
    pick(e) {
      this.change({ [e.currentTarget.dataset.field]: e.detail.value });
    },
    typePrize(e) {
      const { index, field } = e.currentTarget.dataset;
      this.change({ prizes: this.data.form.prizes.map((p, i) => (i === Number(index) ? { ...p, [field]: e.detail.value } : p)) });
    },
    addPrize() {
      this.change({ prizes: this.data.form.prizes.concat([{ name: '', quantity: '1', value: '' }]) });
    },
    removePrize(e) {
      this.change({ prizes: this.data.form.prizes.filter((_, i) => i !== Number(e.currentTarget.dataset.index)) });
    },
    change(fields) {
      const form = { ...this.data.form, ...fields };
      this.setData({ form });
      drafts.save({ ...drafts.load(), form });
    },
    submit() {
      if (this.data.busy) return undefined;
      // A try without an answer goes again as it was: the same key with another body, consent included, would be refused.
      const again = drafts.again(drafts.load());
      const asked = again ? Promise.resolve(again.notify) : consent.ask(this.data.template);
      this.setData({ busy: true, errors: errorsOf(), message: '' });
      return asked.then((notify) => this.send(notify)).then(() => this.setData({ busy: false }));
    },
    async send(notify) {
      const draft = drafts.load();
      const body = drafts.bodyOf(draft.form, notify);
      drafts.save({ ...draft, sent: body });
      try {
        const event = await lottery.create(body, draft.key);
        drafts.drop();
        await this.created(event);
      } catch (e) {
        this.refused(e);
      }
    },
    async created(event) {
      if (event.held) {
        const content = words.HELD[event.held_because || 'review'];
        await wx.showModal({ title: '已提交，尚未发布', content, showCancel: false });
      }
      wx.redirectTo({ url: `/pages/event/event?id=${event.id}` });
    },
    refused(e) {
      const draft = drafts.load();
      // A refusal for what was said uses up no key, and nothing was created. After a conflict the key belongs to a lottery.
      if (e.status === 400 || e.status === 422) drafts.save({ form: draft.form, key: draft.key });
      if (e.code === 'idempotency_conflict') drafts.save({ form: draft.form, key: drafts.newKey() });
      const { field, text } = words.beside(e);
      this.setData(field ? { errors: { [field]: text }, message: '请修改标出的内容' } : { message: text });
    },
  },
});
