import type { Mutable } from '../api/kind.ts';
import type { KubernetesObject } from '../api/resource.ts';
import { draftOf, type DraftObject } from './registry/draft-object.ts';
import type { ServedResource } from './served-resource.ts';

/** An object of our own code as one that may be stored: private, canonical, with the version's defaults. */
export function decodeObject(served: ServedResource, object: object): DraftObject {
  const draft = draftOf(object as KubernetesObject);
  draft.metadata ??= {} as DraftObject['metadata'];
  served.definition.setDefaults(draft as Mutable<KubernetesObject>);
  return draft;
}
