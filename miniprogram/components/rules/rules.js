// What the law wants to be shown before somebody joins: prizes and quantities, odds, conditions, draw time and method, claim terms
// and the organiser. rules: of lib/words.js.
Component({
  properties: { rules: { type: Object, value: /** @type {any} */ (null) } },
});
