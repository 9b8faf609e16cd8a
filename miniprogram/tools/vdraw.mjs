// Writes lib/vdraw.js from the checker in web/: a mini program loads CommonJS, and only from its own folder. The checker asks
// nothing of the platform but the language, which its own tests hold it to, so its exports are all that has to change.
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = new URL('../../web/vdraw.mjs', import.meta.url);
const target = new URL('../lib/vdraw.js', import.meta.url);

/** The CommonJS text of a module that exports only declared constants, functions and classes. */
export function commonJS(text) {
  const declared = /^export (const|function|class) (\w+)/gm;
  const names = [...text.matchAll(declared)].map((m) => m[2]);
  const body = text.replace(declared, '$1 $2');
  const left = /^\s*(export|import)\b.*/m.exec(body);
  if (left) throw new Error(`a form of module that is not translated: ${left[0]}`);
  return `// @ts-nocheck\n// Written from web/vdraw.mjs by npm run vdraw. Edit that file instead.\n'use strict';\n\n${body}\n`
    + `module.exports = {\n${names.map((name) => `  ${name},\n`).join('')}};\n`;
}

/** What lib/vdraw.js has to be now. */
export const wanted = () => commonJS(fs.readFileSync(source, 'utf8'));

if (process.argv[1] === fileURLToPath(import.meta.url)) fs.writeFileSync(target, wanted());
