import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/schema/apps-v1.ts';
import { secondMs } from '../../std/clock.ts';
import { type Conditions, type Saying, conditionOf, withSaying, without } from './conditions.ts';
import { desiredReplicas } from './fenceposts.ts';
import {
  deploymentPaused,
  deploymentResumed,
  newReplicaSetAvailable,
  progressDeadlineExceeded,
  progressing,
  replicaFailure,
  replicaSetUpdated,
} from './reasons.ts';

/** The largest int32 means forever. */
const forever = 2 ** 31 - 1;

export function progressDeadlineMs({ spec }: Deployment): number | undefined {
  const { progressDeadlineSeconds } = spec;
  return progressDeadlineSeconds === undefined || progressDeadlineSeconds === forever
    ? undefined
    : progressDeadlineSeconds * 1000;
}

/** Every pod is of the new template and available, and no other is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredReplicas(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** More updated, fewer old, more ready or more available pods than before. */
export function isProgressing({ status: before }: Deployment, now: DeploymentStatus): boolean {
  const oldPods = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number => replicas - updatedReplicas;
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldPods(now) < oldPods(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** A pause stops the clock of the deadline, unless the deadline has passed already. Upstream: checkPausedConditions. */
export function withPause(deployment: Deployment, conditions: Conditions, now: string): Conditions {
  const current = conditions.find(({ type }) => type === progressing);
  if (progressDeadlineMs(deployment) === undefined || current?.reason === progressDeadlineExceeded) return conditions;
  const isPaused = deployment.spec.paused === true;
  const wasPaused = current?.reason === deploymentPaused;
  if (isPaused === wasPaused) return conditions;
  const [reason, message] = isPaused
    ? [deploymentPaused, 'Deployment is paused']
    : [deploymentResumed, 'Deployment is resumed'];
  return withSaying(conditions, { type: progressing, status: 'Unknown', reason, message }, now);
}

/**
 * The Progressing condition of a rollout, and the ReplicaSets' failures. `status` is the new one with the conditions so far;
 * `deployment.status` the one before, from which progress is told. Upstream: syncRolloutStatus in progress.go.
 */
export function rolloutConditions(
  deployment: Deployment,
  {
    status,
    fresh,
    old,
    nowMs,
    now,
  }: {
    readonly status: DeploymentStatus;
    readonly fresh: ReplicaSet | undefined;
    readonly old: readonly ReplicaSet[];
    readonly nowMs: number;
    readonly now: string;
  },
): Conditions {
  let conditions = status.conditions ?? [];
  const deadlineMs = progressDeadlineMs(deployment);
  if (deadlineMs === undefined) conditions = without(conditions, progressing);
  const current = conditionOf({ conditions }, progressing);
  const isOver = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === newReplicaSetAvailable;
  if (deadlineMs !== undefined && !isOver) {
    const subject =
      fresh === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${fresh.metadata.name}"`;
    const say = (truth: 'True' | 'False', reason: string, what: string): Saying => ({
      type: progressing,
      status: truth,
      reason,
      message: `${subject} ${what}.`,
    });
    if (isComplete(deployment, status)) {
      conditions = withSaying(conditions, say('True', newReplicaSetAvailable, 'has successfully progressed'), now);
    } else if (isProgressing(deployment, status)) {
      // Told anew each time: the time of the last progress is what the deadline counts from.
      const lastTransitionTime = current?.status === 'True' ? current.lastTransitionTime : now;
      const saying = say('True', replicaSetUpdated, 'is progressing');
      conditions = [...without(conditions, progressing), { ...saying, lastUpdateTime: now, lastTransitionTime }];
    } else if (hasTimedOut(deadlineMs, current, nowMs)) {
      conditions = withSaying(conditions, say('False', progressDeadlineExceeded, 'has timed out progressing'), now);
    }
  }
  return withReplicaFailure(conditions, fresh === undefined ? old : [fresh, ...old], now);
}

function hasTimedOut(
  deadlineMs: number,
  current: { readonly reason?: string | undefined; readonly lastUpdateTime?: string | undefined } | undefined,
  nowMs: number,
): boolean {
  // A rollout that succeeded is not measured: the new one's condition is still to come.
  if (current === undefined || current.reason === newReplicaSetAvailable) return false;
  if (current.reason === progressDeadlineExceeded) return true;
  return Date.parse(current.lastUpdateTime ?? '') + deadlineMs < nowMs;
}

/** The failure of the new ReplicaSet before those of the old ones. */
function withReplicaFailure(conditions: Conditions, replicaSets: readonly ReplicaSet[], now: string): Conditions {
  for (const { status } of replicaSets) {
    const failure = (status.conditions ?? []).find(({ type }) => type === replicaFailure);
    if (failure === undefined) continue;
    const { reason, message, lastTransitionTime } = failure;
    const saying = { type: replicaFailure, status: failure.status, reason, message };
    return withSaying(conditions, saying, lastTransitionTime ?? now);
  }
  return without(conditions, replicaFailure);
}

/** No deadline runs after one of these. */
const settled: ReadonlySet<string> = new Set([newReplicaSetAvailable, progressDeadlineExceeded, deploymentPaused]);

/** When to look again for a deadline that nothing else would tell of. Upstream: requeueStuckDeployment. */
export function nextCheckInMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const deadlineMs = progressDeadlineMs(deployment);
  const current = conditionOf(status, progressing);
  if (deadlineMs === undefined || current === undefined || isComplete(deployment, status)) return undefined;
  if (settled.has(current.reason ?? '')) return undefined;
  // A second more, as the condition's time is in whole seconds.
  return Math.max(0, Date.parse(current.lastUpdateTime ?? '') + deadlineMs - nowMs) + secondMs;
}
