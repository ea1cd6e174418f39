import { badRequest } from '../../api/error.ts';
import type { ApiResponse } from '../exchange.ts';
import { createObject } from '../registry/create.ts';
import { inVersion } from '../registry/read.ts';
import { writeOptionsOf } from '../wire/query-options.ts';
import { jsonResponse, warningHeaders } from '../wire/response.ts';
import { contextFor, rendererFor, type Call } from './call.ts';
import { decodeRequest } from './decode-request.ts';

export async function createEndpoint(call: Call): Promise<ApiResponse> {
  const { registry, served, info, request } = call;
  const renderer = rendererFor(call);
  const options = writeOptionsOf(request.query, 'CreateOptions');
  const { object, warnings } = decodeRequest(call, options);
  if (served.resource.namespaced && info.namespace === '') throw badRequest('namespace is required');
  const more = served.definition.warnings?.(object) ?? [];
  const stored = await createObject(registry, served, info.namespace, object, contextFor(call, options.dryRun));
  return jsonResponse(201, renderer.one(inVersion(served, stored)), warningHeaders([...warnings, ...more]));
}
