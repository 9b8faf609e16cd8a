// What went wrong, and a way to try again.
Component({
  properties: { text: String, retry: Boolean },
  methods: {
    retry() {
      this.triggerEvent('retry');
    },
  },
});
