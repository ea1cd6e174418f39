import { backoffMs } from '../std/backoff.ts';
import type { Clock, Timer } from '../std/clock.ts';
import { TokenBucket } from '../std/token-bucket.ts';

// client-go util/workqueue/default_rate_limiters.go
const itemBackoff = { baseMs: 5, maxMs: 1_000_000 };
const overall = { perSecond: 10, burst: 100 };

/**
 * A queue of keys, each at most once in it and never given out twice at the same time: a key that is
 * added while it is being worked on comes back when that is finished. Order of arrival.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #waiting = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #addedMeanwhile = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, { readonly atMs: number; readonly timer: Timer }>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #isShutDown = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(clock, overall);
  }

  /** Keys that wait for a worker; neither delayed ones nor those in work. */
  get size(): number {
    return this.#waiting.size;
  }

  /** True when nothing waits, is delayed or is in work. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#processing.size === 0 && this.#delayed.size === 0;
  }

  add(key: string): void {
    if (this.#isShutDown) return;
    if (this.#processing.has(key)) return void this.#addedMeanwhile.add(key);
    const taker = this.#takers.shift();
    if (taker === undefined) return void this.#waiting.add(key);
    this.#processing.add(key);
    taker(key);
  }

  /** Adds the key then; the earliest wins when it is delayed already. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isShutDown) return;
    if (delayMs <= 0) return this.add(key);
    const atMs = this.#clock.now() + delayMs;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.atMs <= atMs) return;
    earlier?.timer.cancel();
    const timer = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { atMs, timer });
  }

  /** Adds the key after a delay that doubles with each failure of it, within what the whole queue may retry. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.max(backoffMs(failures, itemBackoff), this.#bucket.reserveMs()));
  }

  /** How often the key was rate limited since it was last forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Ends the key's back-off. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, which then is in work until `done`; undefined when the queue is shut down. */
  next(): Promise<string | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined);
    for (const key of this.#waiting) {
      this.#waiting.delete(key);
      this.#processing.add(key);
      return Promise.resolve(key);
    }
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: string): void {
    this.#processing.delete(key);
    if (this.#addedMeanwhile.delete(key)) this.add(key);
  }

  /** Drops what waits; workers get undefined. */
  shutDown(): void {
    this.#isShutDown = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#addedMeanwhile.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }
}
