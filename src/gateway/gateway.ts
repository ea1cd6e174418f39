import type { Clock } from '../std/clock.ts';
import { Attempt, type AttemptEnd } from './attempt.ts';
import { bodyTooLarge, maxBodyBytes, readModelRequest, type ModelRequest } from './chat-request.ts';
import { Ejector } from './ejector.ts';
import { HoldQueue } from './hold-queue.ts';
import type { Reply } from './gateway-reply.ts';
import { GatewayMetrics } from './metrics.ts';
import { contended, errorBody, invalidRequest, noCapacity, unknownModel, type OpenAiError } from './openai-error.ts';
import { Picker } from './picker.ts';
import { RetryBudget } from './retry-budget.ts';
import type { Endpoint, Route, RoutingTable } from './routes.ts';
import type { Transport } from './transport.ts';

/** A request as the front read it. */
export interface GatewayRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Read up to the limit; a longer one is refused. */
  readonly body: Uint8Array;
}

export interface GatewayOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  /** Called with each request: `isHeld` when nothing was ready for it. */
  readonly onActivity: (route: Route, isHeld: boolean) => void;
}

/** The paths that go to model servers. */
const modelPaths = new Set(['/v1/chat/completions', '/v1/completions', '/v1/embeddings']);
/** Tries of one request that reached a replica and failed, before the failure is told. */
const maxTries = 8;
const statusesOfNoCapacity = new Set([502, 503, 504]);

/** From a request's body to the last byte of its answer. Pure but for its ports; see README.md for the rules. */
export class Gateway {
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #onActivity: GatewayOptions['onActivity'];
  readonly #picker = new Picker();
  readonly #ejector: Ejector;
  readonly #held: HoldQueue;
  readonly #budget: RetryBudget;
  readonly #metrics = new GatewayMetrics();
  #table: RoutingTable = { routes: [], find: () => undefined };
  #active = 0;
  #isDraining = false;

  constructor({ clock, transport, onActivity }: GatewayOptions) {
    this.#clock = clock;
    this.#transport = transport;
    this.#onActivity = onActivity;
    this.#ejector = new Ejector(clock);
    this.#held = new HoldQueue(clock);
    this.#budget = new RetryBudget(() => this.#active);
  }

  /** Requests that are not answered to the end yet. */
  get active(): number {
    return this.#active;
  }

  setTable(table: RoutingTable): void {
    this.#table = table;
    const ids = new Set(table.routes.flatMap(({ endpoints }) => endpoints.map(({ id }) => id)));
    this.#picker.retain(ids);
    this.#ejector.retain(ids);
    for (const key of this.#held.keys) this.#held.wake(key);
  }

  /** Health says no from now on; what is in flight goes on. */
  drain(): void {
    this.#isDraining = true;
  }

  async handle(request: GatewayRequest, reply: Reply): Promise<void> {
    const { method, path } = request;
    if (path === '/health' || path === '/healthz' || path === '/readyz') {
      return text(reply, this.#isDraining ? 503 : 200, this.#isDraining ? 'draining' : 'ok');
    }
    if (path === '/metrics')
      return text(reply, 200, this.#metrics.text(this.#gauges()), 'text/plain; version=0.0.4; charset=utf-8');
    if (path === '/v1/models')
      return method === 'GET' ? json(reply, 200, this.#models()) : refuse(reply, methodNotAllowed(method, 'GET'));
    if (!modelPaths.has(path)) return refuse(reply, invalidRequest(`there is no ${path} here`, 'not_found', 404));
    if (method !== 'POST') return refuse(reply, methodNotAllowed(method, 'POST'));
    await this.#serve(request, reply);
  }

  async #serve(request: GatewayRequest, reply: Reply): Promise<void> {
    const begunMs = this.#clock.now();
    const body = request.body.length > maxBodyBytes ? bodyTooLarge() : readModelRequest(request.body);
    if ('status' in body) return this.#refuse(reply, body, undefined);
    const route = this.#table.find(body.model);
    if (route === undefined)
      return this.#refuse(
        reply,
        unknownModel(
          body.model,
          this.#table.routes.map(({ model }) => model),
        ),
        undefined,
      );
    this.#active++;
    try {
      await this.#route(request, body, { route, begunMs, heldMs: 0, phase: undefined }, reply);
    } finally {
      this.#active--;
      this.#metrics.observe('slipway_gateway_request_seconds', labelsOf(route), (this.#clock.now() - begunMs) / 1000);
    }
  }

  /** Tries replicas until one answers, the client goes, or the patience of the model is over. */
  async #route(request: GatewayRequest, body: ModelRequest, passage: Passage, reply: Reply): Promise<void> {
    const tried = new Set<string>();
    const deadlineMs = passage.begunMs + passage.route.holdMs;
    let releaseRetry: (() => void) | undefined;
    try {
      for (let tries = 1; ; tries++) {
        const refusal = await this.#hold(passage, tried, deadlineMs, reply.signal);
        if (refusal !== undefined) return refusal === 'gone' ? undefined : this.#refuse(reply, refusal, passage.route);
        const reservation = this.#picker.pick(this.#candidates(passage.route, tried));
        if (reservation === undefined) throw new Error('bug: held until ready, and nothing to pick');
        const { endpoint, release } = reservation;
        const end = await this.#try(endpoint, request, body, passage, reply).finally(release);
        if (end.kind !== 'failed') {
          this.#ejector.succeeded(endpoint.id);
          return this.#finished(end, passage.route);
        }
        tried.add(endpoint.id);
        this.#ejector.failed(endpoint.id);
        this.#metrics.count('slipway_gateway_retries_total', labelsOf(passage.route));
        if (tries >= maxTries) {
          const error = noCapacity(
            `the model "${passage.route.model}" failed ${tries} times in a row`,
            'upstream_failed',
            1,
          );
          return this.#refuse(reply, error, passage.route);
        }
        releaseRetry ??= await this.#budget.acquire();
      }
    } finally {
      releaseRetry?.();
    }
  }

  /**
   * Waits for a replica to pick. Replicas that were tried are asked again only when there is no other, and
   * after their rest: with a single replica that restarts, that is the way back.
   */
  async #hold(
    passage: Passage,
    tried: Set<string>,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<OpenAiError | 'gone' | undefined> {
    const { route } = passage;
    const key = keyOf(route);
    const current = (): Route => this.#table.find(key) ?? { ...route, endpoints: [] };
    const begunMs = this.#clock.now();
    const isReady = (): boolean => {
      passage.route = current();
      return this.#candidates(passage.route, tried).length > 0;
    };
    const isHeld = !isReady();
    this.#onActivity(passage.route, isHeld);
    if (!isHeld) return undefined;
    passage.phase ??= passage.route.phase;
    const how = await this.#held.wait(key, {
      isReady,
      deadlineMs,
      maxHeld: route.maxHeld,
      signal,
      lookAgainAtMs: () => {
        // Waiting long wakes the operator again, should it have missed the first word.
        this.#onActivity(passage.route, true);
        const { endpoints } = current();
        const nextReturnMs =
          endpoints.length === 0 ? Infinity : this.#ejector.nextReturnMs(endpoints.map(({ id }) => id));
        return Math.min(nextReturnMs, this.#clock.now() + 1000);
      },
    });
    passage.heldMs += this.#clock.now() - begunMs;
    switch (how) {
      case 'ready':
        return undefined;
      case 'gone':
        return 'gone';
      case 'full':
        return contended(
          `${route.maxHeld} requests already wait for the model "${route.model}" to start`,
          'hold_queue_full',
          this.#etaSeconds(passage),
        );
      case 'expired':
        return noCapacity(
          `the model "${route.model}" was not ready in time (${passage.route.phase})`,
          'not_ready',
          this.#etaSeconds(passage),
          this.#passageHeaders(passage),
        );
      default:
        return how satisfies never;
    }
  }

  #candidates({ endpoints }: Route, tried: ReadonlySet<string>): readonly Endpoint[] {
    const rested = endpoints.filter(({ id }) => !this.#ejector.isResting(id));
    const fresh = rested.filter(({ id }) => !tried.has(id));
    return fresh.length > 0 ? fresh : rested;
  }

  #try(
    endpoint: Endpoint,
    request: GatewayRequest,
    { isStream }: ModelRequest,
    passage: Passage,
    reply: Reply,
  ): Promise<AttemptEnd> {
    const attempt = new Attempt({
      isStream,
      reply,
      isRetriable: (status) => statusesOfNoCapacity.has(status),
      headers: () => this.#passageHeaders(passage),
      onFirstByte: () =>
        this.#metrics.observe(
          'slipway_gateway_ttft_seconds',
          labelsOf(passage.route),
          (this.#clock.now() - passage.begunMs) / 1000,
        ),
    });
    const headers = { 'content-type': 'application/json', accept: isStream ? 'text/event-stream' : 'application/json' };
    return attempt.run((handler) =>
      this.#transport.send(endpoint, { method: 'POST', path: request.path, headers, body: request.body }, handler),
    );
  }

  #finished(end: Exclude<AttemptEnd, { kind: 'failed' }>, route: Route): void {
    const labels = labelsOf(route);
    if (end.kind === 'gone') return this.#metrics.count('slipway_gateway_requests_total', { ...labels, code: '499' });
    this.#metrics.count('slipway_gateway_requests_total', { ...labels, code: String(end.status) });
    if (end.kind === 'broken') this.#metrics.count('slipway_gateway_broken_streams_total', labels);
    if (end.events > 0)
      this.#metrics.count('slipway_gateway_tokens_total', { ...labels, direction: 'out' }, end.events);
  }

  /** What a client that waited is told with its answer. */
  #passageHeaders(passage: Passage): Record<string, string> {
    if (passage.phase === undefined) return {};
    return {
      'x-slipway-held-ms': String(Math.round(passage.heldMs)),
      'x-slipway-phase': passage.phase,
      'x-slipway-eta-seconds': String(this.#etaSeconds(passage)),
    };
  }

  /** How long the model will still take, by its last start; a guess of 5 s when there was none. */
  #etaSeconds({ route, heldMs }: Passage): number {
    if (route.endpoints.length > 0) return 0;
    return Math.max(1, Math.ceil(((route.coldStartMs ?? 5000) - heldMs) / 1000));
  }

  #refuse(reply: Reply, error: OpenAiError, route: Route | undefined): void {
    this.#metrics.count('slipway_gateway_requests_total', {
      ...(route === undefined ? { namespace: '', inference: '' } : labelsOf(route)),
      code: String(error.status),
    });
    refuse(reply, error);
  }

  #models(): object {
    const data = this.#table.routes.map(({ model, namespace, createdAtMs }) => ({
      id: model,
      object: 'model',
      created: Math.floor(createdAtMs / 1000),
      owned_by: namespace,
    }));
    return { object: 'list', data };
  }

  #gauges(): { name: string; labels: Readonly<Record<string, string>>; value: number }[] {
    return this.#table.routes.flatMap((route) => [
      { name: 'slipway_gateway_held', labels: labelsOf(route), value: this.#held.held(keyOf(route)) },
      ...route.endpoints.map(({ id, pod }) => ({
        name: 'slipway_gateway_in_flight',
        labels: { ...labelsOf(route), pod },
        value: this.#picker.inFlight(id),
      })),
    ]);
  }
}

/** A request on its way. The route is renewed with every look at the table. */
interface Passage {
  route: Route;
  readonly begunMs: number;
  heldMs: number;
  /** The model's phase when the request began to wait; undefined when it did not have to. */
  phase: string | undefined;
}

const keyOf = ({ namespace, inference }: Route): string => `${namespace}/${inference}`;
const labelsOf = ({ namespace, inference }: Route): { namespace: string; inference: string } => ({
  namespace,
  inference,
});
const methodNotAllowed = (method: string, allowed: string): OpenAiError => ({
  ...invalidRequest(`${method} is not allowed here, ${allowed} is`, 'method_not_allowed', 405),
  headers: { allow: allowed },
});

function text(reply: Reply, status: number, body: string, contentType = 'text/plain; charset=utf-8'): void {
  reply.head(status, { 'content-type': contentType });
  reply.data(new TextEncoder().encode(body));
  reply.end();
}

const json = (reply: Reply, status: number, body: object): void =>
  text(reply, status, JSON.stringify(body), 'application/json');

export function refuse(reply: Reply, error: OpenAiError): void {
  reply.head(error.status, { 'content-type': 'application/json', ...error.headers });
  reply.data(new TextEncoder().encode(errorBody(error)));
  reply.end();
}
