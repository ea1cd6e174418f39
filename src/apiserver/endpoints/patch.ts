import { badRequest, invalid } from '../../api/error.ts';
import { invalidValue } from '../../api/field-error.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import { DecodeError } from '../../api/schema/decode-error.ts';
import type { Patch } from '../../machinery/client.ts';
import { decodeObject } from '../decode.ts';
import type { ApiResponse } from '../exchange.ts';
import { patched } from '../patching.ts';
import type { DraftObject } from '../registry/draft-object.ts';
import { inVersion } from '../registry/read.ts';
import { updateObject } from '../registry/update.ts';
import { updateScale } from '../subresources/scale.ts';
import { writeOptionsOf, type WriteOptions } from '../wire/query-options.ts';
import { checkSize, mediaTypeOf, textOf, unsupportedMediaType } from '../wire/request-body.ts';
import { jsonResponse, warningHeaders } from '../wire/response.ts';
import { JsonSyntaxError, parseStrictJson, type ParsedJson } from '../wire/strict-json.ts';
import { contextFor, rendererFor, type Call } from './call.ts';
import { scaleFrom } from './update.ts';

const jsonPatch = 'application/json-patch+json';
const mergePatch = 'application/merge-patch+json';
const strategicPatch = 'application/strategic-merge-patch+json';

/** PATCH of an object, or of its status or scale. Without a resourceVersion in it, it applies to the newest state. */
export async function patchEndpoint(call: Call): Promise<ApiResponse> {
  const { registry, served, info, request } = call;
  const type = typeOf(call);
  const renderer = rendererFor(call);
  const options = writeOptionsOf(request.query, 'PatchOptions');
  const { value, duplicates } = read(request.body);
  const patch: Patch = { type, body: value };
  const context = contextFor(call, options.dryRun);
  if (info.subresource === 'scale') {
    const scale = await updateScale(registry, served, info, (old) => scaleFrom(patched(served, old, patch)), context);
    return jsonResponse(200, JSON.stringify(scale));
  }
  let warnings: readonly string[] = [];
  const change = (current: KubernetesObject): DraftObject => {
    const { object, problems } = decodePatched(call, patched(served, current, patch), duplicates, options);
    warnings = [...problems, ...(served.definition.warnings?.(object) ?? [])];
    return object;
  };
  const stored = await updateObject(registry, served, info, change, context);
  return jsonResponse(200, renderer.one(inVersion(served, stored)), warningHeaders(warnings));
}

function typeOf({ request, served, info }: Call): Patch['type'] {
  const isStrategic = !served.isCustom || info.subresource === 'scale';
  const accepted = [jsonPatch, mergePatch, ...(isStrategic ? [strategicPatch] : [])];
  const mediaType = mediaTypeOf(request.headers['content-type']);
  if (!accepted.includes(mediaType)) throw unsupportedMediaType(accepted);
  if (mediaType === jsonPatch) return 'json';
  return mediaType === mergePatch ? 'merge' : 'strategic';
}

function read(body: Uint8Array): ParsedJson {
  checkSize(body);
  try {
    return parseStrictJson(textOf(body));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw badRequest(`error decoding patch: ${error.message}`);
  }
}

function decodePatched(
  { served }: Call,
  value: object,
  duplicates: readonly string[],
  { fieldValidation }: WriteOptions,
): { readonly object: DraftObject; readonly problems: readonly string[] } {
  try {
    const { object, problems: unknown } = decodeObject(served, value, { copy: true });
    const problems = fieldValidation === 'Ignore' ? [] : [...duplicates, ...unknown];
    if (fieldValidation !== 'Strict' || problems.length === 0) return { object, problems };
    throw new DecodeError(`strict decoding error: ${problems.join(', ')}`);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    // Upstream prints the whole patched object; it may hold secrets and is of no use to the reader.
    throw invalid({ group: '', kind: '' }, '', [invalidValue('patch', '', error.message)]);
  }
}
