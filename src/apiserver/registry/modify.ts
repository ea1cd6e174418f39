import { notFound } from '../../api/error.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import type { ServedResource } from '../served-resource.ts';
import { deepFreeze } from '../store/deep-freeze.ts';
import { keyOf, StoredObject } from '../store/stored-object.ts';
import type { Registry, WriteContext } from './registry.ts';
import { sameValue } from './same-value.ts';

/**
 * The server's own change of a stored object, past the strategy of its kind (upstream: GuaranteedUpdate).
 * `change` returns a new object, or the old one for no change.
 */
export async function modifyObject<T extends KubernetesObject>(
  { store }: Registry,
  served: ServedResource,
  key: { readonly namespace?: string | undefined; readonly name: string },
  change: (current: T) => T,
  { dryRun }: Pick<WriteContext, 'dryRun'>,
): Promise<StoredObject> {
  return await store.write(store.bucket(served.bucket), keyOf(key), (current) => {
    if (current === undefined) throw notFound(served.resource, key.name);
    const object = change(current.object as T);
    if (sameValue(object, current.object)) return { keep: current };
    if (dryRun) return { keep: new StoredObject(current.key, deepFreeze(object), current.revision) };
    return { put: object };
  });
}
