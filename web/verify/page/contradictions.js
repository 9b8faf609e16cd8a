// What the service shows as the event against what its proof says. The proof can be sound and yet be of something else.

import { hexOfID } from './origin.js';

/** Returns the keys of sentences about what does not fit, none if all fits. Fields that the service left out say nothing. */
export function contradictions(origin, event, proof) {
  const shown = event?.fairness ?? {};
  return [
    [origin && hexOfID(origin.id) !== proof.event.id || event && origin && event.id !== origin.id, 'contradictsId'],
    [differs(shown.manifest, proof.manifest), 'contradictsManifest'],
    [differs(shown.lock?.digest, proof.lock.digest), 'contradictsLock'],
    [event && timesDiffer(event, proof.event), 'contradictsTimes'],
    [event && rulesDiffer(event), 'contradictsRules'],
  ].filter(([wrong]) => wrong).map(([, key]) => key);
}

function differs(shown, proven) { return shown !== undefined && shown !== null && shown !== proven; }

function timesDiffer(event, proven) {
  return differs(unix(event.lock_at), proven.lock_time) || differs(unix(event.draw_at), proven.draw_time);
}

/** Returns Unix seconds of an RFC 3339 text, undefined if there is none. */
export function unix(text) { return text ? Math.floor(Date.parse(text) / 1000) : undefined; }

// The rules text begins with title, description, the prizes and the draw time; it is what the manifest binds, the fields
// beside it are only shown.
function rulesDiffer(event) {
  const rules = event.fairness?.rules_text;
  if (typeof rules !== 'string') return false;
  const prizes = prizesOf(event).map((p) => `${p.name} × ${p.quantity}\n`).join('');
  const start = `${event.title}\n${event.description ?? ''}\n${prizes}${event.draw_at}\n`;
  return !rules.startsWith(start);
}

/** Returns the event's prizes, as far as they are readable. */
export function prizesOf(event) {
  const prizes = Array.isArray(event?.prizes) ? event.prizes : [];
  return prizes.filter((p) => p && typeof p.name === 'string' && Number.isSafeInteger(p.quantity));
}
