const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const wellFormed = /^[A-Za-z0-9+/]*={0,2}$/;

/** The text is not base64. The message is that of Go's encoding/base64. */
export class Base64Error extends Error {
  override readonly name = 'Base64Error';
}

/** What Go writes again after reading it: without line breaks, unused bits of the last digit zero. */
export function canonicalBase64(text: string): string {
  const plain = text.includes('\n') || text.includes('\r') ? text.replaceAll(/[\r\n]/g, '') : text;
  if (plain.length % 4 !== 0 || !wellFormed.test(plain)) throw new Base64Error(whatIsWrong(text));
  if (!plain.endsWith('=')) return plain;
  const digits = plain.endsWith('==') ? plain.length - 2 : plain.length - 1;
  const unused = plain.length - digits === 2 ? 0x0f : 0x03;
  const last = alphabet.indexOf(plain.charAt(digits - 1));
  if ((last & unused) === 0) return plain;
  return plain.slice(0, digits - 1) + alphabet.charAt(last & ~unused) + plain.slice(digits);
}

/** Walks as Go's decoder does, in groups of four, to name the same byte. */
function whatIsWrong(text: string): string {
  const wrongAt = (index: number): string => `illegal base64 data at input byte ${index}`;
  let inGroup = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '\n' || character === '\r') continue;
    if (alphabet.includes(character)) {
      inGroup = (inGroup + 1) % 4;
      continue;
    }
    if (character !== '=' || inGroup < 2) return wrongAt(index);
    if (inGroup === 3) return wrongAt(skipBreaks(text, index + 1));
    const second = skipBreaks(text, index + 1);
    if (second === text.length) return wrongAt(text.length);
    if (text.charAt(second) !== '=') return wrongAt(second - 1);
    return wrongAt(skipBreaks(text, second + 1));
  }
  return wrongAt(text.length - inGroup);
}

function skipBreaks(text: string, from: number): number {
  let index = from;
  while (text.charAt(index) === '\n' || text.charAt(index) === '\r') index++;
  return index;
}
