import { ApiError } from '../api/error.ts';
import { authorize } from './authorize.ts';
import type { AggregatedApi, PodLogs } from './backends.ts';
import { Discovery } from './discovery/discovery.ts';
import { OpenApiEndpoint } from './discovery/openapi.ts';
import { dispatch, unknownPath } from './endpoints/dispatch.ts';
import type { ApiRequest, ApiResponse } from './exchange.ts';
import type { Registry } from './registry/registry.ts';
import { requestInfo, type RequestInfo } from './request-info.ts';
import { RequestMetrics } from './request-metrics.ts';
import { versionInfo } from './version-info.ts';
import { jsonResponse, statusOf, statusResponse, textResponse } from './wire/response.ts';

// kube-apiserver --max-requests-inflight and --max-mutating-requests-inflight together.
const inFlightMax = 600;

export interface HandlerOptions {
  readonly registry: Registry;
  readonly podLogs?: PodLogs | undefined;
  readonly aggregated: readonly AggregatedApi[];
  readonly version: string;
  /** Called with failures that are bugs, not answers. */
  readonly onBug: (error: unknown, request: ApiRequest) => void;
}

/** Answers requests: who may, what is meant, who does it. Never rejects. */
export class Handler {
  readonly #options: HandlerOptions;
  readonly #discovery: Discovery;
  readonly #openApi: OpenApiEndpoint;
  readonly #metrics = new RequestMetrics();

  constructor(options: HandlerOptions) {
    this.#options = options;
    const { resources, clock } = options.registry;
    this.#discovery = new Discovery(resources, options.aggregated);
    this.#openApi = new OpenApiEndpoint(resources, clock);
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    const info = requestInfo(request.method, request.path, request.query);
    const isLongRunning = isLong(info, request);
    this.#metrics.started(isLongRunning);
    let response: ApiResponse;
    try {
      response = await this.#answer(request, info, isLongRunning);
    } catch (error) {
      if (!(error instanceof ApiError)) this.#options.onBug(error, request);
      response = statusResponse(statusOf(error));
    }
    this.#metrics.count(info, response.status);
    const { body } = response;
    const end = (): void => this.#metrics.ended(isLongRunning);
    if (typeof body === 'string' || body instanceof Uint8Array) {
      end();
      return response;
    }
    return { ...response, body: finished(body, end) };
  }

  async #answer(request: ApiRequest, info: RequestInfo, isLongRunning: boolean): Promise<ApiResponse> {
    authorize(request);
    if (!isLongRunning && this.#metrics.inFlight > inFlightMax) {
      throw new ApiError('TooManyRequests', 'Too many requests, please try again later.', {
        details: { retryAfterSeconds: 1 },
      });
    }
    if (!info.isResource) return this.#nonResource(request);
    const aggregated = this.#options.aggregated.find(
      ({ group, version }) => group === info.group && version === info.version,
    );
    if (aggregated !== undefined) return await aggregated.handle(request);
    const { registry, podLogs } = this.#options;
    const served = registry.resources.find(info);
    if (served === undefined) {
      // A group-version that is not there has nobody to answer with a Status.
      const isKnown = registry.resources.of(info.group, info.version).length > 0;
      if (isKnown) throw unknownPath();
      return pageNotFound();
    }
    if (!served.resource.namespaced && info.namespace !== '') throw unknownPath();
    return await dispatch({ registry, served, info, request }, podLogs);
  }

  #nonResource(request: ApiRequest): ApiResponse {
    const { method, path } = request;
    if (method !== 'GET' && method !== 'HEAD') return pageNotFound();
    switch (path.replace(/\/+$/, '')) {
      case '/healthz':
      case '/livez':
      case '/readyz':
        return request.query.has('verbose') ? textResponse(200, verboseHealth(path)) : textResponse(200, 'ok');
      case '/version':
        return jsonResponse(200, JSON.stringify(versionInfo(this.#options.version)));
      case '/metrics':
        return textResponse(200, this.#metrics.text(this.#options.registry.store));
      case '':
        return jsonResponse(200, JSON.stringify({ paths: this.#paths() }));
      default: {
        const found = this.#discovery.handle(request) ?? this.#openApi.handle(request);
        return found ?? pageNotFound();
      }
    }
  }

  #paths(): readonly string[] {
    const groups = this.#discovery.groups().flatMap(({ name, versions }) => {
      const root = name === '' ? '/api' : `/apis/${name}`;
      return [root, ...versions.map(({ version }) => `${root}/${version}`)];
    });
    return [...groups, '/apis', '/healthz', '/livez', '/metrics', '/openapi/v3', '/readyz', '/version'].toSorted();
  }
}

/** Upstream's mux, which knows nothing of Kubernetes, says so. */
function pageNotFound(): ApiResponse {
  return textResponse(404, '404 page not found\n');
}

function isLong(info: RequestInfo, { query }: ApiRequest): boolean {
  if (!info.isResource) return false;
  return info.verb === 'watch' || (info.subresource === 'log' && query.has('follow'));
}

/** Calls `end` once, when the body was read to its end or given up. */
async function* finished<T>(body: AsyncIterable<T>, end: () => void): AsyncIterable<T> {
  try {
    yield* body;
  } finally {
    end();
  }
}

function verboseHealth(path: string): string {
  return `[+]ping ok\n[+]etcd ok\n${path.replace(/^\/+|\/+$/g, '')} check passed\n`;
}
