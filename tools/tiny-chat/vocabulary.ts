import { wordMark, type Pieces } from './byte-pair-encoding.ts';

/** A SentencePiece-style vocabulary as GGUF's `tokenizer.ggml.*` keys want it; the index is the token's id. */
export interface Vocabulary {
  readonly tokens: readonly string[];
  /** Minus the rank of the merge: llama.cpp joins the pair with the highest score first. */
  readonly scores: readonly number[];
  /** 1 normal, 2 unknown, 3 control, 6 byte. */
  readonly types: readonly number[];
}

export const unknownToken = 0;
export const beginToken = 1;
export const endToken = 2;

/**
 * Three control tokens, the 256 bytes (so that any text has tokens), the merges, then single characters.
 * `size` fills up with words that never occur, for models whose vocabulary only has to be large.
 */
export function vocabularyOf(pieces: Pieces, size = 0): Vocabulary {
  const tokens = ['<unk>', '<s>', '</s>'];
  const scores = [0, 0, 0];
  const types = [2, 3, 3];
  for (let byte = 0; byte < 256; byte++) {
    tokens.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    scores.push(0);
    types.push(6);
  }
  const known = new Set(tokens);
  let rank = 0;
  const add = (piece: string): void => {
    known.add(piece);
    tokens.push(piece);
    scores.push(-rank++);
    types.push(1);
  };
  for (const piece of pieces.merges) add(piece);
  for (const character of pieces.characters) if (!known.has(character)) add(character);
  while (tokens.length < size) add(`${wordMark}x${tokens.length}`);
  return { tokens, scores, types };
}
