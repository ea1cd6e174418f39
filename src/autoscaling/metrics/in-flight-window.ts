/** A mean over the latest rounds. Times are milliseconds since the epoch. */
export interface WindowedValue {
  readonly mean: number;
  /** Of the latest round in the mean. */
  readonly timestamp: number;
  readonly windowMs: number;
}

interface Round {
  readonly at: number;
  readonly values: ReadonlyMap<string, number>;
}

/**
 * Smooths a gauge over a few rounds: requests of a language model come in bunches, and an autoscaler that
 * looks every fifteen seconds would answer whichever instant it happens to see.
 */
export class InFlightWindow {
  readonly #windowMs: number;
  #rounds: readonly Round[] = [];

  constructor({ windowMs }: { readonly windowMs: number }) {
    this.#windowMs = windowMs;
  }

  record(values: ReadonlyMap<string, number>, at: number): void {
    this.#rounds = [...this.#rounds.filter((round) => round.at > at - this.#windowMs), { at, values }];
  }

  /** Undefined when the latest round does not know the key, or is older than the window itself. */
  read(key: string, now: number): WindowedValue | undefined {
    const latest = this.#rounds.at(-1);
    if (latest === undefined || latest.at < now - this.#windowMs || !latest.values.has(key)) return undefined;
    const known = this.#rounds.filter(({ at, values }) => at > latest.at - this.#windowMs && values.has(key));
    const total = known.reduce((sum, { values }) => sum + (values.get(key) ?? 0), 0);
    return { mean: total / known.length, timestamp: latest.at, windowMs: latest.at - (known[0]?.at ?? latest.at) };
  }
}
