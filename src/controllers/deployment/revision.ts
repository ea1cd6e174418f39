import type { Deployment, ReplicaSet } from '../../api/schema/apps-v1.ts';
import { desiredReplicas, maxSurge } from './fenceposts.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';

/** What belongs to the Deployment or the ReplicaSet alone and is not copied from one to the other. */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
]);

/** About a hundred revisions. */
const historyLengthMax = 2000;

type Annotations = Readonly<Record<string, string>>;

/** 0 without the annotation, undefined when it is no number. */
export function revisionOf({ metadata }: ReplicaSet): number | undefined {
  return revisionNumber(metadata.annotations?.[revisionAnnotation]);
}

function revisionNumber(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return 0;
  return /^[-+]?[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

export function maxRevision(replicaSets: readonly ReplicaSet[]): number {
  return Math.max(0, ...replicaSets.map((replicaSet) => revisionOf(replicaSet) ?? 0));
}

/**
 * The annotations of the ReplicaSet that the Deployment now wants: the Deployment's own, and the next revision when
 * its revision is older, which then goes to its history. Upstream: SetNewReplicaSetAnnotations.
 */
export function annotationsOfNew(deployment: Deployment, annotations: Annotations = {}, revision: number): Annotations {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key));
  const next = { ...annotations, ...Object.fromEntries(copied) };
  const oldText = annotations[revisionAnnotation];
  const old = revisionNumber(oldText);
  if (old === undefined || old >= revision) return next;
  const history =
    oldText === undefined ? undefined : withRevision(annotations[revisionHistoryAnnotation] ?? '', oldText);
  return {
    ...next,
    [revisionAnnotation]: String(revision),
    ...(history === undefined ? {} : { [revisionHistoryAnnotation]: history }),
  };
}

/** The history with one more entry and without the oldest that no longer fit; undefined when even alone it does not fit. */
function withRevision(history: string, revision: string): string | undefined {
  if (history === '') return revision;
  const entries = [...history.split(','), revision];
  while (entries.length > 1 && entries.join(',').length > historyLengthMax) entries.shift();
  const text = entries.join(',');
  return text.length > historyLengthMax ? undefined : text;
}

/** The size that the Deployment had in mind when it sized this ReplicaSet. */
export function replicasAnnotations(deployment: Deployment): Annotations {
  const desired = desiredReplicas(deployment);
  return {
    [desiredReplicasAnnotation]: String(desired),
    [maxReplicasAnnotation]: String(desired + maxSurge(deployment)),
  };
}

/** A non-negative int32, or undefined. */
export function countAnnotation({ metadata }: ReplicaSet, key: string): number | undefined {
  const text = metadata.annotations?.[key];
  if (text === undefined || !/^[0-9]{1,10}$/.test(text)) return undefined;
  const count = Number(text);
  return count < 2 ** 31 ? count : undefined;
}
