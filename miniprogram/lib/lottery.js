// What the service can be asked: one function for each call of docs/api.md that this program makes.
const api = require('./api');

/** @typedef {{name: string, quantity: number, value_cny?: number}} Prize */
/** @typedef {{place: number, prize: string, ticket: string, name?: string}} Winner */
/** @typedef {{manifest: string, ticket: string, joined_at: number, signature: string, key: string}} Receipt */
/**
 * @typedef {Object} Joined
 * @property {string} ticket
 * @property {Receipt} receipt
 * @property {string} joined_at
 * @property {boolean} notify
 * @property {number} [index] from the frozen list on
 * @property {string[]} [path]
 */
/**
 * @typedef {Object} Lottery an event as the service answers it, as far as it is used here
 * @property {string} id
 * @property {'init'|'opening'|'opened'|'canceled'} status
 * @property {string} title
 * @property {string} description
 * @property {Prize[]} prizes
 * @property {string} draw_at
 * @property {string} lock_at
 * @property {number} participants
 * @property {string} [drawn_at]
 * @property {'owner'|'held'|'void'} [cancel_reason]
 * @property {boolean} [late]
 * @property {number} [undrawn]
 * @property {{organiser: {kind: string, name: string}, conditions: string, claim_terms: string, method: string,
 *   odds: {winners: number, of: number}, notes?: string[]}} rules
 * @property {{mode: number, label: string, manifest: string, rules_text: string, operator_key: string, chain?: string,
 *   waiting_for_round?: number, lock?: {count: number, root: string, digest: string, sig: string, late_round?: number}}} fairness
 * @property {string} [notify_template]
 * @property {boolean} [held]
 * @property {'review'|'unavailable'|'rejected'} [held_because]
 * @property {{wanted: number, sent: number, refused: number, dead: number, done: boolean}} [messages]
 * @property {{owner: boolean, ticket?: string, joined_at?: string, unread?: boolean, prize?: string}} [me]
 */
/** @typedef {{events: Lottery[], next?: string, unread?: number, templates?: {participant?: string, organiser?: string}}} Page */

const query = (fields) => Object.keys(fields).filter((k) => fields[k] !== undefined && fields[k] !== '')
  .map((k) => `${k}=${encodeURIComponent(fields[k])}`).join('&');

/** @returns {Promise<Page>} my lotteries; role: created, joined or won */
const mine = (role, cursor, limit) => api.call('GET', `/events?${query({ role, cursor, limit })}`);

/** @returns {Promise<Lottery>} */
const event = (id) => api.call('GET', `/events/${encodeURIComponent(id)}`);

/** @returns {Promise<Lottery>} the same one for the same key and body */
const create = (body, key) => api.call('POST', '/events', { body, key });

/** @returns {Promise<Lottery>} */
const cancel = (id) => api.call('POST', `/events/${id}/cancel`);
const remove = (id) => api.call('DELETE', `/events/${id}`);
const markRead = (id) => api.call('POST', `/events/${id}/read`);

/** @returns {Promise<{winners: Winner[], next?: string}>} */
const winners = (id, cursor, limit) => api.ask(`/events/${id}/winners?${query({ cursor, limit })}`);

/** @returns {Promise<Joined>} notify: the participants' template has just been accepted */
const join = (id, notify) => api.call('POST', `/join/${id}`, { body: { notify } });
/** @returns {Promise<Joined>} */
const ticket = (id) => api.call('GET', `/join/${id}`);
const leave = (id) => api.call('DELETE', `/join/${id}`);

/** @returns {Promise<string>} the JSON text of the public record */
const proof = (id) => api.ask(`/events/${id}/proof`, { text: true });
/** @returns {Promise<{count: number, from: number, tickets: string}>} */
const tickets = (id, from) => api.ask(`/events/${id}/tickets?from=${from}`);
/** @returns {Promise<string>} the path of the share code's image on this phone */
const shareCode = (id) => api.download(`/events/${encodeURIComponent(id)}/qrcode`);

/** @returns {Promise<{name: string, held?: boolean}>} my display name as it is stored; held: nobody else sees it yet */
const setName = (name) => api.call('PUT', '/login', { body: { name } });

module.exports = { mine, event, create, cancel, remove, markRead, winners, join, ticket, leave, proof, tickets, shareCode, setName };
