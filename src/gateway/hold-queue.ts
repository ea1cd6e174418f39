import type { Clock } from '../std/clock.ts';
import type { LeavingSignal } from './leaving.ts';

/** Requests of one model that wait for a replica, in the order of their coming, up to a limit. */
export class HoldQueue {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get length(): number {
    return this.#waiting.size;
  }

  /** Resolves at the next `wake`, after `waitMs`, or when a signal aborts: whoever waited looks for itself what is there. */
  wait(waitMs: number, ...signals: readonly LeavingSignal[]): Promise<void> {
    return new Promise((resolve) => {
      if (signals.some(({ aborted }) => aborted)) return resolve();
      const leave = (): void => {
        this.#waiting.delete(leave);
        for (const signal of signals) signal.removeEventListener('abort', leave);
        timer.cancel();
        resolve();
      };
      const timer = this.#clock.after(waitMs, leave);
      for (const signal of signals) signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(leave);
    });
  }

  /** Something changed: all look again, the first to come first. */
  wake(): void {
    if (this.#waiting.size > 0) for (const leave of Array.from(this.#waiting)) leave();
  }
}
