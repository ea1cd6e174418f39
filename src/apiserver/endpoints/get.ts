import type { ApiResponse } from '../exchange.ts';
import { getObject } from '../registry/read.ts';
import { getScale } from '../subresources/scale.ts';
import { reached, revisionOf } from '../wire/resource-version.ts';
import { jsonResponse } from '../wire/response.ts';
import { rendererFor, type Call } from './call.ts';

/** GET of one object, of its status (the whole object, too) or of its scale. */
export async function getEndpoint(call: Call): Promise<ApiResponse> {
  const { registry, served, info, request } = call;
  const renderer = rendererFor(call);
  await reached(registry, revisionOf(request.query.get('resourceVersion') ?? ''), request.signal);
  if (info.subresource === 'scale') return jsonResponse(200, JSON.stringify(getScale(registry, served, info)));
  return jsonResponse(200, renderer.one(getObject(registry, served, info)));
}
