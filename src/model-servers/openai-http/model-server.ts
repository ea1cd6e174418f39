import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readJsonObject } from './json-body.ts';
import { metricsContentType, type Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';
import { asRequestError, errorBody, RequestError } from './request-error.ts';
import { guardRequest } from './request-guard.ts';

/** A request with its body read. */
export interface Call {
  readonly body: Readonly<Record<string, unknown>>;
  readonly response: ServerResponse;
  /** Aborts when the client is gone, or with a RequestError as reason when the server gives the request up. */
  readonly signal: AbortSignal;
  /** performance.now() when the headers were read. */
  readonly receivedMs: number;
}

/** What a loaded model adds to a server. */
export interface ServedModel {
  readonly metrics: Metrics;
  /** Extra fields of its entry in `/v1/models`. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** POST routes by path. A handler answers, or throws RequestError before it has sent anything. */
  readonly routes: Readonly<Record<string, (call: Call) => Promise<void>>>;
}

/**
 * The HTTP side of every model server: `/health`, `/metrics`, `/v1/models` and the model's own POST routes, with limits
 * on headers (16 KiB), bodies (4 MiB) and time. Answers 503 until a model is served and again while it drains.
 */
export class ModelServer {
  readonly #server: Server;
  readonly #readiness: Readiness;
  readonly #modelName: string;
  readonly #host: string;
  readonly #calls = new Set<AbortController>();
  readonly #startedSeconds = Math.floor(Date.now() / 1000);
  #served: ServedModel | undefined;
  #onIdle: (() => void) | undefined;

  constructor(modelName: string, host: string, readiness: Readiness) {
    this.#modelName = modelName;
    this.#host = host;
    this.#readiness = readiness;
    this.#server = createServer(
      {
        maxHeaderSize: 16 * 1024,
        headersTimeout: 30_000,
        requestTimeout: 60_000,
        // Longer than the pools of clients keep a connection, so that it is they who close it.
        keepAliveTimeout: 75_000,
        noDelay: true,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = 1024;
  }

  /** Port 0 takes a free one. Rejects when the address cannot be bound. */
  async listen(port: number): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: this.#host, port }, resolve);
    });
    return this.#server.address() as AddressInfo;
  }

  serve(model: ServedModel): void {
    this.#served = model;
    this.#readiness.enter('ready');
  }

  get callsInFlight(): number {
    return this.#calls.size;
  }

  /** Refuses new requests and resolves when those in flight are answered. The health check still answers, 503. */
  async drain(): Promise<void> {
    this.#readiness.enter('draining');
    this.#server.closeIdleConnections();
    if (this.#calls.size > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  /** Tells every request in flight that it is given up. */
  abandon(reason: RequestError): void {
    for (const call of this.#calls) call.abort(reason);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#readiness.phase === 'draining') response.shouldKeepAlive = false;
    // A client that resets its connection is no error of ours; 'close' follows.
    response.on('error', () => {});
    try {
      guardRequest(request, this.#host);
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      const get = this.#gets[path];
      if (get !== undefined) {
        if (request.method !== 'GET') throw wrongMethod('GET');
        return get(response);
      }
      await this.#post(path, request, response);
    } catch (error) {
      if (!(error instanceof RequestError)) console.error('request failed:', error);
      sendError(response, asRequestError(error));
    }
  }

  readonly #gets: Readonly<Record<string, (response: ServerResponse) => void>> = {
    '/health': (response) => {
      const { phase } = this.#readiness;
      sendJson(response, phase === 'ready' ? 200 : 503, this.#readiness.body(), { 'cache-control': 'no-store' });
    },
    '/metrics': (response) => {
      response.writeHead(200, { 'content-type': metricsContentType }).end(this.#served?.metrics.text() ?? '');
    },
    '/v1/models': (response) => {
      const served = this.#readyModel();
      const model = {
        id: this.#modelName,
        object: 'model',
        created: this.#startedSeconds,
        owned_by: 'slipway',
        ...served.facts,
      };
      sendJson(response, 200, { object: 'list', data: [model] });
    },
  };

  async #post(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const receivedMs = performance.now();
    const served = this.#readyModel();
    const route = served.routes[path];
    if (route === undefined)
      throw new RequestError(404, `there is no ${path.slice(0, 200)} here`, { code: 'not_found' });
    if (request.method !== 'POST') throw wrongMethod('POST');
    const call = new AbortController();
    this.#calls.add(call);
    response.on('close', () => {
      call.abort();
      this.#calls.delete(call);
      if (this.#calls.size === 0) this.#onIdle?.();
    });
    const body = await readJsonObject(request);
    await route({ body, response, signal: call.signal, receivedMs });
  }

  #readyModel(): ServedModel {
    const { phase } = this.#readiness;
    if (this.#served !== undefined && phase === 'ready') return this.#served;
    const draining = phase === 'draining';
    throw new RequestError(503, draining ? 'the server is shutting down' : `the model is ${phase}`, {
      code: draining ? 'draining' : 'model_not_ready',
      headers: { 'retry-after': '1' },
    });
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers })
    .end(text);
}

function sendError(response: ServerResponse, error: RequestError): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  sendJson(response, error.status, errorBody(error), error.headers);
}

function wrongMethod(allowed: string): RequestError {
  return new RequestError(405, `only ${allowed} is served here`, {
    code: 'method_not_allowed',
    headers: { allow: allowed },
  });
}
