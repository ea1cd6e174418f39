import { endpointSlices, inferences } from '../api/resources.ts';
import { Activity } from '../gateway/activity.ts';
import { EndpointPool, type EndpointLoad, type Reservation } from '../gateway/endpoint-pool.ts';
import { defaultLimits } from '../gateway/limits.ts';
import { emptyTable, routingTable, type Route, type RoutingTable } from '../gateway/routing-table.ts';
import type { Component } from '../machinery/controller.ts';
import type { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';
import type { Outcome, SimulatedModelServer, SimulatedRequest } from './model-server.ts';

/** How a request ended for its client. Times in milliseconds since the client sent it. */
export type RequestEnd =
  | { readonly kind: 'completed'; readonly firstTokenMs: number; readonly totalMs: number }
  /** Broken off after its first token, or out of tries. */
  | { readonly kind: 'failed' }
  /** Nobody was ready for as long as requests are held, or too many were held. */
  | { readonly kind: 'turned away' };

export interface SimulatedGatewayOptions {
  /** The server that answers at an address; undefined when nobody can be reached there. */
  readonly serverAt: (address: string) => SimulatedModelServer | undefined;
  /** All that run. */
  readonly servers: () => Iterable<SimulatedModelServer>;
}

interface Passage {
  readonly sentAtMs: number;
  readonly request: SimulatedRequest;
  readonly onEnd: (end: RequestEnd) => void;
  readonly failedLives: Set<string>;
}

interface Model {
  route: Route;
  readonly pool: EndpointPool;
  held: Passage[];
}

/**
 * The gateway without sockets: the real one's routing table, endpoint pool, ejection and note of activity, and
 * its rules for holding and trying again, in synchronous code. Time comes with the calls.
 */
export class SimulatedGateway implements Component {
  readonly name = 'simulated-gateway';
  readonly #world: World;
  readonly #informers: Informers;
  readonly #options: SimulatedGatewayOptions;
  readonly #activity: Activity;
  readonly #models = new Map<string, Model>();
  #table: RoutingTable = emptyTable;
  #isStale = true;
  #detach: readonly (() => void)[] = [];

  constructor(world: World, informers: Informers, options: SimulatedGatewayOptions) {
    this.#world = world;
    this.#informers = informers;
    this.#options = options;
    this.#activity = new Activity(world);
    informers.for(inferences);
    informers.for(endpointSlices);
  }

  async start(): Promise<void> {
    const changed = (): void => {
      this.#isStale = true;
    };
    this.#detach = [
      this.#informers.for(inferences).onChange(changed),
      this.#informers.for(endpointSlices).onChange(changed),
    ];
    await Promise.all([this.#informers.for(inferences).whenSynced(), this.#informers.for(endpointSlices).whenSynced()]);
  }

  async stop(): Promise<void> {
    for (const detach of this.#detach) detach();
  }

  /** Sends one request for a model (its name, or `namespace/name`) at a time that is not before that of earlier calls. */
  send(model: string, atMs: number, request: SimulatedRequest, onEnd: (end: RequestEnd) => void): void {
    const found = this.#modelOf(model);
    if (found === undefined) return onEnd({ kind: 'turned away' });
    const passage: Passage = { sentAtMs: atMs, request, onEnd, failedLives: new Set() };
    this.#activity.note(found.route, !found.pool.hasReady);
    this.#forward(found, passage, atMs);
  }

  /** Lets every server work until now, and those who wait try again. */
  work(): void {
    const nowMs = this.#world.clock.now();
    this.#refresh();
    for (const server of this.#options.servers()) server.advance(nowMs);
    for (const model of this.#models.values()) {
      const { held, route } = model;
      if (held.length > 0) this.#activity.note(route, !model.pool.hasReady);
      model.held = [];
      for (const passage of held) {
        if (!model.pool.hasReady && nowMs - passage.sentAtMs >= route.holdMs) passage.onEnd({ kind: 'turned away' });
        else this.#forward(model, passage, nowMs);
      }
      if (model.pool.loads().some(({ inFlight }) => inFlight > 0)) this.#activity.note(route, false);
    }
  }

  /** Requests in flight by pod of a model, and those that are held for it. */
  loads(): readonly { readonly route: Route; readonly pods: readonly EndpointLoad[]; readonly held: number }[] {
    return [...this.#models.values()].map(({ route, pool, held }) => ({
      route,
      pods: pool.loads(),
      held: held.length,
    }));
  }

  #forward(model: Model, passage: Passage, atMs: number): void {
    this.#advance(model, atMs);
    for (;;) {
      const reservation = model.pool.pick((life) => passage.failedLives.has(life));
      if (reservation === undefined) break;
      const server = this.#options.serverAt(reservation.endpoint.address);
      if (server !== undefined) return this.#occupy(model, passage, reservation, server, atMs);
      passage.failedLives.add(reservation.life);
      reservation.release('hard-failure');
    }
    // Replicas that failed it may be tried again after a rest.
    passage.failedLives.clear();
    if (model.held.length >= model.route.maxHeld) passage.onEnd({ kind: 'turned away' });
    else model.held.push(passage);
  }

  #occupy(model: Model, passage: Passage, reservation: Reservation, server: SimulatedModelServer, atMs: number): void {
    const waitedMs = atMs - passage.sentAtMs;
    server.arrive(atMs, passage.request, (outcome: Outcome) => {
      if (outcome.kind === 'completed') {
        reservation.release('success');
        const { firstTokenMs, totalMs } = outcome;
        return passage.onEnd({
          kind: 'completed',
          firstTokenMs: waitedMs + firstTokenMs,
          totalMs: waitedMs + totalMs,
        });
      }
      reservation.release('failure');
      passage.failedLives.add(reservation.life);
      if (outcome.kind === 'broken' && passage.request.isStreamed) return passage.onEnd({ kind: 'failed' });
      // Not in the middle of somebody else's work: the next round takes it.
      model.held.push(passage);
    });
  }

  #advance({ route }: Model, atMs: number): void {
    for (const { address } of route.endpoints) this.#options.serverAt(address)?.advance(atMs);
  }

  #modelOf(name: string): Model | undefined {
    this.#refresh();
    const route = this.#table.byModel.get(name);
    return route === undefined ? undefined : this.#models.get(route.key);
  }

  #refresh(): void {
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#table = routingTable(
      this.#informers.for(inferences).lister.list(),
      this.#informers.for(endpointSlices).lister.list(),
    );
    const keys = new Set(this.#table.routes.map(({ key }) => key));
    for (const [key, { held }] of this.#models) {
      if (keys.has(key)) continue;
      this.#models.delete(key);
      for (const passage of held) passage.onEnd({ kind: 'turned away' });
    }
    const { clock } = this.#world;
    for (const route of this.#table.routes) {
      const known = this.#models.get(route.key);
      const model = known ?? {
        route,
        pool: new EndpointPool({ clock, maxInFlight: defaultLimits.inFlightPerEndpoint }),
        held: [],
      };
      model.route = route;
      model.pool.update(route.endpoints);
      this.#models.set(route.key, model);
    }
  }
}
