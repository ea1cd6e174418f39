import { ApiError } from '../../api/error.ts';
import type { Status } from '../../api/error.ts';
import type { Binding } from '../../api/schema/core-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';
import type { Registry, WriteContext } from '../registry/registry.ts';
import type { ServedResource } from '../served-resource.ts';
import { bindPod } from './binding.ts';
import { evictPod, type Eviction } from './eviction.ts';

/** What can be POSTed below an object. */
export async function postSubresource(
  registry: Registry,
  served: ServedResource,
  key: { readonly namespace: string; readonly name: string },
  subresource: string,
  body: object,
  context: WriteContext,
): Promise<Status> {
  switch (subresource) {
    case 'binding':
      await bindPod(registry, served, key, body as Draft<Binding>, context);
      return success;
    case 'eviction':
      await evictPod(registry, served, key, body as Eviction, context);
      return success;
    default:
      throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
  }
}

const success: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
