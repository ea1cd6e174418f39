import type { Deployment, ReplicaSet } from '../../api/schema/apps-v1.ts';
import { sizeOf } from './replica-set-order.ts';
import { replicasAnnotations } from './revision.ts';

/** New sizes by uid; a ReplicaSet that is not named keeps its size. */
export type Sizes = ReadonlyMap<string, number>;

export const unchanged: Sizes = new Map();

export const sizes = (...entries: readonly (readonly [ReplicaSet, number])[]): Sizes =>
  new Map(
    entries.filter(([replicaSet, size]) => sizeOf(replicaSet) !== size).map(([rs, size]) => [rs.metadata.uid, size]),
  );

/** The ReplicaSet at its new size, with a note of what the Deployment wanted then. */
export function resized(replicaSet: ReplicaSet, size: number, deployment: Deployment): ReplicaSet {
  const { metadata, spec } = replicaSet;
  const annotations = { ...metadata.annotations, ...replicasAnnotations(deployment) };
  return { ...replicaSet, metadata: { ...metadata, annotations }, spec: { ...spec, replicas: size } };
}

export const totalSize = (replicaSets: readonly ReplicaSet[]): number =>
  replicaSets.reduce((total, replicaSet) => total + sizeOf(replicaSet), 0);

/**
 * The pods there may be at most until the ReplicaSets have been brought to their sizes: those they should have, or those
 * they still have. Without bound while one has not been looked at since it was changed: its status then tells of
 * another time. Upstream counts only what they should have and overshoots the surge for a moment.
 */
export const totalPods = (replicaSets: readonly ReplicaSet[]): number =>
  replicaSets.reduce((total, replicaSet) => total + podsAtMost(replicaSet), 0);

function podsAtMost(replicaSet: ReplicaSet): number {
  const { metadata, status } = replicaSet;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return Infinity;
  return Math.max(sizeOf(replicaSet), status.replicas);
}

/** Available pods that will still be there when the ReplicaSet has been brought to its size: its status may lag. */
export const availableOf = (replicaSet: ReplicaSet): number =>
  Math.min(replicaSet.status.availableReplicas ?? 0, sizeOf(replicaSet));

export const totalAvailable = (replicaSets: readonly ReplicaSet[]): number =>
  replicaSets.reduce((total, replicaSet) => total + availableOf(replicaSet), 0);
