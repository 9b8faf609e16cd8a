// Building the page. Texts go in as text nodes only: titles, names and error codes may come from anybody.

/** Returns the first element of a selector below root. */
export function one(selector, root = document) { return root.querySelector(selector); }

/** Returns a new element with attributes and children. Attributes and children that are null or false are left out. */
export function make(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) e.setAttribute(key, value);
  }
  e.append(...children.filter(present));
  return e;
}

function present(child) { return child !== null && child !== false; }

/** Replaces what an element holds. */
export function fill(element, ...children) { element.replaceChildren(...children.filter(present)); }

/** Sets a text only where it differs, so that nothing is announced or painted twice. */
export function write(element, text) { if (element.textContent !== text) element.textContent = text; }

const built = new WeakMap();

/**
 * Rebuilds what an element holds, but only when what it shows has changed: children() returns it, of is all that it depends on.
 * What had the focus keeps it, if something with the same data-key is there afterwards.
 */
export function patch(element, of, children) {
  const signature = JSON.stringify(of);
  if (built.get(element) === signature) return false;
  built.set(element, signature);
  const key = element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  fill(element, ...children());
  if (key) [...element.querySelectorAll('[data-key]')].find((e) => e.dataset.key === key)?.focus({ preventScroll: true });
  return true;
}

const shapes = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  clock: 'M12 7v5l3.5 2M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  gift: 'M4.5 12h15v8h-15zM3.5 8h17v4h-17zM12 8v12M12 8c-2-5-7-4-5-1c.8 1 3 1 5 1zm0 0c2-5 7-4 5-1c-.8 1-3 1-5 1z',
  alert: 'M12 3.5l9 16.5H3zM12 10v4.5M12 17v.3',
  bell: 'M6 17h12l-1.5-2.5V11a4.5 4.5 0 0 0-9 0v3.5zM10.5 20h3',
  chat: 'M4 5h16v11h-8l-5 4v-4H4z',
  person: 'M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM4.5 20c.8-4 4-5.5 7.5-5.5s6.7 1.5 7.5 5.5',
  play: 'M8 5.5v13l10-6.5z',
  plus: 'M12 5.5v13M5.5 12h13',
  people: 'M9 5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7zM2.5 19c.6-3.5 3-5 6.5-5s5.9 1.5 6.5 5M16 5.5a3.3 3.3 0 0 1 0 6.3M18 14.5c2 .7 3.2 2.2 3.6 4.5',
};

/** Returns a sign. It is decoration: the words beside it say the same. */
export function sign(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'sign');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', shapes[name]);
  svg.append(path);
  return svg;
}
