module.exports = {
  /** Where the service answers, without a slash at the end. Outside of the developer tools it has to be HTTPS. */
  baseURL: 'http://127.0.0.1:8080',

  /**
   * The operator's key, 64 hex digits, from outside of the service's answers; `fairness.operator_key` of an event has to be
   * the same. Empty: receipts are kept all the same, and the check says that their signatures were not looked at.
   */
  operatorKey: '',

  /** Lists longer than this are not fetched by the phone; its own place in them is checked by a path of hashes instead. */
  maxTickets: 200000,

  /**
   * What only the local cloud has (`go run ./cmd/local`); null with every other service. user: who logs in, any name, since the
   * simulated WeChat cannot know the codes of wx.login; '' uses wx.login all the same. chains: where the development chain is
   * described, whose draws prove nothing; it is asked only for events labelled `development-beacon`.
   */
  local: { user: 'xiaoming', chains: '/_sim/drand' },
};
