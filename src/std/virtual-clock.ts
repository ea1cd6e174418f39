import type { Clock, Timer } from './clock.ts';
import { Heap } from './heap.ts';

interface Entry {
  readonly atMs: number;
  readonly sequence: number;
  /** Undefined once cancelled or run. */
  run: (() => void) | undefined;
}

/** A chain of this many zero delays is an endless loop. */
const roundsAtOneInstantMax = 100_000;

/**
 * Time that moves only when told to. Events run in the order of (time, sequence); between two
 * instants all promises settle through `drain`, so whatever an instant causes without further
 * delay happens at that instant.
 */
export class VirtualClock implements Clock {
  readonly #drain: () => Promise<void>;
  readonly #heap = new Heap<Entry>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence));
  #nowMs: number;
  #sequence = 0;
  #cancelled = 0;
  #isRunning = false;
  #drains = 0;
  #events = 0;

  /** `drain` resolves when no promise is left to settle, in Node a `setImmediate`. */
  constructor({ drain, startMs = 0 }: { readonly drain: () => Promise<void>; readonly startMs?: number }) {
    this.#drain = drain;
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    if (!Number.isFinite(delayMs)) throw new RangeError(`bug: a delay of ${delayMs} ms`);
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence++, run };
    this.#heap.push(entry);
    return { cancel: () => this.#cancel(entry) };
  }

  /** When the next event runs, or undefined when none is waiting. */
  get nextMs(): number | undefined {
    for (let first = this.#heap.peek(); first !== undefined; first = this.#heap.peek()) {
      if (first.run !== undefined) return first.atMs;
      this.#heap.pop();
      this.#cancelled--;
    }
    return undefined;
  }

  advance(durationMs: number): Promise<void> {
    return this.runUntil(this.#nowMs + durationMs);
  }

  /** Runs everything up to and at `endMs`, which then is the time. */
  async runUntil(endMs: number): Promise<void> {
    if (!Number.isFinite(endMs)) throw new RangeError(`bug: running until ${endMs} ms`);
    await this.#run(() => {
      const nextMs = this.nextMs;
      return nextMs !== undefined && nextMs <= endMs;
    });
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /** Runs until `isReached` holds after an instant settled; false when `limitMs` of virtual time pass before. */
  async runUntilTrue(isReached: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#nowMs + limitMs;
    await this.#run(() => {
      const nextMs = this.nextMs;
      return !isReached() && nextMs !== undefined && nextMs <= endMs;
    });
    if (isReached()) return true;
    this.#nowMs = endMs;
    return false;
  }

  /** Lets all promises settle and runs what is due now, without moving time. */
  settle(): Promise<void> {
    return this.runUntil(this.#nowMs);
  }

  /** How often promises were drained and how many events ran, for benches. */
  get counts(): { readonly drains: number; readonly events: number } {
    return { drains: this.#drains, events: this.#events };
  }

  async #run(hasNext: () => boolean): Promise<void> {
    if (this.#isRunning) throw new Error('bug: the virtual clock is already being run');
    this.#isRunning = true;
    try {
      let rounds = 0;
      for (await this.#drained(); hasNext(); await this.#drained()) {
        const nextMs = this.nextMs!;
        rounds = nextMs === this.#nowMs ? rounds + 1 : 0;
        if (rounds > roundsAtOneInstantMax) throw new Error('bug: time stands still in a loop of zero delays');
        this.#nowMs = nextMs;
        this.#runInstant();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Only what was waiting: an event added with no delay runs after the promises have settled. */
  #runInstant(): void {
    const end = this.#sequence;
    while (this.nextMs === this.#nowMs && this.#heap.peek()!.sequence < end) {
      const entry = this.#heap.pop()!;
      const run = entry.run!;
      entry.run = undefined;
      this.#events++;
      run();
    }
  }

  async #drained(): Promise<void> {
    this.#drains++;
    await this.#drain();
  }

  #cancel(entry: Entry): void {
    if (entry.run === undefined) return;
    entry.run = undefined;
    this.#cancelled++;
    // Timeouts that nearly always get cancelled must not fill the heap.
    if (this.#cancelled < 64 || this.#cancelled * 2 < this.#heap.size) return;
    this.#heap.retain(({ run }) => run !== undefined);
    this.#cancelled = 0;
  }
}
