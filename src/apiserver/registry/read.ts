import { notFound } from '../../api/error.ts';
import type { ServedResource } from '../served-resource.ts';
import { keyOf, StoredObject } from '../store/stored-object.ts';
import type { Registry } from './registry.ts';

/** The object as everybody sees it now. Throws NotFound. */
export function getObject(
  { store }: Registry,
  served: ServedResource,
  key: { readonly namespace?: string | undefined; readonly name: string },
): StoredObject {
  const stored = store.bucket(served.bucket).get(keyOf(key));
  if (stored === undefined) throw notFound(served.resource, key.name);
  return inVersion(served, stored);
}

/** The stored object in the shape of the served version. */
export function inVersion({ conversion }: ServedResource, stored: StoredObject): StoredObject {
  if (conversion === undefined) return stored;
  const object = conversion.fromStorage(stored.object);
  return object === stored.object ? stored : new StoredObject(stored.key, object, stored.revision);
}
