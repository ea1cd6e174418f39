import type { Pod } from '../../api/schema/core-v1.ts';
import { MetricFailure } from './metric-failure.ts';
import { ceilReplicas } from './replica-rule.ts';
import { isWithin } from './tolerances.ts';
import type { Tolerances } from './tolerances.ts';

export interface ValueProposal {
  readonly replicas: number;
  /** What the status shows, in thousandths. */
  readonly usage: bigint;
}

/**
 * For a metric that is one number for the whole target (Object, External) with a Value target: the
 * ready pods times the ratio. From zero there is neither a pod nor a tolerance to reckon with.
 * Upstream: replica_calculator.go GetObjectMetricReplicas, getUsageRatioReplicaCount.
 */
export function replicasForValue(input: {
  readonly currentReplicas: number;
  readonly pods: readonly Pod[];
  readonly usage: bigint;
  readonly target: bigint;
  readonly tolerances: Tolerances;
}): ValueProposal {
  const { currentReplicas, pods, usage, target, tolerances } = input;
  const ratio = Number(usage) / Number(target);
  if (currentReplicas === 0) return { replicas: ceilReplicas(ratio), usage };
  if (isWithin(tolerances, ratio)) return { replicas: currentReplicas, usage };
  if (pods.length === 0)
    throw new MetricFailure(
      'unable to calculate ready pods: no pods returned by selector while calculating replica count',
    );
  return { replicas: ceilReplicas(ratio * pods.filter(isReady).length), usage };
}

const isReady = ({ status }: Pod): boolean =>
  status.phase === 'Running' &&
  status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;

/**
 * The same with an AverageValue target: the sum over the target, whatever the pods do.
 * Upstream: replica_calculator.go GetObjectPerPodMetricReplicas, GetExternalPerPodMetricReplicas.
 */
export function replicasForAverageOfValue(input: {
  /** status.replicas of the target's scale. */
  readonly statusReplicas: number;
  readonly usage: bigint;
  readonly target: bigint;
  readonly tolerances: Tolerances;
}): ValueProposal {
  const { statusReplicas, usage, target, tolerances } = input;
  const ratio = Number(usage) / (Number(target) * statusReplicas);
  const replicas = isWithin(tolerances, ratio) ? statusReplicas : ceilReplicas(Number(usage) / Number(target));
  return { replicas, usage: usage >= maxInt64 ? maxInt64 : ceilDivide(usage, BigInt(statusReplicas)) };
}

const maxInt64 = 9_223_372_036_854_775_807n;

/** The sum of an external metric's series, as far as int64 reaches. */
export function sumOfValues(values: readonly bigint[]): bigint {
  const total = values.reduce((sum, value) => sum + value, 0n);
  return total > maxInt64 ? maxInt64 : total;
}

function ceilDivide(value: bigint, by: bigint): bigint {
  if (by === 0n) return value > 0n ? maxInt64 : 0n;
  const quotient = value / by;
  return value > 0n && value % by !== 0n ? quotient + 1n : quotient;
}
