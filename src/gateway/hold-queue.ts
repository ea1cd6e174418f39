import type { Clock } from '../std/clock.ts';

export type HoldEnd = 'ready' | 'expired' | 'full' | 'gone';

/**
 * Requests that wait for a replica of their model. Woken in order whenever something may have changed; one
 * that still finds nothing waits on, at its place.
 */
export class HoldQueue {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  held(key: string): number {
    return this.#waiting.get(key)?.size ?? 0;
  }

  /** Every key with requests that wait. */
  get keys(): Iterable<string> {
    return this.#waiting.keys();
  }

  /** Resolves 'ready' as soon as `isReady` says so after a wake; looks again by itself at `lookAgainAtMs()`. */
  wait(key: string, options: WaitOptions): Promise<HoldEnd> {
    const { isReady, deadlineMs, maxHeld, signal, lookAgainAtMs } = options;
    if (signal.aborted) return Promise.resolve('gone');
    if (isReady()) return Promise.resolve('ready');
    if (this.held(key) >= maxHeld) return Promise.resolve('full');
    return new Promise((resolve) => {
      const queue = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, queue);
      let timer = this.#clock.after(0, () => {});
      const end = (how: HoldEnd): void => {
        timer.cancel();
        signal.removeEventListener('abort', gone);
        queue.delete(look);
        if (queue.size === 0) this.#waiting.delete(key);
        resolve(how);
      };
      const gone = (): void => end('gone');
      const look = (): void => {
        if (isReady()) return end('ready');
        const nowMs = this.#clock.now();
        if (nowMs >= deadlineMs) return end('expired');
        timer.cancel();
        timer = this.#clock.after(Math.max(1, Math.min(deadlineMs, lookAgainAtMs()) - nowMs), look);
      };
      signal.addEventListener('abort', gone, { once: true });
      queue.add(look);
      look();
    });
  }

  /** Something changed for this key. */
  wake(key: string): void {
    for (const look of this.#waiting.get(key) ?? []) look();
  }
}

export interface WaitOptions {
  readonly isReady: () => boolean;
  readonly deadlineMs: number;
  readonly maxHeld: number;
  readonly signal: AbortSignal;
  /** Infinity when only a wake can change anything. */
  readonly lookAgainAtMs: () => number;
}
