import { badRequest } from '../api/error.ts';
import type { Mutable } from '../api/kind.ts';
import type { KubernetesObject } from '../api/resource.ts';
import { DecodeError } from '../api/schema/decode-error.ts';
import { draftOf, type DraftObject } from './registry/draft-object.ts';
import type { ServedResource } from './served-resource.ts';

export interface DecodedObject {
  /** Canonical, with the version's defaults, and nobody else's. */
  readonly object: DraftObject;
  /** `unknown field "spec.foo"`. */
  readonly problems: readonly string[];
}

/**
 * A value from outside as an object that may be stored. Throws DecodeError when it does not fit.
 * `copy` when parts of the value belong to somebody.
 */
export function decodeObject(
  served: ServedResource,
  value: object,
  options: { readonly copy: boolean },
): DecodedObject {
  const typed = { kind: served.resource.kind, apiVersion: served.apiVersion };
  const { object, unknownFields } = served.decode({ ...typed, ...value, ...typed }, options);
  const draft = object as unknown as DraftObject;
  draft.metadata ??= {} as DraftObject['metadata'];
  served.definition.setDefaults(draft as Mutable<KubernetesObject>);
  return { object: draft, problems: unknownFields };
}

/** An object of our own code, where undefined fields are as good as absent. Throws BadRequest. */
export function decodeOwn(served: ServedResource, value: object): DraftObject {
  try {
    const { object, problems } = decodeObject(served, draftOf(value as KubernetesObject), { copy: false });
    if (problems.length > 0) throw new DecodeError(`strict decoding error: ${problems.join(', ')}`);
    return object;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { kind, version } = served.resource;
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`);
  }
}

/**
 * The same for a write to the status, of which nothing but metadata and status counts: the rest is the current
 * object's own, frozen parts, neither copied nor looked at. Throws BadRequest.
 */
export function decodeOwnStatus(served: ServedResource, value: object, current: KubernetesObject): DraftObject {
  const { metadata, status } = value as { readonly metadata: object; readonly status?: unknown };
  // Defaults of other parts go into an object that is thrown away.
  const { metadata: own, status: next } = decodeOwn(served, { metadata, ...(status === undefined ? {} : { status }) });
  const draft = { ...current, metadata: own } as DraftObject;
  if (next === undefined) delete draft['status'];
  else draft['status'] = next;
  return draft;
}
