import { ApiError, badRequest } from '../../api/error.ts';
import { secondMs, sleep } from '../../std/clock.ts';
import type { Registry } from '../registry/registry.ts';

/** The revision that a client names; 0 for `` and `0`. Throws BadRequest. */
export function revisionOf(resourceVersion: string): number {
  if (resourceVersion === '') return 0;
  const value = /^[0-9]{1,19}$/.test(resourceVersion) ? Number(resourceVersion) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  const quoted = JSON.stringify(resourceVersion);
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
  );
}

// apiserver pkg/storage/cacher: blockTimeout.
const waitMs = 3 * secondMs;

/** Waits a little for a revision that is not reached yet. Rejects with Timeout; clients look for the cause's text. */
export async function reached({ store, clock }: Registry, revision: number, signal: AbortSignal): Promise<void> {
  const deadline = clock.now() + waitMs;
  while (store.revision < revision && clock.now() < deadline && !signal.aborted) await sleep(clock, 50, signal);
  if (store.revision >= revision) return;
  throw new ApiError('Timeout', `Timeout: Too large resource version: ${revision}, current: ${store.revision}`, {
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}
