// Files in and files out: a draw from the disk, and the record for checking it elsewhere.

import { at, fill, make, show } from './dom.js';
import { say } from './words.js';

let links = []; // object URLs in use

/** Calls opened with {proof, tickets, rules} (text, bytes, text; null what was not chosen) when the reader chose files. */
export function startFiles(opened) {
  for (const id of ['proof-file', 'tickets-file', 'rules-file']) at(id).addEventListener('change', () => read(opened));
}

async function read(opened) {
  const [proof, tickets, rules] = ['proof-file', 'tickets-file', 'rules-file'].map((id) => at(id).files[0]);
  opened({
    proof: proof ? await proof.text() : null,
    tickets: tickets ? new Uint8Array(await tickets.arrayBuffer()) : null,
    rules: rules ? await rules.text() : null,
  });
}

/** Offers what is there as files: the proof's exact text, the list, the rules. */
export function showSaving({ proofText, tickets, rules }) {
  links.forEach((link) => URL.revokeObjectURL(link));
  const files = [['proof.json', proofText, 'application/json'], ['tickets.bin', tickets, 'application/octet-stream'], ['rules.txt', rules, 'text/plain']];
  const there = files.filter(([, content]) => content);
  links = there.map(([, content, type]) => URL.createObjectURL(new Blob([content], { type })));
  show(at('save'), Boolean(proofText));
  fill(at('save-links'), ...there.map(([name], i) => make('a', { class: 'button', href: links[i], download: name }, say('saveFile', name))));
}
