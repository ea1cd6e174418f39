import { badRequest, invalid } from '../../api/error.ts';
import { invalidValue } from '../../api/field-error.ts';
import { decodeBody, type DecodedBody } from '../../api/protobuf/decode-body.ts';
import { decode } from '../../api/schema/decode.ts';
import { DecodeError } from '../../api/schema/decode-error.ts';
import type { JsonObject } from '../../api/schema/json-value.ts';
import { strictProblems } from '../../api/schema/strict-problems.ts';
import { structOfKind, type Struct } from '../../api/schema/struct.ts';
import { decodeObject } from '../decode.ts';
import type { DraftObject } from '../registry/draft-object.ts';
import { asObject, checkSize, mediaTypeOf, readBody, textOf, unrecognized, type Body } from '../wire/request-body.ts';
import type { WriteOptions } from '../wire/query-options.ts';
import type { ServedResource } from '../served-resource.ts';
import type { Call } from './call.ts';

export interface DecodedRequest {
  readonly object: DraftObject;
  readonly warnings: readonly string[];
}

/** The object of a POST or PUT. Throws BadRequest with upstream's words, or UnsupportedMediaType. */
export function decodeRequest(call: Call, { fieldValidation }: WriteOptions): DecodedRequest {
  const { served } = call;
  const { kind, version } = served.resource;
  const { value, duplicates, json } = bodyOf(call, kind);
  checkType(call, value);
  try {
    const { object, problems: unknown } = decodeObject(served, value, { copy: false });
    const problems = fieldValidation === 'Ignore' ? [] : inOrder(served.struct, json, duplicates, unknown);
    if (fieldValidation !== 'Strict' || problems.length === 0) return { object, warnings: problems };
    throw new DecodeError(`strict decoding error: ${problems.join(', ')}`);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`);
  }
}

/** Duplicate and unknown fields in the order of the text, as upstream's decoder meets them. */
function inOrder(
  struct: Struct | undefined,
  json: string | undefined,
  duplicates: readonly string[],
  unknown: readonly string[],
): readonly string[] {
  if (duplicates.length === 0) return unknown;
  return struct === undefined || json === undefined ? [...duplicates, ...unknown] : strictProblems(json, struct);
}

/** A body of any media type as a JSON object. `kind` is what it should be, for messages. */
export function bodyOf(
  { request, served }: Pick<Call, 'request' | 'served'>,
  kind: string,
): Body & { readonly value: JsonObject } {
  const contentType = request.headers['content-type'];
  if (mediaTypeOf(contentType) !== 'application/vnd.kubernetes.protobuf') {
    const { value, duplicates, json } = readBody(contentType, request.body, kind);
    const object = asObject(value, kind);
    if (served.isCustom && kind === served.resource.kind) checkNamed(object, request.body, kind);
    return { value: object, duplicates, json };
  }
  checkSize(request.body);
  try {
    const { apiVersion, kind: bodyKind, object } = decodeBody(request.body, structOfType) as DecodedBody;
    return { value: { ...(object as JsonObject), apiVersion, kind: bodyKind }, duplicates: [] };
  } catch (error) {
    if (!(error instanceof Error) || (error.name !== 'ProtobufError' && error.name !== 'DecodeError')) throw error;
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${error.message}`);
  }
}

function structOfType(apiVersion: string, kind: string): ReturnType<typeof structOfKind> {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return structOfKind(group, version, kind);
}

/** Objects without a schema in the server must say what they are. */
function checkNamed(object: JsonObject, body: Uint8Array, kind: string): void {
  for (const [field, word] of [
    ['kind', 'Kind'],
    ['apiVersion', 'apiVersion'],
  ] as const) {
    if (typeof object[field] === 'string' && object[field] !== '') continue;
    const text = textOf(body);
    throw unrecognized(kind, `Object '${word}' is missing in '${text.slice(0, 1000)}'`, text);
  }
}

/** A body that names another kind or version than the one of the path is refused. */
function checkType({ served }: Call, value: JsonObject): void {
  const { kind, group } = served.resource;
  const given = { kind: value['kind'] ?? '', apiVersion: value['apiVersion'] ?? '' };
  if (typeof given.kind !== 'string' || typeof given.apiVersion !== 'string') {
    throw badRequest(`couldn't get version/kind; json parse error: apiVersion and kind must be strings`);
  }
  const asked = { kind: given.kind || kind, apiVersion: given.apiVersion || served.apiVersion };
  if (!served.isCustom) checkRegistered(served, asked, value);
  if (asked.apiVersion !== served.apiVersion) {
    throw badRequest(
      `the API version in the data (${asked.apiVersion}) does not match the expected API version (${served.apiVersion})`,
    );
  }
  if (asked.kind !== kind) {
    const { name = '' } = (value['metadata'] ?? {}) as { readonly name?: string };
    throw invalid({ group, kind: asked.kind }, name, [invalidValue('kind', asked.kind, `must be ${kind}`)]);
  }
}

/** Upstream decodes what the body says it is, and then fails to make the wanted kind of it. */
function checkRegistered(
  { resource, apiVersion }: ServedResource,
  asked: { readonly kind: string; readonly apiVersion: string },
  value: JsonObject,
): void {
  if (asked.kind === resource.kind && asked.apiVersion === apiVersion) return;
  const version = asked.apiVersion.split('/').at(-1)!;
  const cannot = `${asked.kind} in version ${JSON.stringify(version)} cannot be handled as a ${resource.kind}`;
  const struct = structOfType(asked.apiVersion, asked.kind);
  if (struct === undefined) {
    const scheme = 'in scheme "pkg/runtime/scheme.go:111"';
    throw badRequest(`${cannot}: no kind "${asked.kind}" is registered for version "${asked.apiVersion}" ${scheme}`);
  }
  if (asked.kind === resource.kind) return;
  try {
    decode(struct, value, { copy: true });
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(`${cannot}: ${error.message}`);
    throw error;
  }
  const hub = resource.group === '' ? 'core' : resource.group.split('.')[0];
  throw badRequest(`${cannot}: converting (${version}.${asked.kind}) to (${hub}.${resource.kind}): unknown conversion`);
}
