import { invalidRequest, type OpenAiError } from './openai-error.ts';

export const maxBodyBytes: number = 4 * 1024 * 1024;
const maxDepth = 64;
const maxModelLength = 512;

/** What the gateway must know of a body; the rest is the model server's business. */
export interface ModelRequest {
  readonly model: string;
  readonly isStream: boolean;
}

/** Reads a request body within its limits. Neither the body nor a part of it is ever put into an error. */
export function readModelRequest(body: Uint8Array): ModelRequest | OpenAiError {
  if (body.length > maxBodyBytes) return bodyTooLarge();
  if (depthOf(body) > maxDepth) return invalidRequest(`the body is nested deeper than ${maxDepth} levels`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return invalidRequest('the body is not valid JSON in UTF-8');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return invalidRequest('the body must be a JSON object');
  const { model, stream } = value as { model?: unknown; stream?: unknown };
  if (typeof model !== 'string' || model === '' || model.length > maxModelLength)
    return invalidRequest('"model" must name a model');
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean')
    return invalidRequest('"stream" must be true or false');
  return { model, isStream: stream === true };
}

export const bodyTooLarge = (): OpenAiError =>
  invalidRequest(`the body is larger than ${maxBodyBytes} bytes (4 MiB)`, 'request_too_large', 413);

/** Deepest nesting of brackets outside strings; one pass, before the parser may recurse. */
function depthOf(body: Uint8Array): number {
  let [depth, deepest] = [0, 0];
  let inString = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return deepest;
}
