import { isNotFound } from '../../api/error.ts';
import { controllerOf } from '../../api/owner-references.ts';
import type { Resource } from '../../api/resource.ts';
import type { Deployment, ReplicaSet } from '../../api/schema/apps-v1.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { OwnerReference } from '../../api/schema/meta-v1.ts';
import type { Client } from '../../machinery/client.ts';
import type { Lister } from '../../machinery/lister.ts';

export interface Owners {
  readonly client: Client;
  readonly replicaSets: Lister<ReplicaSet>;
  readonly deployments: Lister<Deployment>;
  readonly resources: () => readonly Resource[];
}

export interface Scales {
  /** By the uid of the outermost controller that is known: the Deployment rather than its ReplicaSets. */
  readonly scales: ReadonlyMap<string, number>;
  /** Pods that nobody controls. */
  readonly unmanaged: readonly Pod[];
}

/** How many pods the controllers of these want. Rejects when a controller is not known. Upstream: getExpectedScale. */
export async function scalesOf(pods: readonly Pod[], owners: Owners): Promise<Scales> {
  const scales = new Map<string, number>();
  const looked = new Set<string>();
  const unmanaged: Pod[] = [];
  for (const pod of pods) {
    const controller = controllerOf(pod);
    if (controller === undefined) unmanaged.push(pod);
    if (controller === undefined || looked.has(controller.uid)) continue;
    looked.add(controller.uid);
    const found = await scaleOf(controller, pod.metadata.namespace ?? '', owners);
    if (found === undefined) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
    scales.set(found.uid, found.scale);
  }
  return { scales, unmanaged };
}

interface Scale {
  readonly uid: string;
  readonly scale: number;
}

async function scaleOf(controller: OwnerReference, namespace: string, owners: Owners): Promise<Scale | undefined> {
  const { kind, name, uid } = controller;
  const group = controller.apiVersion.includes('/') ? controller.apiVersion.split('/')[0] : '';
  if (kind === 'ReplicaSet' && group === 'apps') {
    const replicaSet = owners.replicaSets.get({ namespace, name });
    if (replicaSet?.metadata.uid !== uid) return undefined;
    const outer = controllerOf(replicaSet);
    if (outer?.kind !== 'Deployment') return { uid, scale: replicaSet.spec.replicas ?? 1 };
    const deployment = owners.deployments.get({ namespace, name: outer.name });
    if (deployment?.metadata.uid !== outer.uid) return undefined;
    return { uid: outer.uid, scale: deployment.spec.replicas ?? 1 };
  }
  const resource = owners.resources().find((one) => one.group === group && one.kind === kind);
  if (resource === undefined) return undefined;
  try {
    const scale = await owners.client.get(resource, { namespace, name }, { subresource: 'scale' });
    const { replicas = 0 } = (scale as { readonly spec?: { readonly replicas?: number } }).spec ?? {};
    return scale.metadata.uid === uid ? { uid, scale: replicas } : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
