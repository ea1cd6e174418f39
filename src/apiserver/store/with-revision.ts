import type { KubernetesObject } from '../../api/resource.ts';
import type { ObjectMeta } from '../../api/schema/meta-v1.ts';
import { structNamed } from '../../api/schema/struct.ts';

const metadataFields = structNamed('meta/v1.ObjectMeta').fields.map(({ name }) => name as keyof ObjectMeta);

/** The object as the store's revision of that number, its metadata in the order of Go's JSON. */
export function withRevision(object: KubernetesObject, revision: number): KubernetesObject {
  const metadata: Record<string, unknown> = {};
  for (const field of metadataFields) {
    const value = field === 'resourceVersion' ? String(revision) : object.metadata[field];
    if (value !== undefined) metadata[field] = value;
  }
  return { ...object, metadata: metadata as unknown as ObjectMeta };
}
