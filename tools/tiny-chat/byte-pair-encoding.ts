/** What byte-pair encoding learnt: merged pieces in the order of their merges, and all single characters, most frequent first. */
export interface Pieces {
  readonly merges: readonly string[];
  readonly characters: readonly string[];
}

/** Stands for the space before a word, as in SentencePiece. */
export const wordMark = '▁';

interface Word {
  pieces: string[];
  readonly count: number;
}

/**
 * Learns at most `mergeCount` merges from a text. Words are what white space separates; no merge crosses a
 * word. Among equally frequent pairs the first in code-unit order wins, so the result depends on the text alone.
 */
export function learnPieces(text: string, mergeCount: number): Pieces {
  const words = countWords(text);
  const characters = countCharacters(words);
  const merges: string[] = [];
  while (merges.length < mergeCount) {
    const pair = mostFrequentPair(words);
    if (pair === undefined) break;
    const [left, right] = pair;
    merges.push(left + right);
    for (const word of words) word.pieces = merged(word.pieces, left, right);
  }
  return { merges, characters };
}

function countWords(text: string): Word[] {
  const counts = new Map<string, number>();
  for (const word of text.split(/\s+/)) {
    if (word !== '') counts.set(wordMark + word, (counts.get(wordMark + word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => ({ pieces: Array.from(word), count }));
}

function countCharacters(words: readonly Word[]): string[] {
  const counts = new Map<string, number>();
  for (const { pieces, count } of words) {
    for (const character of pieces) counts.set(character, (counts.get(character) ?? 0) + count);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([character]) => character);
}

/** Undefined when no pair occurs twice: merging it would only name a single word. */
function mostFrequentPair(words: readonly Word[]): readonly [string, string] | undefined {
  const separator = '\u0000';
  const counts = new Map<string, number>();
  for (const { pieces, count } of words) {
    for (let i = 0; i + 1 < pieces.length; i++) {
      const key = `${pieces[i]}${separator}${pieces[i + 1]}`;
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  let best: string | undefined;
  let bestCount = 1;
  for (const [key, count] of counts) {
    if (count > bestCount || (count === bestCount && best !== undefined && key < best))
      [best, bestCount] = [key, count];
  }
  const [left, right] = best?.split(separator) ?? [];
  return left === undefined || right === undefined ? undefined : [left, right];
}

function merged(pieces: readonly string[], left: string, right: string): string[] {
  const result: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (pieces[i] === left && pieces[i + 1] === right) {
      result.push(left + right);
      i++;
    } else {
      result.push(pieces[i] as string);
    }
  }
  return result;
}
