import type { Clock, Timer } from '../std/clock.ts';

/** The longest delay that setTimeout takes: beyond it Node fires after one millisecond. */
const longestDelayMs = 2 ** 31 - 1;

/** The machine's clock. Its timers keep the process alive until they ran or were cancelled. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    return startTimer(delayMs, run, (callback, ms) => setTimeout(callback, ms));
  },
};

/** Exported for its test: `set` is setTimeout. Below zero is zero; what is no number is a bug. */
export function startTimer(
  delayMs: number,
  run: () => void,
  set: (callback: () => void, delayMs: number) => NodeJS.Timeout,
): Timer {
  if (!Number.isFinite(delayMs)) throw new RangeError(`bug: a delay of ${delayMs} ms`);
  let remainingMs = delayMs > 0 ? delayMs : 0;
  let timeout: NodeJS.Timeout;
  const next = (): void => {
    const stepMs = Math.min(remainingMs, longestDelayMs);
    remainingMs -= stepMs;
    // Rounded up: a timer may be late, never early.
    timeout = set(remainingMs > 0 ? next : run, Math.ceil(stepMs));
  };
  next();
  return { cancel: () => clearTimeout(timeout) };
}
