// The checker, in a thread of its own so that a long list does not stop the page.

import { at } from './dom.js';

let worker = null;
let last = 0;
const waiting = new Map();

/**
 * Checks a proof (its text) against what is given; tickets is the list's bytes or null. Resolves to the checker's answer
 * {report, due, refused}; rejects with an Error if the checker itself can't go on.
 */
export function check(proof, given, tickets) {
  worker ??= start();
  const id = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, proof, given, tickets });
  });
}

function start() {
  const text = at('wasm-exec').textContent + '\n' + at('worker').textContent;
  const started = new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
  started.onmessage = ({ data }) => settle(data);
  started.onerror = (err) => fail(err.message || 'worker');
  started.postMessage({ program: at('program').textContent.trim() });
  return started;
}

function settle({ id, result, error }) {
  const call = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) call.resolve(result);
  else call.reject(new Error(error));
}

function fail(message) {
  for (const call of waiting.values()) call.reject(new Error(message));
  waiting.clear();
  worker = null; // the next check starts anew
}
