import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/schema/apps-v1.ts';
import { type Conditions, withSaying } from './conditions.ts';
import { minAvailable } from './fenceposts.ts';
import { available, minimumReplicasAvailable, minimumReplicasUnavailable } from './reasons.ts';
import { totalSize } from './scaling.ts';

/** The counts over all ReplicaSets and the Available condition. Upstream: calculateStatus in sync.go. */
export function statusOf(
  deployment: Deployment,
  {
    fresh,
    old,
    conditions,
    now,
  }: { fresh: ReplicaSet | undefined; old: readonly ReplicaSet[]; conditions: Conditions; now: string },
): DeploymentStatus {
  const all = fresh === undefined ? old : [...old, fresh];
  const sum = (count: (status: ReplicaSet['status']) => number | undefined): number =>
    all.reduce((total, { status }) => total + (count(status) ?? 0), 0);
  const availableReplicas = sum((status) => status.availableReplicas);
  const terminatingReplicas = terminatingOf(all);
  const { collisionCount } = deployment.status;
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum((status) => status.replicas),
    updatedReplicas: fresh?.status.replicas ?? 0,
    readyReplicas: sum((status) => status.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, totalSize(all) - availableReplicas),
  };
  const isAvailable = availableReplicas >= minAvailable(deployment);
  return {
    ...withoutZeros(counts),
    ...(terminatingReplicas === undefined ? {} : { terminatingReplicas }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withSaying(
      conditions,
      isAvailable
        ? {
            type: available,
            status: 'True',
            reason: minimumReplicasAvailable,
            message: 'Deployment has minimum availability.',
          }
        : {
            type: available,
            status: 'False',
            reason: minimumReplicasUnavailable,
            message: 'Deployment does not have minimum availability.',
          },
      now,
    ),
  };
}

/** Unknown as long as one that was looked at before does not tell its own. */
function terminatingOf(replicaSets: readonly ReplicaSet[]): number | undefined {
  let total = 0;
  for (const { status } of replicaSets) {
    if (status.terminatingReplicas !== undefined) total += status.terminatingReplicas;
    else if ((status.observedGeneration ?? 0) !== 0) return undefined;
  }
  return total;
}

/** The server keeps no zero where the field may be absent. */
function withoutZeros<T extends Record<string, number>>(counts: T): Partial<T> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)) as Partial<T>;
}
