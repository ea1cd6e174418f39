import { once } from 'node:events';
import type { Http2ServerResponse } from 'node:http2';
import type { ApiResponse } from '../apiserver/exchange.ts';

/** Headers that HTTP/2 forbids; we set none of them, backends might. */
const connectionHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** Writes the answer; a stream's pieces go out one by one, no faster than the client takes them. */
export async function writeResponse(
  response: Http2ServerResponse,
  { status, headers, body }: ApiResponse,
  signal: AbortSignal,
  isHead: boolean,
): Promise<void> {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    if (!connectionHeaders.has(name.toLowerCase())) response.setHeader(name, value);
  }
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    if (status !== 304) response.setHeader('content-length', bytes.length);
    if (isHead) response.end();
    else response.end(bytes);
    return;
  }
  // The client of a watch waits for the head before there is an event. Both HTTP versions have it; the types of one do not.
  (response as Http2ServerResponse & { flushHeaders(): void }).flushHeaders();
  if (!isHead) {
    for await (const chunk of body) {
      if (signal.aborted) break;
      if (!response.write(chunk)) await drained(response, signal);
    }
  }
  response.end();
}

async function drained(response: Http2ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    await once(response, 'drain', { signal });
  } catch {
    // The client has gone; the caller looks at the signal.
  }
}
