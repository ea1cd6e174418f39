import { badRequest, invalid } from '../../api/error.ts';
import { invalidValue } from '../../api/field-error.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import { unknownFieldsOfJsonPatch } from '../../api/patch/json-patch.ts';
import { DecodeError } from '../../api/schema/decode-error.ts';
import { JsonSyntaxError } from '../../api/schema/json-syntax.ts';
import { parseJson, type JsonText } from '../../api/schema/json-text.ts';
import type { Patch } from '../../machinery/client.ts';
import { decodeObject } from '../decode.ts';
import type { ApiResponse } from '../exchange.ts';
import { patched, patchTypeOf } from '../patching.ts';
import type { DraftObject } from '../registry/draft-object.ts';
import { inVersion } from '../registry/read.ts';
import { updateObject } from '../registry/update.ts';
import { scaleStruct, updateScale } from '../subresources/scale.ts';
import { writeOptionsOf, type WriteOptions } from '../wire/query-options.ts';
import { checkSize, mediaTypeOf, textOf } from '../wire/request-body.ts';
import { jsonResponse, warningHeaders } from '../wire/response.ts';
import { contextFor, rendererFor, type Call } from './call.ts';
import { scaleFrom } from './update.ts';

/** PATCH of an object, or of its status or scale. Without a resourceVersion in it, it applies to the newest state. */
export async function patchEndpoint(call: Call): Promise<ApiResponse> {
  const { registry, served, info, request } = call;
  const struct = info.subresource === 'scale' ? scaleStruct : served.struct;
  const type = patchTypeOf(mediaTypeOf(request.headers['content-type']), struct);
  const renderer = rendererFor(call);
  const options = writeOptionsOf(request.query, 'PatchOptions');
  const { value, duplicateFields: duplicates } = read(request.body);
  const problems =
    type === 'json'
      ? [...duplicates.map((one) => `json patch ${one}`), ...unknownFieldsOfJsonPatch(value)]
      : duplicates;
  const patch: Patch = { type, body: value };
  const context = contextFor(call, options.dryRun);
  if (info.subresource === 'scale') {
    const scale = await updateScale(registry, served, info, (old) => scaleFrom(patched(struct, old, patch)), context);
    return jsonResponse(200, JSON.stringify(scale));
  }
  let warnings: readonly string[] = [];
  const change = (current: KubernetesObject): DraftObject => {
    const { object, problems: found } = decodePatched(call, patched(struct, current, patch), problems, options);
    warnings = [...found, ...(served.definition.warnings?.(object) ?? [])];
    return object;
  };
  const stored = await updateObject(registry, served, { ...info, isPatch: true }, change, context);
  return jsonResponse(200, renderer.one(inVersion(served, stored)), warningHeaders(warnings));
}

function read(body: Uint8Array): JsonText {
  checkSize(body);
  try {
    return parseJson(textOf(body));
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
