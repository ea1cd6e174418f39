import type { Deployment, ReplicaSet } from '../../api/schema/apps-v1.ts';
import { byRevision, sizeOf } from './replica-set-order.ts';

/** The largest int32 keeps all. */
const everything = 2 ** 31 - 1;

/** Old ReplicaSets beyond revisionHistoryLimit, lowest revisions first, as far as they are empty. Upstream: cleanupDeployment. */
export function outlived({ spec }: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const { revisionHistoryLimit } = spec;
  if (revisionHistoryLimit === undefined || revisionHistoryLimit === everything) return [];
  const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return alive
    .toSorted(byRevision)
    .slice(0, Math.max(0, alive.length - revisionHistoryLimit))
    .filter(isEmpty);
}

const isEmpty = (replicaSet: ReplicaSet): boolean =>
  replicaSet.status.replicas === 0 &&
  sizeOf(replicaSet) === 0 &&
  (replicaSet.metadata.generation ?? 0) <= (replicaSet.status.observedGeneration ?? 0);
