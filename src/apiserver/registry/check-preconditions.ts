import { conflict } from '../../api/error.ts';
import type { KubernetesObject, Resource } from '../../api/resource.ts';

export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** Throws Conflict when the object is not the one that the caller of a deletion had seen (rest.BeforeDelete). */
export function checkPreconditions(
  { group, kind }: Resource,
  { metadata }: KubernetesObject,
  preconditions: Preconditions | undefined,
): void {
  const { uid, resourceVersion, name } = metadata;
  // Upstream names the kind here where it names the resource elsewhere.
  const subject = { group, resource: kind };
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(subject, name, why);
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(subject, name, why);
  }
}
