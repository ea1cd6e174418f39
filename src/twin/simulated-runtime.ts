import { sleep, type Clock, type Timer } from '../std/clock.ts';
import {
  RuntimeError,
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerState,
  type ContainerUsage,
  type ExecResult,
  type SandboxConfig,
  type SandboxStatus,
} from '../node/container-runtime.ts';
import type { ImageBehaviour, Images } from './image-behaviour.ts';
import { SimulatedModelServer } from './model-server.ts';
import type { SimulatedNetwork } from './simulated-network.ts';

interface SimulatedContainer {
  readonly server: SimulatedModelServer;
  readonly behaviour: ImageBehaviour;
  readonly timers: Timer[];
  readonly hasExited: Promise<void>;
  readonly tellExit: () => void;
  isDraining: boolean;
  state: ContainerState;
}

interface Sandbox {
  readonly config: SandboxConfig;
  readonly ip: string;
  readonly containers: Map<string, SimulatedContainer>;
}

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  readonly network: SimulatedNetwork;
  readonly images: Images;
  /** The first three bytes of the addresses of this node's pods, such as `10.244.1`. */
  readonly subnet: string;
  readonly nodeIP: string;
}

type Exit = Pick<ContainerState, 'exitCode' | 'signal' | 'reason'>;

const ended = (exitCode: number): Exit => ({ exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' });
const killed: Exit = { exitCode: 137, signal: 9, reason: 'Error' };

/** The processes of one simulated node. Like real ones they live on when their agent dies. */
export class SimulatedRuntime implements ContainerRuntime {
  readonly version = 'slipway-simulated://1.0.0';
  readonly #options: SimulatedRuntimeOptions;
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #byAddress = new Map<string, Sandbox>();
  readonly #listeners = new Set<(podUid: string) => void>();
  #nextHost = 2;
  #nextContainer = 0;
  #isCut = false;

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options;
  }

  /** The network around the node is gone: nothing of it answers, nothing of it stops, and clients lose what they had asked. */
  cut(): void {
    this.#isCut = true;
    for (const { ip, containers } of this.#sandboxes.values()) {
      this.#options.network.cut(ip);
      for (const { server } of containers.values()) server.abandon(this.#options.clock.now());
    }
  }

  mend(): void {
    this.#isCut = false;
    for (const { ip } of this.#sandboxes.values()) this.#options.network.mend(ip);
  }

  /** The machine loses its power: everything on it is gone. */
  lose(): void {
    for (const uid of this.#sandboxes.keys()) this.#remove(uid);
  }

  /** The model server at an address of this node, if one runs there. */
  serverAt(ip: string): SimulatedModelServer | undefined {
    for (const { state, server } of this.#byAddress.get(ip)?.containers.values() ?? [])
      if (state.state === 'running') return server;
    return undefined;
  }

  *servers(): Iterable<SimulatedModelServer> {
    for (const { containers } of this.#sandboxes.values())
      for (const { state, server } of containers.values()) if (state.state === 'running') yield server;
  }

  /** Kills a container as `kill -9` would. */
  kill(podUid: string, container: string): void {
    const found = this.#sandboxes.get(podUid)?.containers.get(container);
    if (found !== undefined) this.#exit(podUid, found, killed);
  }

  async runSandbox(config: SandboxConfig): Promise<SandboxStatus> {
    let sandbox = this.#sandboxes.get(config.podUid);
    if (sandbox === undefined) {
      const ip = config.hostNetwork ? this.#options.nodeIP : `${this.#options.subnet}.${this.#freeHost()}`;
      sandbox = { config, ip, containers: new Map() };
      this.#sandboxes.set(config.podUid, sandbox);
      this.#byAddress.set(ip, sandbox);
      if (this.#isCut) this.#options.network.cut(ip);
    }
    return statusOf(sandbox);
  }

  async startContainer(podUid: string, { name, attempt, image, args }: ContainerConfig): Promise<void> {
    const sandbox = this.#sandboxes.get(podUid);
    if (sandbox === undefined) throw new RuntimeError('CreateContainerError', `no sandbox for pod ${podUid}`);
    const known = sandbox.containers.get(name)?.state;
    if (known !== undefined && (known.attempt >= attempt || known.state === 'running')) return;
    const behaviour = this.#options.images(image, args);
    if (behaviour === undefined) throw new RuntimeError('ErrImagePull', `the twin does not know the image "${image}"`);
    const exit = Promise.withResolvers<void>();
    const container: SimulatedContainer = {
      behaviour,
      server: new SimulatedModelServer(behaviour.server),
      timers: [],
      hasExited: exit.promise,
      tellExit: exit.resolve,
      isDraining: false,
      state: {
        name,
        attempt,
        containerID: `slipway-simulated://${podUid}/${this.#nextContainer++}`,
        state: 'running',
        startedAt: this.#options.clock.now(),
      },
    };
    sandbox.containers.set(name, container);
    this.#live(sandbox, container);
    this.#changed(podUid);
  }

  async stopContainer(podUid: string, name: string, graceMs: number): Promise<void> {
    const container = this.#sandboxes.get(podUid)?.containers.get(name);
    if (container === undefined || container.state.state === 'exited') return;
    const { clock } = this.#options;
    const exitAfter = (delayMs: number, how: Exit): void =>
      void container.timers.push(clock.after(delayMs, () => this.#exit(podUid, container, how)));
    // The first SIGTERM began the draining; another call can only bring the SIGKILL nearer.
    if (!container.isDraining) {
      container.isDraining = true;
      container.server.whenIdle(() => exitAfter(container.behaviour.drainMs, ended(0)));
    }
    exitAfter(graceMs, killed);
    await container.hasExited;
  }

  async removeSandbox(podUid: string): Promise<void> {
    this.#remove(podUid);
  }

  async list(): Promise<readonly SandboxStatus[]> {
    return [...this.#sandboxes.values()].map(statusOf);
  }

  onChange(listener: (podUid: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async exec(podUid: string, name: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    const container = this.#sandboxes.get(podUid)?.containers.get(name);
    if (container?.state.state !== 'running') throw new RuntimeError('NotRunning', `container ${name} does not run`);
    const { exitCode, output = '', takesMs = 0 } = container.behaviour.exec?.(command) ?? { exitCode: 0 };
    if (takesMs > 0) await sleep(this.#options.clock, Math.min(takesMs, timeoutMs));
    return { exitCode, output, timedOut: takesMs > timeoutMs };
  }

  async usage(podUid: string): Promise<Readonly<Record<string, ContainerUsage>>> {
    const usage: Record<string, ContainerUsage> = {};
    for (const [name, { state, server, behaviour }] of this.#sandboxes.get(podUid)?.containers ?? []) {
      if (state.state !== 'running') continue;
      usage[name] = {
        cpuNanoseconds: Math.round(server.busyMs * 1e6),
        memoryBytes: behaviour.memoryBytes,
        timestamp: this.#options.clock.now(),
      };
    }
    return usage;
  }

  updateResources(): Promise<void> {
    return Promise.reject(new RuntimeError('NotSupported', 'the twin resizes no containers'));
  }

  async *logs(): AsyncIterable<Uint8Array> {}

  /** What happens to a container by itself. */
  #live({ ip, config }: Sandbox, container: SimulatedContainer): void {
    const { clock, network } = this.#options;
    const { startMs, loadMs, port, exit } = container.behaviour;
    const readyAtMs = clock.now() + startMs + loadMs;
    const health = (): number => (clock.now() >= readyAtMs && !container.isDraining ? 200 : 503);
    const listen = (): void => network.listen(ip, { port, health });
    container.timers.push(clock.after(startMs, listen));
    if (exit === undefined) return;
    const how = ended(exit.code);
    container.timers.push(clock.after(exit.afterMs, () => this.#exit(config.podUid, container, how)));
  }

  #exit(podUid: string, container: SimulatedContainer, how: Exit): void {
    if (container.state.state === 'exited') return;
    const { clock, network } = this.#options;
    for (const timer of container.timers) timer.cancel();
    container.state = { ...container.state, ...how, state: 'exited', finishedAt: clock.now() };
    const ip = this.#sandboxes.get(podUid)?.ip;
    if (ip !== undefined) network.close(ip);
    container.server.abandon(clock.now());
    container.tellExit();
    this.#changed(podUid);
  }

  #remove(podUid: string): void {
    const sandbox = this.#sandboxes.get(podUid);
    if (sandbox === undefined) return;
    for (const container of sandbox.containers.values()) this.#exit(podUid, container, killed);
    this.#options.network.mend(sandbox.ip);
    this.#sandboxes.delete(podUid);
    this.#byAddress.delete(sandbox.ip);
  }

  #changed(podUid: string): void {
    for (const listener of this.#listeners) listener(podUid);
  }

  /** Addresses go round, so that one is not given again while somebody may still remember it. */
  #freeHost(): number {
    for (let tries = 0; tries < 253; tries++) {
      const host = this.#nextHost;
      this.#nextHost = host === 254 ? 2 : host + 1;
      if (!this.#byAddress.has(`${this.#options.subnet}.${host}`)) return host;
    }
    throw new RuntimeError('FailedCreatePodSandBox', `no address is left in ${this.#options.subnet}.0/24`);
  }
}

function statusOf({ config, ip, containers }: Sandbox): SandboxStatus {
  return {
    podUid: config.podUid,
    namespace: config.namespace,
    name: config.name,
    ip,
    containers: [...containers.values()].map(({ state }) => state),
  };
}
