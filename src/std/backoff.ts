import type { Random } from './random.ts';

/** Doubling delays: base, 2·base, 4·base … and never more than max, all in milliseconds. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** The delay after `failures` earlier ones: 0 gives the base. */
export function backoffMs(failures: number, { baseMs, maxMs }: Backoff): number {
  let delayMs = baseMs;
  for (let i = 0; i < failures && delayMs < maxMs; i++) delayMs *= 2;
  return Math.min(delayMs, maxMs);
}

/** Between the delay and (1 + factor) times it, so that many do not come at once. */
export function jittered(delayMs: number, factor: number, random: Random): number {
  return delayMs * (1 + random.next() * factor);
}
