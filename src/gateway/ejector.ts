import { secondMs, type Clock } from '../std/clock.ts';

/** A refused connection comes from a process that restarts: it is asked again soon. */
const firstRestMs = 250;
const maxRestMs = 10 * secondMs;

interface Record {
  readonly failures: number;
  readonly untilMs: number;
}

/**
 * Leaves replicas that failed alone for a while: 250 ms, doubling to 10 s with each failure in a row.
 * One success forgets it all. It only advises: when everything rests, the caller waits for the first to come back.
 */
export class Ejector {
  readonly #clock: Clock;
  readonly #records = new Map<string, Record>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isResting(id: string): boolean {
    const record = this.#records.get(id);
    return record !== undefined && record.untilMs > this.#clock.now();
  }

  failed(id: string): void {
    const failures = (this.#records.get(id)?.failures ?? 0) + 1;
    const restMs = Math.min(maxRestMs, firstRestMs * 2 ** (failures - 1));
    this.#records.set(id, { failures, untilMs: this.#clock.now() + restMs });
  }

  succeeded(id: string): void {
    this.#records.delete(id);
  }

  /** When the first of these may be asked again; now, when one of them does not rest. */
  nextReturnMs(ids: readonly string[]): number {
    return Math.min(...ids.map((id) => this.#records.get(id)?.untilMs ?? 0));
  }

  retain(ids: ReadonlySet<string>): void {
    for (const id of this.#records.keys()) if (!ids.has(id)) this.#records.delete(id);
  }
}
