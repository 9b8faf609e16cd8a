// Timers by owner and name, so that a page that goes out of sight ends all of its own at once.
/** @type {WeakMap<object, Map<string, any>>} */
const owned = new WeakMap();

function clear(owner, name) {
  const mine = owned.get(owner);
  if (!mine) return;
  clearTimeout(mine.get(name));
  mine.delete(name);
}

/** Runs once after ms; a timer of the same name is replaced. */
function after(owner, name, ms, run) {
  clear(owner, name);
  const mine = owned.get(owner) || new Map();
  owned.set(owner, mine);
  mine.set(name, setTimeout(() => {
    mine.delete(name);
    run();
  }, ms));
}

/** How many of an owner's are running. */
const count = (owner) => (owned.get(owner) || new Map()).size;

function clearAll(owner) {
  Array.from((owned.get(owner) || new Map()).keys()).forEach((name) => clear(owner, name));
}

module.exports = { after, clear, clearAll, count };
