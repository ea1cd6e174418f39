import type { Deployment, ReplicaSet } from '../api/schema/apps-v1.ts';
import type { Pod } from '../api/schema/core-v1.ts';

/** Pods of a Deployment, without those that terminate. */
export interface ReplicaPods {
  readonly living: readonly Pod[];
  /** Those of its newest template: what becomes of the latest spec shows in them. */
  readonly latest: readonly Pod[];
}

export const noPods: ReplicaPods = { living: [], latest: [] };

/** Both controllers write the revision there; upstream: pkg/controller/deployment/util. */
const revisionAnnotation = 'deployment.kubernetes.io/revision';

/**
 * `replicaSets` are the Deployment's own, `podsOf` gives those that a ReplicaSet controls. The times of creation are whole
 * seconds, so the newest template is told by its revision.
 */
export function replicaPods(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  podsOf: (replicaSet: ReplicaSet) => readonly Pod[],
): ReplicaPods {
  const revision = deployment.metadata.annotations?.[revisionAnnotation];
  const isLatest = ({ metadata }: ReplicaSet): boolean => metadata.annotations?.[revisionAnnotation] === revision;
  const livingOf = (some: readonly ReplicaSet[]): readonly Pod[] =>
    some.flatMap(podsOf).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return { living: livingOf(replicaSets), latest: livingOf(replicaSets.filter(isLatest)) };
}
