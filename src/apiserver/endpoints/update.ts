import { badRequest } from '../../api/error.ts';
import { decode } from '../../api/schema/decode.ts';
import { DecodeError } from '../../api/schema/decode-error.ts';
import type { ApiResponse } from '../exchange.ts';
import { inVersion } from '../registry/read.ts';
import { updateObject } from '../registry/update.ts';
import { scaleStruct, updateScale, type Scale } from '../subresources/scale.ts';
import { writeOptionsOf } from '../wire/query-options.ts';
import { jsonResponse, warningHeaders } from '../wire/response.ts';
import { contextFor, rendererFor, type Call } from './call.ts';
import { bodyOf, decodeRequest } from './decode-request.ts';

/** PUT of an object, or of its status, scale or finalizers. */
export async function updateEndpoint(call: Call): Promise<ApiResponse> {
  const { registry, served, info, request } = call;
  const renderer = rendererFor(call);
  const options = writeOptionsOf(request.query, 'UpdateOptions');
  const context = contextFor(call, options.dryRun);
  if (info.subresource === 'scale') {
    const scale = scaleFrom(bodyOf(call, 'Scale').value);
    checkName(scale.metadata?.name, info.name);
    return jsonResponse(200, JSON.stringify(await updateScale(registry, served, info, () => scale, context)));
  }
  const { object, warnings } = decodeRequest(call, options);
  const more = served.definition.warnings?.(object) ?? [];
  checkName(object.metadata.name, info.name);
  const stored = await updateObject(registry, served, info, () => object, context);
  return jsonResponse(200, renderer.one(inVersion(served, stored)), warningHeaders([...warnings, ...more]));
}

/** A Scale from outside. Throws BadRequest. */
export function scaleFrom(value: unknown): Scale {
  try {
    return decode<Scale>(scaleStruct, value, { copy: true }).object;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(`Scale in version "v1" cannot be handled as a Scale: ${error.message}`);
  }
}

function checkName(given: string | undefined, name: string): void {
  if (given === undefined || given === '' || given === name) return;
  throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}
