/** At most this many retries at once, or this share of what is in flight if that is more (Envoy's budget). */
const minConcurrent = 3;
const share = 0.2;

/**
 * Keeps a failure from doubling the load: retries beyond the budget wait for their turn instead of
 * being dropped. First come, first served.
 */
export class RetryBudget {
  readonly #inFlight: () => number;
  readonly #waiting: (() => void)[] = [];
  #active = 0;

  constructor(inFlight: () => number) {
    this.#inFlight = inFlight;
  }

  get active(): number {
    return this.#active;
  }

  /** Resolves when the retry may go out; call the result when it has ended. */
  async acquire(): Promise<() => void> {
    if (this.#active >= this.#limit()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#active++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      // The place goes straight to the next one, so that nobody overtakes.
      const next = this.#waiting.shift();
      if (next === undefined) this.#active--;
      else next();
    };
  }

  #limit(): number {
    return Math.max(minConcurrent, Math.floor(this.#inFlight() * share));
  }
}
