import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/schema/apps-v1.ts';
import type { PodTemplateSpec } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { replicasAnnotations } from './revision.ts';

/** Deployments and ReplicaSets for the tests of this folder. */
export interface DeploymentTraits {
  readonly replicas?: number;
  readonly maxSurge?: number | string;
  readonly maxUnavailable?: number | string;
  readonly strategy?: 'RollingUpdate' | 'Recreate';
  readonly image?: string;
  readonly status?: DeploymentStatus;
  readonly spec?: Partial<Deployment['spec']>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function sampleDeployment(traits: DeploymentTraits = {}): Deployment {
  const { replicas = 1, maxSurge, maxUnavailable, strategy = 'RollingUpdate', image = 'i', status = {} } = traits;
  return {
    metadata: {
      name: 'web',
      namespace: 'n',
      uid: 'd',
      resourceVersion: '1',
      creationTimestamp: '',
      generation: 1,
      ...(traits.annotations === undefined ? {} : { annotations: traits.annotations }),
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: templateOf(image),
      strategy:
        strategy === 'Recreate' ? { type: strategy } : { type: strategy, rollingUpdate: { maxSurge, maxUnavailable } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...traits.spec,
    },
    status,
  };
}

export interface ReplicaSetTraits {
  readonly image?: string;
  readonly available?: number;
  /** Pods that are there; none unless told. */
  readonly replicas?: number;
  readonly ageSeconds?: number;
  /** The Deployment that sized it. */
  readonly sizedFor?: Deployment;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly status?: Partial<ReplicaSet['status']>;
}

export function sampleReplicaSet(name: string, size: number, traits: ReplicaSetTraits = {}): ReplicaSet {
  const { image = 'old', available = 0, replicas = 0, ageSeconds = 0, sizedFor, annotations, status } = traits;
  return {
    metadata: {
      name,
      namespace: 'n',
      uid: name,
      resourceVersion: '1',
      creationTimestamp: timestamp(1_000_000_000 - ageSeconds * 1000),
      generation: 1,
      annotations: { ...(sizedFor === undefined ? {} : replicasAnnotations(sizedFor)), ...annotations },
    },
    spec: { replicas: size, selector: { matchLabels: { app: 'web' } }, template: templateOf(image) },
    status: { replicas, availableReplicas: available, observedGeneration: 1, ...status },
  };
}

const templateOf = (image: string): PodTemplateSpec => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image, resources: {} }] },
});
