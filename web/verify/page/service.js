// Asking the event's service. Every request goes to the event's own address or below it; redirects are refused, so that
// none leads elsewhere.

const patience = 30_000; // milliseconds for one answer
const pageLimit = 65_536; // tickets in one page of the list
const longest = 10_000_000; // tickets; a longer list is left to the command

/** What went wrong, as a sentence of words.js. */
export class ServiceError extends Error {
  constructor(sentence, ...values) {
    super(sentence);
    Object.assign(this, { sentence, values, status: 0, code: '' });
  }
}

/** Fetches the event as the service shows it. */
export async function fetchEvent(url) { return parse(await get(url)); }

/** Fetches the proof as text, since its exact form is what is checked. */
export async function fetchProof(url) { return get(url + '/proof'); }

/**
 * Fetches the whole list page by page and returns its bytes. The pages' own count is believed, not the proof's: whether
 * they agree is for the checker to say. progress(have, count) is called after every page; signal stops it.
 */
export async function fetchTickets(url, progress, signal) {
  let list = null;
  let have = 0;
  do {
    const page = parse(await get(`${url}/tickets?from=${have}&limit=${pageLimit}`, signal));
    list ??= room(page.count);
    const tickets = ticketsOf(page, have, list.length / 16);
    list.set(tickets, 16 * have);
    have += tickets.length / 16;
    progress(have, page.count);
  } while (16 * have < list.length);
  return list;
}

function room(count) {
  if (!Number.isSafeInteger(count) || count < 0) throw new ServiceError('errorPage');
  if (count > longest) throw new ServiceError('errorLong', count);
  return new Uint8Array(16 * count);
}

function ticketsOf(page, from, count) {
  const tickets = bytesOf(page.tickets);
  const fits = tickets.length % 16 === 0 && from + tickets.length / 16 <= count && (tickets.length > 0 || count === 0);
  if (page.count !== count || page.from !== from || !fits) throw new ServiceError('errorPage');
  return tickets;
}

function bytesOf(base64) {
  try {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length); // filled by a loop: Uint8Array.from is ten times as slow
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  } catch {
    throw new ServiceError('errorPage');
  }
}

async function get(url, signal) {
  try {
    const answer = await fetch(url, requestOptions(signal));
    const text = await answer.text();
    if (!answer.ok) throw refusal(answer.status, text);
    return text;
  } catch (err) {
    throw err instanceof ServiceError ? err : new ServiceError(sentenceOf(err, signal));
  }
}

function requestOptions(signal) {
  const limits = [AbortSignal.timeout(patience), signal].filter(Boolean);
  return { credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer', signal: anyOf(limits) };
}

// AbortSignal.any is younger than what this page needs otherwise.
function anyOf(signals) {
  const both = new AbortController();
  for (const s of signals) {
    if (s.aborted) both.abort(s.reason);
    s.addEventListener('abort', () => both.abort(s.reason), { once: true });
  }
  return both.signal;
}

function sentenceOf(err, signal) {
  if (signal?.aborted) return 'errorStopped';
  return err.name === 'TimeoutError' ? 'errorTimeout' : 'errorNetwork';
}

function refusal(status, text) {
  const code = codeOf(text);
  return Object.assign(new ServiceError('errorStatus', status, code || 'HTTP'), { status, code });
}

function codeOf(text) {
  try {
    const code = JSON.parse(text).error.code;
    return typeof code === 'string' ? code.slice(0, 64) : '';
  } catch {
    return '';
  }
}

function parse(text) {
  try {
    const value = JSON.parse(text);
    if (value !== null && typeof value === 'object') return value;
  } catch {
    // falls through to the same error
  }
  throw new ServiceError('errorJSON');
}
