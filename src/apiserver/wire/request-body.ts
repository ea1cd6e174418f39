import { ApiError, badRequest } from '../../api/error.ts';
import { isJsonObject, type JsonObject } from '../../api/schema/json-value.ts';
import { JsonSyntaxError } from '../../api/schema/json-syntax.ts';
import { parseJson } from '../../api/schema/json-text.ts';
import { parseYaml, YamlSyntaxError } from './yaml-body.ts';

/** A request's body as a value. */
export interface Body {
  readonly value: unknown;
  /** Keys that came twice, as strict decoding words them. */
  readonly duplicates: readonly string[];
  /** What the value was read from, when that was JSON. */
  readonly json?: string | undefined;
}

// apiserver pkg/server/config.go: MaxRequestBodyBytes.
export const bodyBytesMax: number = 3 * 1024 * 1024;

const mediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** The media type without its parameters, JSON when none is named. */
export function mediaTypeOf(contentType: string | undefined): string {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  return type === '' ? 'application/json' : type;
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const list = accepted.join(', ');
  return new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  );
}

/** Throws RequestEntityTooLarge. */
export function checkSize(bytes: Uint8Array): void {
  if (bytes.length <= bodyBytesMax) return;
  throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${bodyBytesMax}`);
}

/**
 * Reads JSON or YAML by the Content-Type. `kind` is what the body should be, for the message.
 * Throws UnsupportedMediaType, RequestEntityTooLarge, BadRequest.
 */
export function readBody(contentType: string | undefined, bytes: Uint8Array, kind: string): Body {
  checkSize(bytes);
  const mediaType = mediaTypeOf(contentType);
  if (!mediaTypes.includes(mediaType)) throw unsupportedMediaType(mediaTypes);
  const text = textOf(bytes);
  try {
    if (mediaType !== 'application/json') return parseYaml(text);
    const { value, duplicateFields } = parseJson(text);
    return { value, duplicates: duplicateFields, json: text };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError) && !(error instanceof YamlSyntaxError)) throw error;
    const what = mediaType === 'application/json' ? `couldn't get version/kind; json parse error: ` : '';
    throw unrecognized(kind, `${what}${error.message}`, text);
  }
}

export function unrecognized(kind: string, problem: string, text: string): ApiError {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${problem} (${summary(text)})`);
}

/** Throws BadRequest unless it is a JSON object. */
export function asObject(value: unknown, kind: string): JsonObject {
  if (isJsonObject(value)) return value;
  const problem = `couldn't get version/kind; json parse error: json: cannot unmarshal ${nameOf(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
  throw unrecognized(kind, problem, JSON.stringify(value));
}

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : value === null ? 'null' : typeof value;
}

export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ApiError('BadRequest', 'the body of the request is not valid UTF-8', { cause: error });
  }
}

/** handlers/rest.go summarizeData. */
function summary(text: string): string {
  const max = 30;
  if (text === '') return '<empty>';
  if (text.startsWith('{')) return text.length > max ? `${text.slice(0, max)} ...` : text;
  const bytes = new TextEncoder().encode(text.slice(0, max + 1));
  const hex = Array.from(bytes.slice(0, max), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > max ? `${hex} ...` : hex;
}
