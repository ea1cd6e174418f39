import type { LlamaModel, Token } from 'node-llama-cpp';

/** Tokens that may begin one character: UTF-8 has at most four bytes. */
const maxHeldTokens = 4;

/**
 * Turns tokens into text as they come. A token may end inside a character; its text is held back until the
 * character is complete, or until it is plain that it never will be.
 */
export class TokenText {
  readonly #model: LlamaModel;
  #held: Token[] = [];
  #previous: readonly Token[] = [];

  constructor(model: LlamaModel) {
    this.#model = model;
  }

  push(token: Token): string {
    this.#held.push(token);
    const text = this.#model.detokenize(this.#held, false, this.#previous);
    if (text.endsWith('\ufffd') && this.#held.length < maxHeldTokens) return '';
    return this.#taken(text);
  }

  /** What is held back, once no token follows. */
  flush(): string {
    return this.#held.length === 0 ? '' : this.#taken(this.#model.detokenize(this.#held, false, this.#previous));
  }

  #taken(text: string): string {
    this.#previous = this.#held;
    this.#held = [];
    return text;
  }
}
