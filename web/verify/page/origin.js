// Where the event comes from: the page's own address, or one that the reader types.

const eventPath = /\/events\/([A-Za-z0-9_-]{22})\/?$/;
const servedPath = /^\/verify\/([A-Za-z0-9_-]{22})\/?$/;

/** Reads an event's address. Returns {id, url}, url without a slash at the end, or null if it is none. */
export function eventAt(text) {
  try {
    const url = new URL(text.trim());
    const match = eventPath.exec(url.pathname);
    if (!match || !['http:', 'https:'].includes(url.protocol) || url.username || url.password) return null;
    return { id: match[1], url: url.origin + url.pathname.replace(/\/$/, '') };
  } catch {
    return null;
  }
}

/** Returns a parameter of the page's address, from behind # or ?. */
export function parameter(name) {
  const hash = new URLSearchParams(location.hash.slice(1));
  return hash.get(name) ?? new URLSearchParams(location.search).get(name) ?? '';
}

/** Returns the event that the page's address names: {id, url}; null if it names none; undefined if it is malformed. */
export function eventOfPage() {
  const served = servedPath.exec(location.pathname);
  if (served && location.protocol !== 'file:') return eventAt(`${location.origin}/events/${served[1]}`);
  const given = parameter('event');
  return given ? eventAt(given) ?? undefined : null;
}

/** Returns the hex form of an event id, as a proof has it. */
export function hexOfID(id) {
  const bytes = atob(id.replace(/-/g, '+').replace(/_/g, '/') + '==');
  return Array.from(bytes, (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
