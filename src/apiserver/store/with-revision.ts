import type { KubernetesObject } from '../../api/resource.ts';

/** The object as the store's revision of that number. */
export function withRevision(object: KubernetesObject, revision: number): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
