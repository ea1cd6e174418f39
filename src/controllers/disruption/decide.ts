import { withCondition } from '../../api/conditions.ts';
import { isPodReady } from '../../api/core/v1/pod-readiness.ts';
import { scaledValue } from '../../api/int-or-string.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/schema/policy-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { minuteMs } from '../../std/clock.ts';
import { disruptionAllowed, insufficientPods, sufficientPods, syncFailed } from './reasons.ts';

/** An evicted pod is expected to be seen as being deleted within this time (upstream DeletionTimeout). */
export const deletionTimeoutMs: number = 2 * minuteMs;

export interface Observed {
  readonly budget: PodDisruptionBudget;
  /** Those that it selects. */
  readonly pods: readonly Pod[];
  /** The wanted size of each controller of these pods, by its uid; looked at only where the budget needs it. */
  readonly scales: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

export interface Plan {
  readonly status: PodDisruptionBudgetStatus;
  /** Noted as disrupted for too long, but still there. */
  readonly notDeleted: readonly Pod[];
  /** When the next of the noted pods counts again. */
  readonly recheckInMs: number | undefined;
}

/** Whether the budget is measured against the sizes of the pods' controllers, or by the pods alone. */
export const needsScales = ({ spec }: PodDisruptionBudget): boolean =>
  spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string';

/** Throws an Error with Kubernetes' message when a percentage cannot be read. */
export function decide({ budget, pods, scales, nowMs }: Observed): Plan {
  const { expectedPods, desiredHealthy } = expectation(budget, pods, scales);
  const { disruptedPods, notDeleted, recheckInMs } = stillDisrupted(budget, pods, nowMs);
  const currentHealthy = pods.filter((pod) => isHealthy(pod, disruptedPods, nowMs)).length;
  const allowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const { generation = 0 } = budget.metadata;
  const condition = {
    type: disruptionAllowed,
    status: allowed > 0 ? 'True' : 'False',
    reason: allowed > 0 ? sufficientPods : insufficientPods,
    message: '',
    observedGeneration: generation,
  };
  return {
    status: {
      ...(generation === 0 ? {} : { observedGeneration: generation }),
      ...(disruptedPods.size === 0 ? {} : { disruptedPods: Object.fromEntries(disruptedPods) }),
      disruptionsAllowed: allowed,
      currentHealthy,
      desiredHealthy,
      expectedPods,
      conditions: withSaying(budget, condition, nowMs),
    },
    notDeleted,
    recheckInMs,
  };
}

/** When the pods cannot be counted nothing may be evicted. Upstream: failSafe. */
export function failSafe(budget: PodDisruptionBudget, message: string, nowMs: number): PodDisruptionBudgetStatus {
  const condition = {
    type: disruptionAllowed,
    status: 'False',
    reason: syncFailed,
    message,
    observedGeneration: budget.status.observedGeneration ?? 0,
  };
  return { ...budget.status, disruptionsAllowed: 0, conditions: withSaying(budget, condition, nowMs) };
}

type Conditions = NonNullable<PodDisruptionBudgetStatus['conditions']>;
type Saying = Omit<Conditions[number], 'lastTransitionTime'>;

function withSaying(
  { status }: PodDisruptionBudget,
  { observedGeneration = 0, ...saying }: Saying,
  nowMs: number,
): Conditions {
  const now = timestamp(nowMs);
  const generation = observedGeneration === 0 ? {} : { observedGeneration };
  const old = status.conditions?.find(({ type }) => type === saying.type);
  const lastTransitionTime = old?.status === saying.status ? old.lastTransitionTime : now;
  return withCondition(status.conditions, { ...saying, ...generation, lastTransitionTime }, now);
}

/** Upstream: getExpectedPodCount. */
function expectation(
  { spec }: PodDisruptionBudget,
  pods: readonly Pod[],
  scales: ReadonlyMap<string, number>,
): { readonly expectedPods: number; readonly desiredHealthy: number } {
  const { maxUnavailable, minAvailable } = spec;
  const scale = [...scales.values()].reduce((sum, size) => sum + size, 0);
  if (maxUnavailable !== undefined)
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - scaledValue(maxUnavailable, scale, 'up')) };
  if (typeof minAvailable === 'number') return { expectedPods: pods.length, desiredHealthy: minAvailable };
  if (minAvailable !== undefined)
    return { expectedPods: scale, desiredHealthy: scaledValue(minAvailable, scale, 'up') };
  return { expectedPods: 0, desiredHealthy: 0 };
}

function isHealthy(pod: Pod, disruptedPods: ReadonlyMap<string, string>, nowMs: number): boolean {
  if (pod.metadata.deletionTimestamp !== undefined || !isPodReady(pod)) return false;
  const disrupted = disruptedPods.get(pod.metadata.name);
  return disrupted === undefined || Date.parse(disrupted) + deletionTimeoutMs <= nowMs;
}

/** The notes of evictions that have not been seen through yet. Upstream: buildDisruptedPodMap. */
function stillDisrupted(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  nowMs: number,
): { disruptedPods: ReadonlyMap<string, string>; notDeleted: readonly Pod[]; recheckInMs: number | undefined } {
  const disruptedPods = new Map<string, string>();
  const notes = new Map(Object.entries(status.disruptedPods ?? {}));
  const notDeleted: Pod[] = [];
  let recheckInMs: number | undefined;
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const noted = notes.get(name);
    if (noted === undefined || deletionTimestamp !== undefined) continue;
    const leftMs = Date.parse(noted) + deletionTimeoutMs - nowMs;
    if (leftMs < 0) {
      notDeleted.push(pod);
      continue;
    }
    disruptedPods.set(name, noted);
    recheckInMs = Math.min(recheckInMs ?? leftMs, leftMs);
  }
  // A millisecond more, as a note that is just as old as allowed still counts.
  return { disruptedPods, notDeleted, recheckInMs: recheckInMs === undefined ? undefined : recheckInMs + 1 };
}
