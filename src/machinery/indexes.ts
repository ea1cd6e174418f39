import { controllerOf } from '../api/owner-references.ts';
import type { KubernetesObject } from '../api/resource.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import type { Index } from './lister.ts';

/** By the uid of the owner that controls it. */
export const controllerUid: Index<KubernetesObject> = (object) => {
  const controller = controllerOf(object);
  return controller === undefined ? [] : [controller.uid];
};

/** Objects that no owner controls, by namespace: what may be adopted. */
export const uncontrolledIn: Index<KubernetesObject> = (object) =>
  controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : [];

/** By the uid of every owner. */
export const ownerUid: Index<KubernetesObject> = ({ metadata }) =>
  (metadata.ownerReferences ?? []).map((owner) => owner.uid);

/** Pods by the node they are bound to; those that are bound to none under ''. */
export const nodeName: Index<Pod> = (pod) => [pod.spec.nodeName ?? ''];
