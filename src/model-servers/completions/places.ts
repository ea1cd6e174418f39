import { RequestError } from '../openai-http/request-error.ts';

interface Waiter {
  readonly enter: () => void;
}

/**
 * The places at an engine and the line before them: first come, first served, and a bounded line, because a request
 * that would wait for minutes is better tried elsewhere.
 */
export class Places {
  readonly #total: number;
  readonly #maxWaiting: number;
  readonly #line: Waiter[] = [];
  #taken = 0;

  constructor(total: number, maxWaiting: number) {
    this.#total = total;
    this.#maxWaiting = maxWaiting;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#line.length;
  }

  /**
   * Resolves to the function that gives the place back (calling it again does nothing). Throws RequestError 429 at once when
   * the line is full, and the signal's reason when it aborts while waiting.
   */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#taken < this.#total) {
      this.#taken++;
      return this.#leaver();
    }
    if (this.#line.length >= this.#maxWaiting) {
      throw new RequestError(429, `the server is busy: ${this.#line.length} requests wait already`, {
        type: 'rate_limit_error',
        code: 'rate_limit_exceeded',
        headers: { 'retry-after': '1' },
      });
    }
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        this.#line.splice(this.#line.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        enter: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#line.push(waiter);
    });
    return this.#leaver();
  }

  /** The place passes to the first in line without ever being free, so that nobody overtakes. */
  #leaver(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#line.shift();
      if (next === undefined) this.#taken--;
      else next.enter();
    };
  }
}
