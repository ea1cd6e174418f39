import type { Random } from '../../std/random.ts';

// apiserver pkg/storage/names: no vowels, so that no words come out, and no digits that look like letters.
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const baseLengthMax = 63 - suffixLength;

/** What metadata.generateName becomes. */
export function generatedName(base: string, random: Random): string {
  let name = base.slice(0, baseLengthMax);
  for (let i = 0; i < suffixLength; i++) name += alphabet[Math.floor(random.next() * alphabet.length)]!;
  return name;
}
