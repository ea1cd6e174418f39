import { type Clock, secondMs } from '../std/clock.ts';
import { type AttemptEnd, type HeldAnswer, attempt } from './attempt.ts';
import { EndpointPool, type Reservation } from './endpoint-pool.ts';
import { GatewayError } from './gateway-error.ts';
import { type Gauge, GatewayMetrics } from './gateway-metrics.ts';
import type { Reply } from './gateway-reply.ts';
import { HoldQueue } from './hold-queue.ts';
import { type InferenceRequest, modelPaths, readInferenceRequest, renameModel } from './inference-request.ts';
import { Leaving } from './leaving.ts';
import { type GatewayLimits, defaultLimits } from './limits.ts';
import { modelEntry, modelList } from './model-list.ts';
import { ModelMeters } from './model-meters.ts';
import { Passage } from './passage.ts';
import { RetryBudget } from './retry-budget.ts';
import { type Route, type RoutingTable, emptyTable } from './routing-table.ts';
import type { Transport } from './transport.ts';

/** A request as the front read it, guarded and with its body. */
export interface GatewayRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly body: Uint8Array;
}

export interface GatewayOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  /** Called while requests are there: `isHeld` when nobody is ready for them. */
  readonly onActivity: (route: Route, isHeld: boolean) => void;
  readonly limits?: Partial<GatewayLimits>;
}

/** A model with what is known of its replicas and who waits for them. */
interface Served {
  route: Route;
  readonly meters: ModelMeters;
  readonly pool: EndpointPool;
  readonly held: HoldQueue;
}

/** One request on its way. */
interface Way {
  readonly passage: Passage;
  readonly meters: ModelMeters;
  readonly reply: Reply;
}

/** From a request's body to the last byte of its answer. Pure but for its ports; README.md has the rules. */
export class Gateway {
  readonly limits: GatewayLimits;
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #onActivity: GatewayOptions['onActivity'];
  readonly #budget: RetryBudget;
  readonly #metrics = new GatewayMetrics();
  readonly #unknown = new ModelMeters(this.#metrics, { namespace: '', inference: '' });
  readonly #abandon = new Leaving();
  #served: ReadonlyMap<string, Served> = new Map();
  #table: RoutingTable = emptyTable;
  #active = 0;
  #isDraining = false;
  #isNoting = false;

  constructor({ clock, transport, onActivity, limits = {} }: GatewayOptions) {
    this.limits = { ...defaultLimits, ...limits };
    this.#clock = clock;
    this.#transport = transport;
    this.#onActivity = onActivity;
    this.#budget = new RetryBudget(() => this.#active);
  }

  /** Requests to models that are not answered to the end yet. */
  get active(): number {
    return this.#active;
  }

  /** Takes over a new table; whoever waits looks again. */
  setTable(table: RoutingTable): void {
    this.#table = table;
    const before = this.#served;
    this.#served = new Map(
      table.routes.map((route) => {
        const served = before.get(route.key) ?? this.#newlyServed(route);
        served.route = route;
        served.pool.update(route.endpoints);
        return [route.key, served];
      }),
    );
    for (const { held } of new Set([...before.values(), ...this.#served.values()])) held.wake();
    this.#metrics.retain(
      ({ namespace, inference }) => inference === '' || this.#served.has(`${namespace}/${inference}`),
    );
  }

  /** Health says no from now on; what is in flight goes on. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Ends what is still in flight, telling every client. */
  abandon(): void {
    this.#abandon.abort();
  }

  /** Never rejects but for a bug; the reply always ends. */
  async handle(request: GatewayRequest, reply: Reply): Promise<void> {
    try {
      await this.#answer(request, reply);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      refuse(reply, error);
    }
  }

  async #answer({ method, path, body }: GatewayRequest, reply: Reply): Promise<void> {
    if (modelPaths.has(path)) {
      allow(method, 'POST');
      return this.#toModel(path, body, reply);
    }
    if (path === '/health') return text(reply, this.#isDraining ? 503 : 200, this.#isDraining ? 'draining' : 'ok');
    if (path !== '/metrics' && path !== '/v1/models' && !path.startsWith('/v1/models/'))
      throw new GatewayError('not-found', 'nothing is served at this path');
    allow(method, 'GET');
    if (path === '/metrics') return text(reply, 200, this.#metrics.text(this.#gauges()), metricsType);
    if (path === '/v1/models') return text(reply, 200, JSON.stringify(modelList(this.#table)), 'application/json');
    const name = decoded(path.slice('/v1/models/'.length));
    const route = this.#table.byModel.get(name);
    if (route === undefined) throw this.#unknownModel(name);
    return text(reply, 200, JSON.stringify(modelEntry(name, route)), 'application/json');
  }

  async #toModel(path: string, body: Uint8Array, reply: Reply): Promise<void> {
    let meters = this.#unknown;
    let code = '499';
    const beganAt = this.#clock.now();
    try {
      const request = readInferenceRequest(path, body, this.limits);
      const route = this.#table.byModel.get(request.model);
      const served = route === undefined ? undefined : this.#served.get(route.key);
      if (route === undefined || served === undefined) throw this.#unknownModel(request.model);
      ({ meters } = served);
      if (this.#active >= this.limits.inFlight)
        throw new GatewayError('contended', 'the gateway has as many requests as it can hold', { 'retry-after': '1' });
      const passage = new Passage(this.#clock, route);
      this.#active++;
      try {
        this.#watchActivity();
        const status = await this.#pass(request, { passage, meters, reply });
        if (status !== undefined) code = String(status);
      } finally {
        this.#active--;
        meters.tookWhole((this.#clock.now() - beganAt) / 1000);
      }
    } catch (error) {
      code = String(error instanceof GatewayError ? error.status : 500);
      throw error;
    } finally {
      meters.answered(code);
    }
  }

  /**
   * Sends the request to one replica after another until the client has an answer; waits while there is none to send to.
   * Returns the status of the answer, undefined when the client went away.
   */
  async #pass(request: InferenceRequest, way: Way): Promise<number | undefined> {
    const { passage, meters, reply } = way;
    const { route } = passage;
    const body = request.model === route.modelName ? request.body : renameModel(request, route.modelName);
    let last: AttemptEnd | undefined;
    for (let tries = 1; tries <= this.limits.attempts; tries++) {
      const released = tries === 1 ? nothingToGiveBack : await this.#permit(passage, reply);
      if (released === undefined) return undefined;
      try {
        const reservation = await this.#reserve(passage, reply);
        if (reservation === undefined) return undefined;
        const end = await this.#try(request, body, reservation, way, released);
        if (end.kind === 'gone') return undefined;
        if (end.kind === 'abandoned') throw shutDown();
        if (end.kind !== 'failed') {
          if (end.kind === 'broken') meters.brokeOff();
          meters.used(end.usage);
          return end.status;
        }
        if (end.failure === 'timeout')
          throw new GatewayError('upstream-timeout', `the model "${route.modelName}" did not answer in time`);
        passage.failed(reservation.life);
        last = end;
        if (tries < this.limits.attempts) meters.triedAgain();
      } finally {
        released();
      }
    }
    if (last?.kind === 'failed' && last.answer !== undefined)
      return giveAnswer(reply, last.answer, { 'x-slipway-reason': 'upstream-failed', ...passage.headers() });
    throw new GatewayError('upstream-failed', `the model "${route.modelName}" failed ${this.limits.attempts} times`, {
      ...passage.headers(),
      'retry-after': '1',
    });
  }

  /** The right to one more try. It is asked for when somebody could take the request, or waiting would use it up. */
  async #permit(passage: Passage, reply: Reply): Promise<(() => void) | undefined> {
    const reservation = await this.#reserve(passage, reply);
    reservation?.release();
    return reservation === undefined ? undefined : this.#budget.acquire(reply.signal);
  }

  #try(
    request: InferenceRequest,
    body: Uint8Array,
    reservation: Reservation,
    { passage, meters, reply }: Way,
    released: () => void,
  ): Promise<AttemptEnd> {
    const { isStream, path } = request;
    const options = {
      isStream,
      reply,
      clock: this.#clock,
      limits: this.limits,
      abandon: this.#abandon,
      headers: () => passage.headers(),
      onFirstToken: () => meters.tookToFirstToken(passage.elapsedMs / 1000),
      onCommit: released,
    };
    // Made anew: what the client sent beside the body is between it and the gateway.
    const headers = isStream ? streamHeaders : wholeHeaders;
    return attempt(options, (handler) =>
      this.#transport.send(reservation.endpoint, { method: 'POST', path, headers, body }, handler),
    ).then(
      (end) => {
        if (end.kind === 'answered') reservation.release('success');
        else if (end.kind === 'failed') reservation.release(end.failure === 'connect' ? 'hard-failure' : 'failure');
        else if (end.kind === 'broken' && !this.#abandon.aborted) reservation.release('failure');
        else reservation.release();
        // Whoever waits because everything was full has a chance now.
        this.#served.get(passage.route.key)?.held.wake();
        return end;
      },
      (error: unknown) => {
        reservation.release();
        throw error;
      },
    );
  }

  /** A place on a replica, waiting for one if need be; undefined when the client went away. Throws GatewayError. */
  async #reserve(passage: Passage, reply: Reply): Promise<Reservation | undefined> {
    const { key } = passage.route;
    try {
      for (;;) {
        if (reply.signal.aborted) return undefined;
        if (this.#abandon.aborted) throw shutDown();
        const served = this.#served.get(key);
        if (served === undefined) throw this.#unknownModel(passage.route.modelName);
        passage.route = served.route;
        const reservation = served.pool.pick(passage.hasFailed ? (life) => passage.isExcluded(life) : undefined);
        if (reservation !== undefined) {
          // Many requests are over before anybody looks the next time.
          this.#onActivity(served.route, false);
          return reservation;
        }
        this.#refuseToHold(served, passage);
        passage.holds();
        if (!served.pool.hasReady) this.#onActivity(served.route, true);
        const at = this.#clock.now();
        await served.held.wait(passage.nextLookMs(), reply.signal, this.#abandon);
        passage.waited(this.#clock.now() - at);
      }
    } finally {
      passage.isHeld = false;
    }
  }

  #refuseToHold({ route, pool, held }: Served, passage: Passage): void {
    const model = `the model "${route.modelName}"`;
    const { hasReady } = pool;
    if (route.phase === 'Failed' && !hasReady)
      throw new GatewayError('model-failed', `${model} cannot be served: its Inference is in phase Failed`, {
        ...passage.headers(),
        'retry-after': '10',
      });
    const isPastHold = passage.remainingMs <= 0;
    // Who was let in and failed by a replica is not turned away for it.
    const isQueueFull = !passage.isHeld && !passage.hasFailed && held.length >= route.maxHeld;
    if (!isPastHold && !isQueueFull) return;
    const headers = { ...passage.headers(), 'retry-after': String(passage.etaSeconds ?? 5) };
    if (hasReady) throw new GatewayError('contended', `${model} has more requests than its replicas can take`, headers);
    const why = isPastHold
      ? `was not ready in time (${route.phase})`
      : 'starts, and as many requests as may wait for it do';
    throw new GatewayError('no-capacity', `${model} ${why}`, headers);
  }

  /** Notes once a second which models have requests, while any has. */
  #watchActivity(): void {
    if (this.#isNoting || this.#active === 0) return;
    this.#isNoting = true;
    this.#clock.after(secondMs, () => {
      this.#isNoting = false;
      for (const { route, pool, held } of this.#served.values()) {
        const isHeld = held.length > 0 && !pool.hasReady;
        if (isHeld || pool.loads().some(({ inFlight }) => inFlight > 0)) this.#onActivity(route, isHeld);
      }
      this.#watchActivity();
    });
  }

  #gauges(): readonly Gauge[] {
    return [...this.#served.values()].flatMap(({ route, pool, held }): Gauge[] => [
      { name: 'slipway_gateway_held', labels: labelsOf(route), value: held.length },
      ...pool.loads().map(({ pod, inFlight }): Gauge => ({
        name: 'slipway_gateway_in_flight',
        labels: { ...labelsOf(route), pod },
        value: inFlight,
      })),
    ]);
  }

  #newlyServed(route: Route): Served {
    const pool = new EndpointPool({ clock: this.#clock, maxInFlight: this.limits.inFlightPerEndpoint });
    return { route, meters: new ModelMeters(this.#metrics, route), pool, held: new HoldQueue(this.#clock) };
  }

  #unknownModel(name: string): GatewayError {
    const known = [...new Set(this.#table.routes.map(({ modelName }) => modelName))].slice(0, 20);
    const there = known.length === 0 ? 'there is none yet' : `there is ${known.map((one) => `"${one}"`).join(', ')}`;
    return new GatewayError('unknown-model', `there is no model "${name.slice(0, 200)}"; ${there}`);
  }
}

const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

const labelsOf = ({ namespace, inference }: Route): { namespace: string; inference: string } => ({
  namespace,
  inference,
});

const wholeHeaders = { 'content-type': 'application/json', accept: 'application/json' };
const streamHeaders = { 'content-type': 'application/json', accept: 'text/event-stream' };
const nothingToGiveBack = (): void => {};

const shutDown = (): GatewayError => new GatewayError('draining', 'the gateway shuts down', { 'retry-after': '1' });

function allow(method: string, allowed: 'GET' | 'POST'): void {
  if (method !== allowed)
    throw new GatewayError('method-not-allowed', `only ${allowed} is served here`, { allow: allowed });
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function text(reply: Reply, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  giveAnswer(reply, { status, headers: { 'content-type': type }, body: new TextEncoder().encode(body) }, {});
}

function giveAnswer(
  reply: Reply,
  { status, headers, body }: HeldAnswer,
  more: Readonly<Record<string, string>>,
): number {
  reply.head(status, { ...headers, ...more, 'content-length': String(body.length) });
  reply.end(body);
  return status;
}

/** Answers with an error of the gateway's own. */
export function refuse(reply: Reply, error: GatewayError): void {
  const headers = { 'content-type': 'application/json', 'x-slipway-reason': error.reason, ...error.headers };
  giveAnswer(reply, { status: error.status, headers, body: new TextEncoder().encode(error.body()) }, {});
}
