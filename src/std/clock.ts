/** Time as an argument. `host/` has the system's clock, `std/virtual-clock.ts` the twin's. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `run` once, `delayMs` from now, never synchronously. */
  after(delayMs: number, run: () => void): Timer;
}

export interface Timer {
  /** Stops a timer that has not run yet; otherwise does nothing. */
  cancel(): void;
}

/** Resolves after `delayMs`, or at once when `signal` aborts: look at the signal afterwards. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const finish = (): void => {
      signal?.removeEventListener('abort', finish);
      timer.cancel();
      resolve();
    };
    const timer = clock.after(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

export const secondMs = 1_000;
export const minuteMs = 60_000;
export const hourMs = 3_600_000;
