import { isAlreadyExists, isNotFound } from '../api/error.ts';
import type { KubernetesObject, Resource } from '../api/resource.ts';
import type { Draft } from '../api/schema/draft.ts';
import type { Client } from '../machinery/client.ts';

/** Creates the object, or brings the fields that it names to what it says; a start that changes nothing writes nothing. */
export async function ensure<T extends KubernetesObject>(
  client: Client,
  resource: Resource<T>,
  object: Draft<T>,
): Promise<T> {
  const metadata = (object as Draft<KubernetesObject>).metadata;
  const key = { namespace: metadata?.namespace, name: metadata?.name ?? '' };
  try {
    await client.get(resource, key);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    try {
      return await client.create(resource, object, { fieldManager: 'slipway' });
    } catch (raced) {
      if (!isAlreadyExists(raced)) throw raced;
    }
  }
  return await client.patch(resource, key, { type: 'merge', body: object }, { fieldManager: 'slipway' });
}
