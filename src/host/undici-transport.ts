import { Pool, type Dispatcher } from 'undici';
import type { Address, Exchange, Transport, UpstreamHandler, UpstreamRequest } from '../gateway/transport.ts';

/** A model server that is alive accepts at once: this is loopback or a pod network. */
const connectTimeoutMs = 2_000;
/** Between the request and the first byte of the answer, and between two chunks: a long prompt takes its time. */
const silenceTimeoutMs = 300_000;
/** A pool that nothing used for this long belongs to a pod that is gone. */
const idlePoolMs = 60_000;

interface Entry {
  readonly pool: Pool;
  active: number;
  usedAtMs: number;
}

/** HTTP/1.1 with kept connections, a pool an address; chunks are handed on as they come. */
export class UndiciTransport implements Transport {
  readonly #pools = new Map<string, Entry>();
  readonly #sweep = setInterval(() => this.#closeIdle(), idlePoolMs).unref();

  send({ host, port }: Address, request: UpstreamRequest, handler: UpstreamHandler): Exchange {
    const entry = this.#entry(`http://${host}:${port}`);
    entry.active++;
    let controller: Dispatcher.DispatchController | undefined;
    let hasEnded = false;
    const end = (tell: () => void): void => {
      if (hasEnded) return;
      hasEnded = true;
      entry.active--;
      entry.usedAtMs = performance.now();
      tell();
    };
    entry.pool.dispatch(
      {
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength),
      },
      {
        onRequestStart: (started) => {
          controller = started;
          if (hasEnded) started.abort(new Error('given up'));
        },
        onResponseStart: (_controller, statusCode, headers) => {
          if (!hasEnded) handler.onHead(statusCode, flat(headers));
        },
        onResponseData: (_controller, chunk) => {
          if (!hasEnded) handler.onData(chunk);
        },
        onResponseEnd: () => end(() => handler.onEnd()),
        onResponseError: (_controller, error) => end(() => handler.onError(error.message)),
      },
    );
    return {
      abort: () =>
        end(() => {
          controller?.abort(new Error('given up'));
        }),
      pause: () => controller?.pause(),
      resume: () => controller?.resume(),
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.destroy()));
  }

  #entry(origin: string): Entry {
    let entry = this.#pools.get(origin);
    if (entry === undefined) {
      const pool = new Pool(origin, {
        // Waiting for a connection would hide from the picker how busy a replica is.
        connections: null,
        pipelining: 1,
        connect: { timeout: connectTimeoutMs },
        headersTimeout: silenceTimeoutMs,
        bodyTimeout: silenceTimeoutMs,
        keepAliveTimeout: 30_000,
      });
      entry = { pool, active: 0, usedAtMs: performance.now() };
      this.#pools.set(origin, entry);
    }
    return entry;
  }

  #closeIdle(): void {
    for (const [origin, { pool, active, usedAtMs }] of this.#pools) {
      if (active > 0 || performance.now() - usedAtMs < idlePoolMs) continue;
      this.#pools.delete(origin);
      void pool.close();
    }
  }
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(', ') : value;
  return result;
}
