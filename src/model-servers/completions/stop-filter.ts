/**
 * Cuts a stream of text before the first stop text. What could be the beginning of one is held back until the next
 * piece decides, so that nothing of a stop text is ever sent.
 */
export class StopFilter {
  readonly #stops: readonly string[];
  #held = '';

  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** The text that is safe to send, and whether a stop text was found: then the answer is over. */
  push(text: string): { readonly text: string; readonly stopped: boolean } {
    const pending = this.#held + text;
    const found = this.#stops.map((stop) => pending.indexOf(stop)).filter((index) => index >= 0);
    if (found.length > 0) {
      this.#held = '';
      return { text: pending.slice(0, Math.min(...found)), stopped: true };
    }
    const hold = Math.max(0, ...this.#stops.map((stop) => overlap(pending, stop)));
    this.#held = pending.slice(pending.length - hold);
    return { text: pending.slice(0, pending.length - hold), stopped: false };
  }

  /** What was held back, once the answer ended without a stop text. */
  flush(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}

/** The length of the longest end of `text` that is a proper beginning of `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
