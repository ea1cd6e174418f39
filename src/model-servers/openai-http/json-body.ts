import type { IncomingMessage } from 'node:http';
import { RequestError } from './request-error.ts';

export const maxBodyBytes: number = 4 * 1024 * 1024;
export const maxJsonDepth = 64;
/** What is read and thrown away after a body was refused: closing at once would reset the answer away. */
const maxDiscardedBytes = 8 * maxBodyBytes;

/**
 * The body as a JSON object. Throws 413 over 4 MiB, 415 for anything but plain application/json, 400 for text that is no
 * JSON object or nests deeper than 64. The media type is asked for because a web page can send others anywhere
 * without asking, but not this one.
 */
export async function readJsonObject(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const mediaType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new RequestError(415, 'the content-type must be application/json', { code: 'unsupported_media_type' });
  }
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new RequestError(415, 'compressed bodies are not accepted', { code: 'unsupported_media_type' });
  }
  return parseJsonObject(await readText(request));
}

async function readText(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge(request);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > maxBodyBytes) throw tooLarge(request);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new RequestError(400, 'the body is not UTF-8', { code: 'invalid_json' });
  }
}

function tooLarge(request: IncomingMessage): RequestError {
  let discarded = 0;
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > maxDiscardedBytes) request.destroy();
  });
  request.on('error', () => {});
  return new RequestError(413, 'the body is too large: at most 4 MiB (4194304 bytes) are read', {
    code: 'request_too_large',
  });
}

/** Throws 400 unless the text is one JSON object that nests no deeper than 64. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> {
  if (depthExceeds(text, maxJsonDepth)) {
    throw new RequestError(400, `the body nests deeper than ${maxJsonDepth} levels`, { code: 'invalid_json' });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the body.
    throw new RequestError(400, 'the body is not valid JSON', { code: 'invalid_json' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RequestError(400, 'the body must be a JSON object', { code: 'invalid_json' });
  }
  return value as Readonly<Record<string, unknown>>;
}

/** Counts brackets outside strings, before the parser builds anything. */
export function depthExceeds(text: string, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) {
      inString = true;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > most) return true;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    }
  }
  return false;
}
