import { scaledValue } from '../../api/int-or-string.ts';
import type { Deployment, ReplicaSet } from '../../api/schema/apps-v1.ts';
import { desiredReplicas, minAvailable } from './fenceposts.ts';
import { byCreation, isActive, sizeOf } from './replica-set-order.ts';
import { type Sizes, availableOf, sizes, totalAvailable, totalPods, totalSize, unchanged } from './scaling.ts';

/** One step of a rolling update: the new ReplicaSet grows (or shrinks to size), or else the old ones shrink. Upstream: rolling.go. */
export function rollingStep(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  const grown = sizes([fresh, sizeOfNew(deployment, fresh, old)]);
  return grown.size > 0 ? grown : shrinkOld(deployment, fresh, old);
}

/** How large the ReplicaSet of the new template may be now. Upstream: NewRSNewReplicas, reconcileNewReplicaSet. */
export function sizeOfNew(deployment: Deployment, fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): number {
  const desired = desiredReplicas(deployment);
  const size = fresh === undefined ? 0 : sizeOf(fresh);
  const { type, rollingUpdate } = deployment.spec.strategy;
  if (size >= desired || type === 'Recreate') return desired;
  const room = desired + scaledValue(rollingUpdate?.maxSurge ?? 0, desired, 'up') - totalPods(old) - size;
  return size + Math.max(0, Math.min(room, desired - size));
}

/** Upstream: reconcileOldReplicaSets. */
function shrinkOld(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  const active = old.filter(isActive).toSorted(byCreation);
  const least = minAvailable(deployment);
  // Pods of the new template that are not up yet count as missing already.
  const missing = sizeOf(fresh) - availableOf(fresh);
  const removable = totalSize([...old, fresh]) - least - missing;
  if (active.length === 0 || removable <= 0) return unchanged;

  const next = new Map(active.map((replicaSet) => [replicaSet, sizeOf(replicaSet)]));
  // First what does not work anyway: that costs no availability.
  let budget = removable;
  for (const replicaSet of active) {
    const removed = Math.min(budget, sizeOf(replicaSet) - availableOf(replicaSet));
    next.set(replicaSet, next.get(replicaSet)! - removed);
    budget -= removed;
  }
  let spare = Math.max(0, totalAvailable([...old, fresh]) - least);
  for (const replicaSet of active) {
    const removed = Math.min(next.get(replicaSet)!, spare);
    next.set(replicaSet, next.get(replicaSet)! - removed);
    spare -= removed;
  }
  return sizes(...next);
}
