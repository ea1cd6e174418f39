/** 128 bits of FNV-1a in four lanes, as hex. Not against attackers: it only has to change when the text does. */
export function textHash(text: string): string {
  const lanes = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b];
  let [a = 0, b = 0, c = 0, d = 0] = lanes;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code + (index & 0xff)), 0x01000193);
    c = Math.imul(c ^ code, 0x85ebca6b) ^ (a >>> 15);
    d = Math.imul(d ^ (code << 1), 0xc2b2ae35) ^ (b >>> 13);
  }
  return [a, b, c, d].map((lane) => (lane >>> 0).toString(16).padStart(8, '0').toUpperCase()).join('');
}
