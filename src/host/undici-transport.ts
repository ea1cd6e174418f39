import { Pool, type Dispatcher } from 'undici';
import type {
  Address,
  Exchange,
  Transport,
  UpstreamFailure,
  UpstreamHandler,
  UpstreamRequest,
} from '../gateway/transport.ts';

export interface UndiciTransportOptions {
  readonly connectMs: number;
  /** Until the head of an answer, which a model may think about for long. */
  readonly firstByteMs: number;
  /** Between two pieces of it. */
  readonly idleMs: number;
}

/** A pool that nothing used for this long belongs to a pod that is gone. */
const idlePoolMs = 60_000;
/** Shorter than any server keeps a connection, so that a request never meets one that is being closed. */
const keepAliveMs = 4_000;

interface Entry {
  readonly pool: Pool;
  active: number;
  /** Since the last sweep. */
  wasUsed: boolean;
}

/** HTTP/1.1 with kept connections, a pool an address; chunks are handed on as they come. */
export class UndiciTransport implements Transport {
  readonly #options: UndiciTransportOptions;
  readonly #pools = new Map<string, Entry>();
  readonly #sweep = setInterval(() => this.#closeIdle(), idlePoolMs).unref();

  constructor(options: UndiciTransportOptions) {
    this.#options = options;
  }

  send({ address, port }: Address, request: UpstreamRequest, handler: UpstreamHandler): Exchange {
    const entry = this.#entry(`http://${address.includes(':') ? `[${address}]` : address}:${port}`);
    entry.active++;
    entry.wasUsed = true;
    let controller: Dispatcher.DispatchController | undefined;
    let hasEnded = false;
    let hasHead = false;
    const end = (tell: () => void): void => {
      if (hasEnded) return;
      hasEnded = true;
      entry.active--;
      tell();
    };
    entry.pool.dispatch(
      {
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: asBuffer(request.body),
      },
      {
        onRequestStart(started) {
          controller = started;
          if (hasEnded) started.abort(new Error('given up'));
        },
        onResponseStart(_controller, status, headers) {
          hasHead = true;
          if (!hasEnded) handler.onHead(status, flat(headers));
        },
        onResponseData(_controller, chunk) {
          if (!hasEnded) handler.onData(chunk);
        },
        onResponseEnd: () => end(() => handler.onEnd()),
        onResponseError: (_controller, error) => end(() => handler.onError(failureOf(error, hasHead))),
      },
    );
    return {
      abort: () => end(() => controller?.abort(new Error('given up'))),
      pause: () => controller?.pause(),
      resume: () => controller?.resume(),
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.destroy()));
  }

  #entry(origin: string): Entry {
    const known = this.#pools.get(origin);
    if (known !== undefined) return known;
    const pool = new Pool(origin, {
      // Waiting for a connection would hide from the choice of replicas how busy one is.
      connections: null,
      pipelining: 1,
      connect: { timeout: this.#options.connectMs },
      headersTimeout: this.#options.firstByteMs,
      bodyTimeout: this.#options.idleMs,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    });
    const entry = { pool, active: 0, wasUsed: true };
    this.#pools.set(origin, entry);
    return entry;
  }

  #closeIdle(): void {
    for (const [origin, entry] of this.#pools) {
      const { pool, active, wasUsed } = entry;
      entry.wasUsed = active > 0;
      if (active > 0 || wasUsed) continue;
      this.#pools.delete(origin);
      void pool.close();
    }
  }
}

const connectCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

function failureOf(error: Error & { readonly code?: string }, hasHead: boolean): UpstreamFailure {
  const code = error.code ?? '';
  if (timeoutCodes.has(code)) return 'timeout';
  return connectCodes.has(code) && !hasHead ? 'connect' : 'reset';
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}
