import type { Pod } from '../../api/schema/core-v1.ts';
import { MetricFailure } from './metric-failure.ts';
import { groupPods } from './pod-groups.ts';
import type { PodSample, PodSamples, ReadinessPeriods } from './pod-groups.ts';
import { podRequests } from './pod-requests.ts';
import { isWithin } from './tolerances.ts';
import type { Tolerances } from './tolerances.ts';
import { averageUsage, utilizationUsage } from './usage-ratio.ts';
import type { Usage } from './usage-ratio.ts';

export interface PodMetricInput {
  /** spec.replicas of the target's scale. */
  readonly currentReplicas: number;
  /** All pods that the scale's selector selects. */
  readonly pods: readonly Pod[];
  readonly samples: PodSamples;
  readonly tolerances: Tolerances;
  readonly periods: ReadinessPeriods;
}

export interface ReplicaProposal {
  readonly replicas: number;
  readonly usage: Usage;
}

/** For a utilisation target in percent of the requests. Throws MetricFailure. */
export function replicasForUtilization(
  input: PodMetricInput,
  target: { readonly resource: string; readonly container: string; readonly utilization: number },
): ReplicaProposal {
  return replicasForPods(input, target.resource, () => {
    const requests = podRequests(input.pods, target.container, target.resource);
    const fallback = BigInt(Math.max(100, target.utilization));
    return {
      measure: (samples) => utilizationUsage(samples, requests, target.utilization),
      // A pod without a sample may be using all it asked for: never take a replica away on its account.
      valueWhenScalingDown: (pod) => ((requests.get(pod) ?? 0n) * fallback) / 100n,
    };
  });
}

/**
 * For a target that is a mean per pod in thousandths. `resource` is '' for Pods metrics.
 * Throws MetricFailure.
 */
export function replicasForAverage(
  input: PodMetricInput,
  target: { readonly resource: string; readonly averageValue: bigint },
): ReplicaProposal {
  return replicasForPods(input, target.resource, () => ({
    measure: (samples) => averageUsage(samples, target.averageValue),
    valueWhenScalingDown: () => target.averageValue,
  }));
}

interface Measure {
  readonly measure: (samples: ReadonlyMap<string, PodSample>) => Usage;
  readonly valueWhenScalingDown: (pod: string) => bigint;
}

/**
 * The rule all pod metrics share: a first ratio from the pods that can be read, then, when some
 * cannot, a second one in which they count for whatever damps the move. That is how replicas that
 * are still starting count as supply. Upstream: replica_calculator.go GetResourceReplicas, calcPlainMetricReplicas.
 */
function replicasForPods(input: PodMetricInput, resource: string, prepare: () => Measure): ReplicaProposal {
  const { currentReplicas, pods, tolerances } = input;
  if (pods.length === 0) throw new MetricFailure('no pods returned by selector while calculating replica count');
  const groups = groupPods(pods, input.samples, resource, input.periods);
  const samples = new Map(input.samples);
  for (const pod of [...groups.ignored, ...groups.unready]) samples.delete(pod);
  if (samples.size === 0) throw new MetricFailure('did not receive metrics for targeted pods (pods might be unready)');

  const { measure, valueWhenScalingDown } = prepare();
  const usage = measure(samples);
  const { ratio } = usage;
  const scalesUpWithUnready = groups.unready.size > 0 && ratio > 1;
  if (!scalesUpWithUnready && groups.missing.size === 0) {
    if (isWithin(tolerances, ratio)) return { replicas: currentReplicas, usage };
    return { replicas: ceilReplicas(ratio * groups.readyPodCount), usage };
  }

  const assumed = (value: bigint): PodSample => ({ value, timestamp: 0, windowMs: 0 });
  if (ratio < 1) for (const pod of groups.missing) samples.set(pod, assumed(valueWhenScalingDown(pod)));
  else if (ratio > 1) for (const pod of groups.missing) samples.set(pod, assumed(0n));
  if (scalesUpWithUnready) for (const pod of groups.unready) samples.set(pod, assumed(0n));

  const damped = measure(samples).ratio;
  const turned = (ratio < 1 && damped > 1) || (ratio > 1 && damped < 1);
  if (isWithin(tolerances, damped) || turned) return { replicas: currentReplicas, usage };
  const replicas = ceilReplicas(damped * samples.size);
  const moves = (damped < 1 && replicas > currentReplicas) || (damped > 1 && replicas < currentReplicas);
  return { replicas: moves ? currentReplicas : replicas, usage };
}

const maxInt32 = 2_147_483_647;

/** Up to a whole replica; what int32 cannot hold is its maximum. */
export function ceilReplicas(replicas: number): number {
  return Math.min(maxInt32, Math.ceil(replicas));
}
