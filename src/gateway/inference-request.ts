import { GatewayError } from './gateway-error.ts';
import { nestsDeeperThan } from './json-depth.ts';
import type { GatewayLimits } from './limits.ts';

/** The paths that models answer. */
export const modelPaths: ReadonlySet<string> = new Set(['/v1/chat/completions', '/v1/completions', '/v1/embeddings']);

export interface InferenceRequest {
  readonly path: string;
  readonly model: string;
  readonly isStream: boolean;
  /** As it came. */
  readonly body: Uint8Array;
}

/** Fields by which some gateways let a caller choose the upstream or its credentials; here nobody does. */
const refusedFields = ['api_base', 'base_url', 'api_key', 'extra_headers'];

const strictDecoder = new TextDecoder('utf-8', { fatal: true });

const invalid = (message: string): GatewayError => new GatewayError('bad-request', message);

/**
 * Reads what the gateway must know of a body and refuses what is too much; the rest is the model
 * server's to judge. Throws GatewayError; messages never quote the body.
 */
export function readInferenceRequest(path: string, body: Uint8Array, limits: GatewayLimits): InferenceRequest {
  const fields = parseObject(body, limits.jsonDepth);
  const { model, stream, messages, n, input } = fields;
  if (typeof model !== 'string' || model === '') throw invalid('"model" must be a text that names a model');
  if (model.length > 512) throw invalid('"model" is too long');
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean')
    throw invalid('"stream" must be true or false');
  if (Array.isArray(messages) && messages.length > limits.messages)
    throw invalid(`"messages" has more than ${limits.messages} entries`);
  if (Array.isArray(input) && typeof input[0] !== 'number' && input.length > limits.inputs)
    throw invalid(`"input" has more than ${limits.inputs} texts`);
  if (typeof n === 'number' && n > limits.choices) throw invalid(`"n" is more than ${limits.choices}`);
  for (const field of refusedFields) if (field in fields) throw invalid(`"${field}" is not accepted here`);
  return { path, model, isStream: stream === true && path !== '/v1/embeddings', body };
}

/** The body with another model's name in it: a server knows its model by one name only. */
export function renameModel({ body }: InferenceRequest, model: string): Uint8Array {
  const fields = JSON.parse(new TextDecoder().decode(body)) as object;
  return new TextEncoder().encode(JSON.stringify({ ...fields, model }));
}

function parseObject(body: Uint8Array, jsonDepth: number): Readonly<Record<string, unknown>> {
  if (nestsDeeperThan(body, jsonDepth)) throw invalid(`the body nests deeper than ${jsonDepth} levels`);
  let value: unknown;
  try {
    value = JSON.parse(strictDecoder.decode(body));
  } catch {
    // The parser's own message quotes the body.
    throw invalid('the body is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('the body must be a JSON object');
  return value as Readonly<Record<string, unknown>>;
}
