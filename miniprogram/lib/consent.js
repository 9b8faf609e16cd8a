// Consent for one message. WeChat takes the question from the handler of a tap only, so asking has to be the first thing that such
// a handler does: nothing may be awaited before it.

/**
 * @param {string|undefined} template nothing is asked where the deployment sends no messages
 * @returns {Promise<boolean>} whether the user accepted just now; a refusal, or a question that failed, is a no
 */
function ask(template) {
  if (!template) return Promise.resolve(false);
  return wx.requestSubscribeMessage({ tmplIds: [template] }).then((r) => r[template] === 'accept', () => false);
}

module.exports = { ask };
