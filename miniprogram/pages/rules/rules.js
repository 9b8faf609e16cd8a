// The rules of one lottery on a page of their own: what its organiser promises, and what holds for every lottery here.
const lottery = require('../../lib/lottery');
const link = require('../../lib/link');
const words = require('../../lib/words');

Component({
  data: {
    id: '',
    title: '',
    rules: /** @type {any} */ (null),
    general: words.GENERAL,
    promise: '',
    message: '',
  },
  methods: {
    onLoad(options) {
      this.setData({ id: link.idOf(options) });
      return this.load();
    },
    async load() {
      try {
        const event = await lottery.event(this.data.id);
        this.setData({ title: event.title, rules: words.rules(event), promise: event.fairness.rules_text, message: '' });
      } catch (e) {
        this.setData({ message: words.sentence(e) });
      }
    },
  },
});
