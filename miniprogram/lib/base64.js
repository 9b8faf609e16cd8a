const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The bytes of standard base64 with its padding; anything else is a RangeError. */
function decode(text) {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new RangeError('not base64');
  const length = text.replace(/=+$/, '').length;
  const out = new Uint8Array(Math.floor((length * 3) / 4));
  for (let i = 0, at = 0, bits = 0, value = 0; i < length; i++) {
    value = ((value << 6) | ALPHABET.indexOf(text[i])) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = value >> bits;
  }
  return out;
}

module.exports = { decode };
