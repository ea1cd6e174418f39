import { findCondition } from '../../api/conditions.ts';
import { isPodAvailable, isPodReady, readyCondition } from '../../api/core/v1/pod-readiness.ts';
import { matchesLabels, selectorOfLabels } from '../../api/label-selector.ts';
import type { ReplicaSet, ReplicaSetStatus } from '../../api/schema/apps-v1.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { failedCreate, failedDelete, replicaFailure } from './reasons.ts';

export interface Counted {
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  /** What went wrong while pods were made or deleted. */
  readonly failure: string | undefined;
  readonly nowMs: number;
}

/** Upstream: calculateStatus in replica_set_utils.go. */
export function statusOf(replicaSet: ReplicaSet, { active, terminating, failure, nowMs }: Counted): ReplicaSetStatus {
  const { spec, status, metadata } = replicaSet;
  const templateLabels = selectorOfLabels(spec.template.metadata.labels);
  const { conditions: _, ...rest } = status;
  const conditions = conditionsOf(replicaSet, { active, failure, nowMs });
  return {
    ...rest,
    replicas: active.length,
    fullyLabeledReplicas: count(active, (pod) => matchesLabels(templateLabels, pod.metadata.labels)),
    readyReplicas: count(active, isPodReady),
    availableReplicas: count(active, (pod) => isPodAvailable(pod, spec.minReadySeconds ?? 0, nowMs)),
    terminatingReplicas: terminating.length,
    observedGeneration: metadata.generation,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** A failure is told once, with its first message, until all goes well again. */
function conditionsOf(
  { spec, status }: ReplicaSet,
  { active, failure, nowMs }: Pick<Counted, 'active' | 'failure' | 'nowMs'>,
): NonNullable<ReplicaSetStatus['conditions']> {
  const conditions = status.conditions ?? [];
  if (failure === undefined) return conditions.filter(({ type }) => type !== replicaFailure);
  if (findCondition(conditions, replicaFailure) !== undefined) return conditions;
  const reason = active.length < (spec.replicas ?? 1) ? failedCreate : failedDelete;
  const lastTransitionTime = timestamp(nowMs);
  return [...conditions, { type: replicaFailure, status: 'True', lastTransitionTime, reason, message: failure }];
}

/** Whether a write would change anything; counts of zero and absent ones are the same. */
export function isSameStatus(a: ReplicaSetStatus, b: ReplicaSetStatus): boolean {
  return (
    a.replicas === b.replicas &&
    (a.fullyLabeledReplicas ?? 0) === (b.fullyLabeledReplicas ?? 0) &&
    (a.readyReplicas ?? 0) === (b.readyReplicas ?? 0) &&
    (a.availableReplicas ?? 0) === (b.availableReplicas ?? 0) &&
    a.terminatingReplicas === b.terminatingReplicas &&
    a.observedGeneration === b.observedGeneration &&
    JSON.stringify(a.conditions ?? []) === JSON.stringify(b.conditions ?? [])
  );
}

/** How long until the next ready pod has been so for minReadySeconds; undefined when there is none to wait for. */
export function nextAvailableInMs(pods: readonly Pod[], minReadySeconds: number, nowMs: number): number | undefined {
  const waits = pods
    .filter(isPodReady)
    .map((pod) => Date.parse(readyCondition(pod)?.lastTransitionTime ?? '') + minReadySeconds * 1000 - nowMs)
    .filter((waitMs) => waitMs > 0);
  return waits.length === 0 ? undefined : Math.min(...waits);
}

const count = (pods: readonly Pod[], holds: (pod: Pod) => boolean): number => pods.filter(holds).length;
