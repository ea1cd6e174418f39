import { type KubernetesObject, type Resource, apiVersionOf } from './resource.ts';
import type { OwnerReference } from './schema/meta-v1.ts';

/** The owner that manages this object, if one does (metav1.GetControllerOf). */
export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

export function isControlledBy(object: KubernetesObject, owner: KubernetesObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** The reference that a controller puts on what it makes (metav1.NewControllerRef). */
export function controllerReference(resource: Resource, owner: KubernetesObject): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
