import { isPodTerminal } from '../../api/core/v1/pod-readiness.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/schema/apps-v1.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';
import { timestamp } from '../../api/timestamps.ts';
import { isEqual } from '../../std/is-equal.ts';
import { type Conditions, withSaying } from './conditions.ts';
import { outlived } from './history.ts';
import { newReplicaSet, splitByTemplate, synced } from './new-replica-set.ts';
import { isComplete, nextCheckInMs, progressDeadlineMs, rolloutConditions, withPause } from './progress.ts';
import { isScalingEvent, resizingOf } from './proportional.ts';
import { foundNewReplicaSet, progressing } from './reasons.ts';
import { isActive, sizeOf } from './replica-set-order.ts';
import { revisionAnnotation } from './revision.ts';
import { rollingStep, sizeOfNew } from './rolling.ts';
import { type Sizes, resized, sizes, unchanged } from './scaling.ts';
import { statusOf } from './status.ts';

export interface Observed {
  readonly deployment: Deployment;
  /** Those that it controls. */
  readonly replicaSets: readonly ReplicaSet[];
  /** The pods that a ReplicaSet controls; asked only when they matter. */
  readonly podsOf: (replicaSet: ReplicaSet) => readonly Pod[];
  readonly nowMs: number;
}

export interface Plan {
  readonly because: 'BeingDeleted' | 'Paused' | 'Scaled' | 'NewTemplate' | 'OldPodsRunning' | 'RollingOut';
  /** To be made first; nothing else of the plan is then carried out but the status. */
  readonly create: Draft<ReplicaSet> | undefined;
  readonly updates: readonly { readonly from: ReplicaSet; readonly to: ReplicaSet }[];
  readonly deletions: readonly ReplicaSet[];
  /** The Deployment's revision annotation, when one is known. */
  readonly revision: string | undefined;
  readonly status: DeploymentStatus;
  readonly checkInMs: number | undefined;
}

/** One pass over a Deployment. Upstream: syncDeployment and what it calls. */
export function decide({ deployment, replicaSets, podsOf, nowMs }: Observed): Plan {
  const now = timestamp(nowMs);
  const { fresh: found, old } = splitByTemplate(deployment, replicaSets);
  const fresh = found && synced(deployment, found, old);
  const { conditions: told = [] } = deployment.status;

  const planWith = (
    because: Plan['because'],
    { next = unchanged, isRollout = false, isNoted = false, deletions = [], create, conditions = told }: Step,
  ): Plan => {
    const noted = withFound(deployment, { fresh, conditions, now });
    const counted = statusOf(deployment, { fresh, old, conditions: noted, now });
    const status = isRollout
      ? { ...counted, conditions: rolloutConditions(deployment, { status: counted, fresh, old, nowMs, now }) }
      : counted;
    const all = fresh === undefined ? old : [...old, fresh];
    const updates = all.flatMap((replicaSet) => {
      const from = replicaSet === fresh ? found! : replicaSet;
      const size = next.get(replicaSet.metadata.uid);
      const isResized = size !== undefined || (isNoted && isActive(replicaSet));
      const to = isResized ? resized(replicaSet, size ?? sizeOf(replicaSet), deployment) : replicaSet;
      return isEqual(from, to) ? [] : [{ from, to }];
    });
    const checkInMs = isRollout ? nextCheckInMs(deployment, status, nowMs) : undefined;
    return { because, create, updates, deletions, revision: revisionOf(fresh), status, checkInMs };
  };

  if (deployment.metadata.deletionTimestamp !== undefined) return planWith('BeingDeleted', {});
  const conditions = withPause(deployment, told, now);
  const isPaused = deployment.spec.paused === true;
  if (isPaused || isScalingEvent(deployment, replicaSets)) {
    const next = sizes(...resizingOf(deployment, fresh, old));
    const deletions = isPaused ? outlived(deployment, old) : [];
    return planWith(isPaused ? 'Paused' : 'Scaled', { next, deletions, conditions, isNoted: true });
  }

  const rollout = { conditions, isRollout: true };
  if (deployment.spec.strategy.type === 'Recreate') {
    const emptied = sizes(...old.map((replicaSet) => [replicaSet, 0] as const));
    if (emptied.size > 0) return planWith('RollingOut', { ...rollout, next: emptied });
    if (old.some((replicaSet) => stillRuns(replicaSet, podsOf(replicaSet)))) return planWith('OldPodsRunning', rollout);
  }
  if (fresh === undefined) return planWith('NewTemplate', { ...rollout, create: newReplicaSet(deployment, old) });
  const next =
    deployment.spec.strategy.type === 'Recreate'
      ? sizes([fresh, sizeOfNew(deployment, fresh, old)])
      : rollingStep(deployment, fresh, old);
  const isDone = next.size === 0 && isComplete(deployment, deployment.status);
  return planWith('RollingOut', { ...rollout, next, deletions: isDone ? outlived(deployment, old) : [] });
}

interface Step {
  readonly next?: Sizes;
  /** Measures progress, which a mere change of size does not. */
  readonly isRollout?: boolean;
  /** Every active ReplicaSet learns of the Deployment's size, even when its own stays. */
  readonly isNoted?: boolean;
  readonly deletions?: readonly ReplicaSet[];
  readonly create?: Draft<ReplicaSet>;
  readonly conditions?: Conditions;
}

const revisionOf = (fresh: ReplicaSet | undefined): string | undefined =>
  fresh?.metadata.annotations?.[revisionAnnotation];

/** A ReplicaSet that is there before any progress was told was adopted, or its making was not noted. */
function withFound(
  deployment: Deployment,
  { fresh, conditions, now }: { fresh: ReplicaSet | undefined; conditions: Conditions; now: string },
): Conditions {
  const isTold = conditions.some(({ type }) => type === progressing);
  if (fresh === undefined || isTold || progressDeadlineMs(deployment) === undefined) return conditions;
  const message = `Found new replica set "${fresh.metadata.name}"`;
  return withSaying(conditions, { type: progressing, status: 'True', reason: foundNewReplicaSet, message }, now);
}

/** Recreate waits for the last old pod, terminating ones included. Upstream: oldPodsRunning. */
const stillRuns = ({ status }: ReplicaSet, pods: readonly Pod[]): boolean =>
  status.replicas > 0 || pods.some((pod) => !isPodTerminal(pod));
