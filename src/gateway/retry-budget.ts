import type { LeavingSignal } from './leaving.ts';

/** Envoy's retry budget: at most a fifth of what is in flight may be second tries, but three always. */
const leastRetries = 3;
const share = 0.2;

/**
 * Lets second tries through a few at a time. When a replica dies with many requests, their tries wait here for one
 * another instead of falling on the remaining replicas at once, or failing.
 */
export class RetryBudget {
  readonly #inFlight: () => number;
  readonly #waiting: (() => void)[] = [];
  #active = 0;

  /** `inFlight` counts all requests, tries included. */
  constructor(inFlight: () => number) {
    this.#inFlight = inFlight;
  }

  get limit(): number {
    return Math.max(leastRetries, Math.floor(this.#inFlight() * share));
  }

  /** Resolves with the way to give the place back, first come first served; with undefined when the signal aborts. */
  async acquire(signal: LeavingSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    if (this.#active >= this.limit) await this.#turn(signal);
    else this.#active++;
    if (signal.aborted) return undefined;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#release();
    };
  }

  #turn(signal: LeavingSignal): Promise<void> {
    return new Promise((resolve) => {
      const take = (): void => {
        signal.removeEventListener('abort', leave);
        this.#active++;
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(take);
    });
  }

  #release(): void {
    this.#active--;
    while (this.#active < this.limit && this.#waiting.length > 0) this.#waiting.shift()?.();
  }
}
