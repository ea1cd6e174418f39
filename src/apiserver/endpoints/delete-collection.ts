import { isNotFound } from '../../api/error.ts';
import type { ApiResponse } from '../exchange.ts';
import { deleteObject } from '../registry/delete.ts';
import { listObjects } from '../registry/list.ts';
import { selectionOf } from '../registry/selection.ts';
import { listOptionsOf } from '../wire/query-options.ts';
import { jsonResponse } from '../wire/response.ts';
import { contextFor, rendererFor, type Call } from './call.ts';
import { deleteOptionsOf } from './delete.ts';

/** DELETE of all objects of a selection, one by one, each as if it had been asked for alone. Answers those there were. */
export async function deleteCollectionEndpoint(call: Call): Promise<ApiResponse> {
  const { registry, served, info, request } = call;
  const renderer = rendererFor(call);
  const list = listOptionsOf(request.query, { isWatch: false });
  const options = deleteOptionsOf(call);
  const context = contextFor(call, options.dryRun?.includes('All') === true);
  const listed = listObjects(registry, served, selectionOf(served, { ...list, namespace: info.namespace }), list);
  const deletions = listed.items.map(async ({ object }) => {
    const { namespace = '', name } = object.metadata;
    try {
      await deleteObject(registry, served, { ...options, namespace, name }, context);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  });
  await Promise.all(deletions);
  return jsonResponse(200, renderer.list(listed));
}
