import type { ReplicaSet } from '../../api/schema/apps-v1.ts';
import { revisionOf } from './revision.ts';

export const sizeOf = ({ spec }: ReplicaSet): number => spec.replicas ?? 1;

export const isActive = (replicaSet: ReplicaSet): boolean => sizeOf(replicaSet) > 0;

/** Older first; the name decides between those of one second. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata, b.metadata];
  if (left.creationTimestamp !== right.creationTimestamp)
    return Date.parse(left.creationTimestamp) - Date.parse(right.creationTimestamp);
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}

/** Larger first, of equals the older. */
export const bySizeOlder = (a: ReplicaSet, b: ReplicaSet): number => sizeOf(b) - sizeOf(a) || byCreation(a, b);

/** Larger first, of equals the newer. */
export const bySizeNewer = (a: ReplicaSet, b: ReplicaSet): number => sizeOf(b) - sizeOf(a) || byCreation(b, a);

/** The lowest revision first. */
export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [revisionOf(a), revisionOf(b)];
  return left === undefined || right === undefined || left === right ? byCreation(a, b) : left - right;
}
