import { MetricFailure } from './metric-failure.ts';
import type { PodSample } from './pod-groups.ts';

export interface Usage {
  /** Observed over wanted: above 1 there are too few replicas. */
  readonly ratio: number;
  /** Mean over the pods, in thousandths, rounded down. */
  readonly average: bigint;
  /** Percent of the requests; only where the target is a utilisation. */
  readonly utilization?: number;
}

/**
 * All usage over all requests, in whole percent: the rounding is upstream's, and decides ties.
 * Upstream: pkg/controller/podautoscaler/metrics/utilization.go.
 */
export function utilizationUsage(
  samples: ReadonlyMap<string, PodSample>,
  requests: ReadonlyMap<string, bigint>,
  targetUtilization: number,
): Usage {
  let used = 0n;
  let requested = 0n;
  let entries = 0n;
  for (const [pod, { value }] of samples) {
    const request = requests.get(pod);
    if (request === undefined) continue;
    used += value;
    requested += request;
    entries++;
  }
  if (requested === 0n) throw new MetricFailure('no metrics returned matched known pods');
  const utilization = Number((used * 100n) / requested);
  return { ratio: utilization / targetUtilization, average: used / entries, utilization };
}

/** The mean over the pods against a target, both in thousandths. `samples` is not empty. */
export function averageUsage(samples: ReadonlyMap<string, PodSample>, target: bigint): Usage {
  let total = 0n;
  for (const { value } of samples.values()) total += value;
  const average = total / BigInt(samples.size);
  return { ratio: Number(average) / Number(target), average };
}
