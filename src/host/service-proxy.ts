import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Service } from '../api/schema/core-v1.ts';
import type { EndpointSlice } from '../api/schema/discovery-v1.ts';
import type { Log } from '../machinery/log.ts';
import type { Clock } from '../std/clock.ts';
import { Lru } from '../std/lru.ts';
import { serviceRoutes, type Backend, type RouteProblem, type ServiceRoute } from './service-routes.ts';

export interface ServiceProxyOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** How long one endpoint may take to accept, before the next is tried. */
  readonly connectTimeoutMs?: number | undefined;
}

/** Clients that are remembered for session affinity, a Service. */
const clientsMax = 10_000;
const backlog = 1024;

/**
 * Makes ClusterIPs work: listens on each Service's address and port and passes TCP connections on to its endpoints in
 * turn. Feed it all Services and slices whenever any changed. A Service without endpoints is not listened for, so that
 * its clients are refused at once, as kube-proxy's REJECT does.
 */
export class ServiceProxy {
  readonly #options: ServiceProxyOptions;
  readonly #listeners = new Map<string, Listener>();
  #problems: readonly RouteProblem[] = [];
  /** Those that no longer accept, until their last connection has ended. */
  readonly #retired = new Set<Listener>();
  readonly #told = new Map<string, string>();
  #isClosed = false;

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
  }

  update(services: readonly Service[], slices: readonly EndpointSlice[]): void {
    if (this.#isClosed) return;
    const { routes, problems } = serviceRoutes(services, slices);
    this.#problems = problems;
    const wanted = new Map(routes.map((route) => [`${route.ip}:${route.port}`, route]));
    for (const [address, listener] of this.#listeners) {
      if (wanted.has(address)) continue;
      // Connections that stand go on, as they do under kube-proxy: it is their endpoint that ends them.
      this.#listeners.delete(address);
      this.#retired.add(listener);
      void listener.stopAccepting().then(() => this.#retired.delete(listener));
    }
    for (const [address, route] of wanted) {
      const listener = this.#listeners.get(address);
      if (listener?.problem === undefined && listener !== undefined) listener.update(route);
      // One that failed is tried again: whoever held the address may have gone.
      else this.#listeners.set(address, new Listener(route, this.#options, (problem) => this.#tell(address, problem)));
    }
    for (const address of this.#told.keys()) if (!wanted.has(address)) this.#told.delete(address);
  }

  /** Once for as long as it lasts. */
  #tell(address: string, { name, reason }: RouteProblem): void {
    if (this.#told.get(address) === reason) return;
    this.#told.set(address, reason);
    this.#options.log.warn('a port of a service cannot be served', { service: name, reason });
  }

  /** Ports that are not served, and why: a protocol, a port that only root may open, an address that somebody holds. */
  get problems(): readonly RouteProblem[] {
    const refused = [...this.#listeners.values()].flatMap(({ problem }) => problem ?? []);
    return [...this.#problems, ...refused];
  }

  /** Resolves when every listener that the last update wanted listens or has failed: for tests and for start-up. */
  async settled(): Promise<void> {
    await Promise.all([...this.#listeners.values()].map(({ settled }) => settled));
  }

  /** Ends everything, connections included. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#listeners.values(), ...this.#retired].map((listener) => listener.close()));
    this.#listeners.clear();
  }
}

/** One address and port. */
class Listener {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #options: ServiceProxyOptions;
  readonly #affinity = new Lru<string, { readonly backend: Backend; usedAt: number }>(clientsMax);
  readonly settled: Promise<void>;
  #route: ServiceRoute;
  #turn = 0;
  problem: RouteProblem | undefined;

  constructor(route: ServiceRoute, options: ServiceProxyOptions, onProblem: (problem: RouteProblem) => void) {
    this.#route = route;
    this.#options = options;
    // Half-open: a client that has said all it has to say still waits for the answer.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.#accept(client),
    );
    this.settled = new Promise((resolve) => {
      this.#server.once('listening', resolve);
      this.#server.on('error', (error: NodeJS.ErrnoException) => {
        this.problem = { name: route.name, reason: refusal(route, error) };
        onProblem(this.problem);
        resolve();
      });
    });
    this.#server.listen({ host: route.ip, port: route.port, backlog });
  }

  update(route: ServiceRoute): void {
    this.#route = route;
  }

  /** Resolves when its last connection has ended. */
  stopAccepting(): Promise<void> {
    return new Promise((resolve) => void this.#server.close(() => resolve()));
  }

  close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    return this.stopAccepting();
  }

  #accept(client: Socket): void {
    this.#clients.add(client);
    client.on('error', () => {});
    client.once('close', () => this.#clients.delete(client));
    this.#forward(client, this.#candidates(client.remoteAddress ?? '')).catch((error: unknown) => {
      this.#options.log.error('a connection could not be forwarded', { service: this.#route.name, error });
      client.destroy();
    });
  }

  /** Every endpoint, the one whose turn it is first. */
  #candidates(client: string): Backend[] {
    const { endpoints, affinityMs } = this.#route;
    const first = this.#turn++ % endpoints.length;
    const inTurn = [...endpoints.slice(first), ...endpoints.slice(0, first)];
    const last = affinityMs === undefined ? undefined : this.#affinity.get(client);
    if (last === undefined || affinityMs === undefined || this.#options.clock.now() - last.usedAt > affinityMs)
      return inTurn;
    const { ip, port } = last.backend;
    const kept = inTurn.filter((each) => each.ip === ip && each.port === port);
    return [...kept, ...inTurn.filter((each) => !kept.includes(each))];
  }

  async #forward(client: Socket, candidates: readonly Backend[]): Promise<void> {
    for (const backend of candidates) {
      const upstream = await dial(backend, this.#options.connectTimeoutMs ?? 1000, client);
      if (upstream === undefined) continue;
      if (client.destroyed) return void upstream.destroy();
      if (this.#route.affinityMs !== undefined) {
        this.#affinity.set(client.remoteAddress ?? '', { backend, usedAt: this.#options.clock.now() });
      }
      return splice(client, upstream);
    }
    // What a client sees of a port that nobody serves.
    client.resetAndDestroy();
  }
}

/** undefined when the endpoint does not accept in time, or the client has gone. */
function dial({ ip, port }: Backend, timeoutMs: number, client: Socket): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const upstream = connect({ host: ip, port, allowHalfOpen: true, noDelay: true });
    const give = (socket: Socket | undefined): void => {
      clearTimeout(timer);
      client.off('close', giveUp);
      if (socket === undefined) upstream.destroy();
      resolve(socket);
    };
    const giveUp = (): void => give(undefined);
    const timer = setTimeout(giveUp, timeoutMs);
    client.once('close', giveUp);
    upstream.once('error', giveUp);
    upstream.once('connect', () => {
      upstream.off('error', giveUp);
      give(upstream);
    });
  });
}

/** Ends and errors of one side reach the other: a reset stays a reset. */
function splice(client: Socket, upstream: Socket): void {
  const pair = [client, upstream] as const;
  for (const [index, socket] of pair.entries()) {
    const other = pair[1 - index] ?? socket;
    socket.on('error', () => {
      if (!other.destroyed) other.resetAndDestroy();
    });
    socket.once('close', () => {
      if (!other.destroyed && !other.writableFinished) other.end();
      if (!socket.readableEnded) other.destroy();
    });
    socket.pipe(other);
  }
}

function refusal({ ip, port }: ServiceRoute, error: NodeJS.ErrnoException): string {
  if (error.code === 'EACCES')
    return `port ${port} is for root only here: sysctl net.ipv4.ip_unprivileged_port_start, or another port`;
  if (error.code === 'EADDRINUSE') return `another program listens on ${ip}:${port}`;
  return `cannot listen on ${ip}:${port}: ${error.message}`;
}
