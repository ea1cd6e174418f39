import type { Deployment, ReplicaSet } from '../../api/schema/apps-v1.ts';
import { desiredReplicas, isRollingUpdate, maxSurge } from './fenceposts.ts';
import { byCreation, bySizeNewer, bySizeOlder, isActive, sizeOf } from './replica-set-order.ts';
import { countAnnotation, desiredReplicasAnnotation, maxReplicasAnnotation } from './revision.ts';
import { totalSize } from './scaling.ts';

/** Every ReplicaSet that must learn of the Deployment's new size, with its own. Upstream: scale in sync.go. */
export type Resizing = readonly (readonly [ReplicaSet, number])[];

/**
 * What a change of the Deployment's own size means while it is paused or rolls out: a single ReplicaSet takes it
 * all; several share it in proportion, so that the ratio of new to old pods, and with it the risk, stays.
 */
export function resizingOf(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Resizing {
  const desired = desiredReplicas(deployment);
  const all = fresh === undefined ? old : [...old, fresh];
  const active = all.filter(isActive);
  const newest = fresh ?? old.toSorted(byCreation).at(-1);
  if (newest === undefined) return [];
  if (active.length <= 1) return [[active[0] ?? newest, desired]];
  if (fresh !== undefined && isSaturated(deployment, fresh))
    return old.filter(isActive).map((replicaSet) => [replicaSet, 0]);
  return isRollingUpdate(deployment) ? proportional(deployment, active) : [];
}

function proportional(deployment: Deployment, active: readonly ReplicaSet[]): Resizing {
  const desired = desiredReplicas(deployment);
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0;
  const toAdd = allowed - totalSize(active);
  // Up, the newer of two equals grows first; down, the older shrinks first.
  const ordered = active.toSorted(toAdd > 0 ? bySizeNewer : bySizeOlder);
  let added = 0;
  const shares = ordered.map((replicaSet) => {
    const share = shareOf(deployment, replicaSet, { toAdd, added });
    added += share;
    return share;
  });
  return ordered.map((replicaSet, index) => {
    const leftover = index === 0 ? toAdd - added : 0;
    return [replicaSet, Math.max(0, sizeOf(replicaSet) + shares[index]! + leftover)];
  });
}

/** Upstream: GetReplicaSetProportion. */
function shareOf(
  deployment: Deployment,
  replicaSet: ReplicaSet,
  { toAdd, added }: { readonly toAdd: number; readonly added: number },
): number {
  if (sizeOf(replicaSet) === 0 || toAdd === 0 || toAdd === added) return 0;
  const fraction = fractionOf(deployment, replicaSet);
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
}

/** By how much the ReplicaSet would change if all did in the same proportion. Upstream: getReplicaSetFraction. */
export function fractionOf(deployment: Deployment, replicaSet: ReplicaSet): number {
  const desired = desiredReplicas(deployment);
  const size = sizeOf(replicaSet);
  if (desired === 0) return -size;
  // Without the note, or with one that was tampered with, the Deployment's own status has to do.
  const before = countAnnotation(replicaSet, maxReplicasAnnotation) || (deployment.status.replicas ?? 0);
  if (before === 0) return 0;
  return roundHalfAway((size * (desired + maxSurge(deployment))) / before) - size;
}

const roundHalfAway = (value: number): number => (value < 0 ? Math.ceil(value - 0.5) : Math.floor(value + 0.5));

/** Both sides agree that this ReplicaSet holds all the pods, and all of them are available. */
export function isSaturated(deployment: Deployment, replicaSet: ReplicaSet): boolean {
  const desired = desiredReplicas(deployment);
  return (
    sizeOf(replicaSet) === desired &&
    countAnnotation(replicaSet, desiredReplicasAnnotation) === desired &&
    (replicaSet.status.availableReplicas ?? 0) === desired
  );
}

/** Somebody, mostly an autoscaler, changed the Deployment's size since the pods were last shared out. */
export function isScalingEvent(deployment: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  return replicaSets.filter(isActive).some((replicaSet) => {
    const noted = countAnnotation(replicaSet, desiredReplicasAnnotation);
    return noted !== undefined && noted !== desiredReplicas(deployment);
  });
}
