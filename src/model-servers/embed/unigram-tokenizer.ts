/** A piece and its log probability; the index is the token's id. */
export type UnigramVocabulary = readonly (readonly [piece: string, score: number])[];

interface Node {
  readonly children: Map<string, Node>;
  /** The id of the piece that ends here. */
  id: number | undefined;
}

/** Ids below this are reserved; the first of them stands for what the vocabulary does not have. */
const reservedIds = 6;
const unknownId = 0;

/**
 * SentencePiece's unigram model: cuts a text into the pieces whose scores have the largest sum (Viterbi), exactly
 * as the tokeniser that came with the model does it, but in time proportional to the text.
 */
export class UnigramTokenizer {
  readonly #vocabulary: UnigramVocabulary;
  readonly #root: Node = { children: new Map(), id: undefined };
  /** Characters of the longest piece: no text has fewer than characters / longest tokens. */
  readonly longestPiece: number;

  constructor(vocabulary: UnigramVocabulary) {
    this.#vocabulary = vocabulary;
    this.longestPiece = Math.max(...vocabulary.map(([piece]) => piece.length));
    for (const [id, [piece]] of vocabulary.entries()) if (id >= reservedIds) this.#insert(piece, id);
  }

  /** The ids of a text; runs of unknown characters are one id. */
  encode(text: string): number[] {
    const symbols = Array.from(`▁${text.normalize('NFKC').replaceAll(' ', '▁')}`);
    if (symbols.length === 1) return [];
    // best[i] and last[i]: the score of the best cut of the first i symbols, and its last piece. 0 means none yet.
    const best = new Float64Array(symbols.length + 1);
    const last = new Int32Array(symbols.length + 1);
    const consider = (start: number, end: number, id: number, score: number): void => {
      const sum = score + (best[start] ?? 0);
      if (best[end] !== 0 && sum < (best[end] ?? 0)) return;
      best[end] = sum;
      last[end] = id;
    };
    for (let start = 0; start < symbols.length; start++) {
      let found = false;
      let node = this.#root.children.get(symbols[start] ?? '');
      for (let end = start + 1; node !== undefined; end++) {
        if (node.id !== undefined) {
          found = true;
          consider(start, end, node.id, this.#vocabulary[node.id]?.[1] ?? 0);
        }
        node = node.children.get(symbols[end] ?? '');
      }
      if (!found) consider(start, start + 1, unknownId, 0);
    }
    return this.#path(last);
  }

  #path(last: Int32Array): number[] {
    const ids: number[] = [];
    for (let end = last.length - 1; end > 0;) {
      const id = last[end] ?? unknownId;
      if (id !== unknownId || ids.at(-1) !== unknownId) ids.push(id);
      end -= this.#vocabulary[id]?.[0].length ?? 1;
    }
    return ids.toReversed();
  }

  #insert(piece: string, id: number): void {
    let node = this.#root;
    for (const symbol of Array.from(piece)) {
      let next = node.children.get(symbol);
      if (next === undefined) node.children.set(symbol, (next = { children: new Map(), id: undefined }));
      node = next;
    }
    node.id = id;
  }
}
