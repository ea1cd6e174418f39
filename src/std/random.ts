/**
 * Chance as an argument. Fork one stream a component by name, so that a new consumer
 * does not shift the draws of the others.
 */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** An independent stream that depends only on this stream's seed and the name. */
  fork(name: string): Random;
}

/** Deterministic stream (xoshiro128**, seeded through FNV-1a and splitmix32). */
export function seededRandom(seed: number | string): Random {
  const seedText = String(seed);
  let mix = fnv1a(seedText);
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix ^ (mix >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [splitmix(), splitmix(), splitmix(), splitmix()];
  return {
    next() {
      const product = Math.imul(b, 5);
      const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
      return result / 4_294_967_296;
    },
    fork: (name) => seededRandom(`${seedText}/${name}`),
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** A version 4 UUID from the stream. */
export function uuid(random: Random): string {
  let text = '';
  for (let i = 0; i < 32; i++) {
    if (i === 8 || i === 12 || i === 16 || i === 20) text += '-';
    const digit = Math.floor(random.next() * 16);
    text += (i === 12 ? 4 : i === 16 ? (digit & 3) | 8 : digit).toString(16);
  }
  return text;
}
