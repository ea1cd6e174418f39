import { seededRandom } from '../../std/random.ts';

const words =
  'the pod waits while a model loads and each request gets its turn so that tokens flow from one node to another'.split(
    ' ',
  );

/** The words of an answer: a function of the prompt and the seed alone. */
export function simulatedWords(prompt: string, seed: number, count: number): readonly string[] {
  const random = seededRandom(`${seed}/${prompt}`);
  return Array.from({ length: count }, (_, i) => {
    const word = words[Math.floor(random.next() * words.length)] ?? '';
    return i === 0 ? word : ` ${word}`;
  });
}

/** About four characters a token, at least one. */
export function simulatedTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}
