// One lottery in a list. card: of lib/words.js.
Component({
  properties: { card: { type: Object, value: /** @type {any} */ (null) } },
  methods: {
    open() {
      wx.navigateTo({ url: `/pages/event/event?id=${this.data.card.id}` });
    },
  },
});
