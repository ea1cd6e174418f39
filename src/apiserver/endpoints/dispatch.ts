import { ApiError } from '../../api/error.ts';
import type { PodLogs } from '../backends.ts';
import type { ApiResponse } from '../exchange.ts';
import { hasSubresource } from '../served-resource.ts';
import type { Call } from './call.ts';
import { createEndpoint } from './create.ts';
import { deleteCollectionEndpoint } from './delete-collection.ts';
import { deleteEndpoint } from './delete.ts';
import { getEndpoint } from './get.ts';
import { listEndpoint } from './list.ts';
import { patchEndpoint } from './patch.ts';
import { podLogEndpoint } from './pod-log.ts';
import { postSubresourceEndpoint } from './post-subresource.ts';
import { updateEndpoint } from './update.ts';
import { watchEndpoint } from './watch.ts';

/** Sends a request to the resource on to the endpoint of its verb. */
export async function dispatch(call: Call, podLogs: PodLogs | undefined): Promise<ApiResponse> {
  const { subresource, rest } = call.info;
  if (rest.length > 0) throw unknownPath();
  if (subresource === '') return await dispatchObject(call);
  if (!hasSubresource(call.served, subresource)) throw unknownPath();
  return await dispatchSubresource(call, podLogs);
}

export function unknownPath(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', { details: {} });
}

async function dispatchObject(call: Call): Promise<ApiResponse> {
  const { served, info } = call;
  const { verbs } = served.definition;
  if (verbs !== undefined && !verbs.includes(info.verb)) throw notAllowed();
  switch (info.verb) {
    case 'get':
      return await getEndpoint(call);
    case 'list':
      return await listEndpoint(call);
    case 'watch':
      return await watchEndpoint(call);
    case 'create':
      // Creating at the path of an object that is to be is not a thing.
      if (info.name !== '') throw notAllowed();
      return await createEndpoint(call);
    case 'update':
      if (info.name === '') throw notAllowed();
      return await updateEndpoint(call);
    case 'patch':
      if (info.name === '') throw notAllowed();
      return await patchEndpoint(call);
    case 'delete':
      return await deleteEndpoint(call);
    case 'deletecollection':
      return await deleteCollectionEndpoint(call);
    case 'other':
      throw notAllowed();
  }
}

async function dispatchSubresource(call: Call, podLogs: PodLogs | undefined): Promise<ApiResponse> {
  const { subresource, verb } = call.info;
  const verbs = subresourceVerbs[subresource] ?? [];
  if (!verbs.includes(verb)) throw notAllowed();
  if (subresource === 'log') return await podLogEndpoint(call, podLogs);
  if (verb === 'create') return await postSubresourceEndpoint(call);
  if (verb === 'get') return await getEndpoint(call);
  return verb === 'update' ? await updateEndpoint(call) : await patchEndpoint(call);
}

/** What can be done below an object; discovery says the same. */
export const subresourceVerbs: Readonly<Record<string, readonly string[]>> = {
  binding: ['create'],
  eviction: ['create'],
  finalize: ['update'],
  log: ['get'],
  scale: ['get', 'patch', 'update'],
  status: ['get', 'patch', 'update'],
};

function notAllowed(): ApiError {
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {
    details: {},
  });
}
