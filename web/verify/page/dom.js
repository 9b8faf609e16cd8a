// Building the page. Texts go in as text nodes only: titles, prize names and error codes may come from anybody.

/** Returns the element with this id. */
export function at(id) { return document.getElementById(id); }

/** Returns a new element with attributes and children; a child is an element, a text or null. */
export function make(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children.filter((child) => child !== null));
  return e;
}

/** Replaces what an element holds. */
export function fill(element, ...children) { element.replaceChildren(...children.filter((child) => child !== null)); }

/** Shows or hides an element. */
export function show(element, visible) { element.hidden = !visible; }

const shapes = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  dash: 'M6 12h12',
  clock: 'M12 6.5V12l3.5 2.5',
  alert: 'M12 6v7.5M12 17.2v.3',
};

/** Returns a sign, one of the shapes above. It is decoration: the words beside it say the same. */
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
