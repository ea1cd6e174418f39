import { secondMs } from '../std/clock.ts';

// MaxCrashLoopBackOff, MaxImageBackOff and their base, without jitter.
const baseMs = 10 * secondMs;
const maxMs = 300 * secondMs;

interface Entry {
  readonly backoffMs: number;
  readonly steppedAtMs: number;
}

/**
 * How long what keeps failing waits. A container: the first restart is immediate, then 10, 20, 40 … 300 s
 * after it finished, and anew for one that finished more than ten minutes after the last step. Image pulls
 * go by the time of the failure. Upstream: doBackOff in kuberuntime_manager.go, client-go util/flowcontrol.
 */
export class RetryBackoff {
  readonly #entries = new Map<string, Entry>();

  /** Milliseconds since the epoch at which the next try may come, counted from `sinceMs`; undefined: now. */
  waitsUntil(key: string, sinceMs: number, nowMs: number): number | undefined {
    const entry = this.#current(key, sinceMs);
    if (entry === undefined || nowMs - sinceMs >= entry.backoffMs) return undefined;
    return sinceMs + entry.backoffMs;
  }

  /** The wait that applies now, in milliseconds. */
  backoffMs(key: string): number {
    return this.#entries.get(key)?.backoffMs ?? 0;
  }

  /** It is tried again (or a pull has failed again): the next time it waits longer. */
  step(key: string, sinceMs: number, nowMs: number): void {
    const entry = this.#current(key, sinceMs);
    const backoffMs = entry === undefined ? baseMs : Math.min(2 * entry.backoffMs, maxMs);
    this.#entries.set(key, { backoffMs, steppedAtMs: nowMs });
  }

  #current(key: string, sinceMs: number): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || sinceMs - entry.steppedAtMs > 2 * maxMs ? undefined : entry;
  }
}
