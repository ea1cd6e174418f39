/** What of AbortSignal whoever waits for somebody needs; AbortSignal is one. */
export interface LeavingSignal {
  readonly aborted: boolean;
  /** Called once, when it aborts; never when it has already. */
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * A signal for every request. The platform's own is an EventTarget, which is dear to make and whose every listener walks
 * past all others. An array and no Set: each time a Set that lives long is laid out anew, what it once held goes with it
 * to the old generation, which doubled what a request costs here.
 */
export class Leaving implements LeavingSignal {
  readonly #listeners: (() => void)[] = [];
  #aborted = false;

  get aborted(): boolean {
    return this.#aborted;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.#aborted) this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const at = this.#listeners.lastIndexOf(listener);
    if (at !== -1) this.#listeners.splice(at, 1);
  }

  /** Tells everybody, in the order in which they asked; again does nothing. */
  abort(): void {
    this.#aborted = true;
    for (let next = this.#listeners.shift(); next !== undefined; next = this.#listeners.shift()) next();
  }
}
