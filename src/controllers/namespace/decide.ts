import type { Pod } from '../../api/schema/core-v1.ts';
import { isPodTerminal } from '../../api/core/v1/pod-readiness.ts';
import type { Remainder } from './conditions.ts';

/** Expected for objects that wait for a finalizer. */
const finalizerEstimateSeconds = 15;

/** When to look again, in milliseconds; undefined when nothing is left. Upstream: ResourcesRemainingError. */
export function nextLookInMs(
  remainders: readonly Remainder[],
  { graceSeconds }: { readonly graceSeconds: number },
): number | undefined {
  const left = remainders.filter(({ count }) => count > 0);
  if (left.length === 0) return undefined;
  const hasFinalizers = left.some(({ finalizers }) => Object.keys(finalizers).length > 0);
  const estimateSeconds = Math.max(graceSeconds, hasFinalizers ? finalizerEstimateSeconds : 0);
  return (Math.floor(estimateSeconds / 2) + 1) * 1000;
}

/** The longest grace of a pod that still runs, as long as it is not over. Upstream: estimateGracefulTermination. */
export function graceOf(
  pods: readonly Pod[],
  { deletedMs, nowMs }: { readonly deletedMs: number; readonly nowMs: number },
): number {
  const graces = pods.filter((pod) => !isPodTerminal(pod)).map(({ spec }) => spec.terminationGracePeriodSeconds ?? 0);
  const longest = Math.max(0, ...graces);
  return nowMs - deletedMs >= longest * 1000 ? 0 : longest;
}
