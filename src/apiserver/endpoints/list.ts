import { badRequest } from '../../api/error.ts';
import type { ApiResponse } from '../exchange.ts';
import { decodeContinue } from '../registry/continue-token.ts';
import { listObjects } from '../registry/list.ts';
import { selectionOf } from '../registry/selection.ts';
import { listOptionsOf, type ListOptions } from '../wire/query-options.ts';
import { reached, revisionOf } from '../wire/resource-version.ts';
import { jsonResponse } from '../wire/response.ts';
import { rendererFor, type Call } from './call.ts';

export async function listEndpoint(call: Call): Promise<ApiResponse> {
  const { registry, served, info, request } = call;
  const renderer = rendererFor(call);
  const options = listOptionsOf(request.query, { isWatch: false });
  const selection = selectionOf(served, { ...options, namespace: info.namespace });
  const exactRevision = await revisionFor(call, options);
  return jsonResponse(200, renderer.list(listObjects(registry, served, selection, { ...options, exactRevision })));
}

/**
 * The exact revision that the client wants; undefined for the newest state, which is never older than any that
 * it may ask for (apiserver pkg/storage/cacher/delegator).
 */
async function revisionFor({ registry, request }: Call, options: ListOptions): Promise<number | undefined> {
  const revision = revisionOf(options.resourceVersion);
  if (options.continue !== '') {
    if (revision !== 0) throw badRequest('specifying resource version is not allowed when using continue');
    decodeContinue(options.continue);
    return undefined;
  }
  if (revision === 0) return undefined;
  await reached(registry, revision, request.signal);
  const isLegacyExact = options.resourceVersionMatch === '' && options.limit > 0;
  return options.resourceVersionMatch === 'Exact' || isLegacyExact ? revision : undefined;
}
