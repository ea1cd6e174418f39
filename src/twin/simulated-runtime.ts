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
import { SimulatedModelServer, type ServerProfile } from './model-server.ts';
import type { SimulatedNetwork } from './simulated-network.ts';

/** How containers of an image behave. */
export interface ImageBehaviour {
  /** From start to a listening process. */
  readonly startMs: number;
  /** From listening to a loaded model, during which health answers 503. */
  readonly loadMs: number;
  readonly port: number;
  /** Ends by itself with this code after this time; lives on when absent. */
  readonly exit?: { readonly afterMs: number; readonly code: number };
  /** Time from SIGTERM to the end. */
  readonly drainMs: number;
  readonly memoryBytes: number;
  readonly server: ServerProfile;
  /** What a command in the container comes to; success with no output when absent. */
  readonly exec?: (command: readonly string[]) => SimulatedExec;
}

export interface SimulatedExec {
  readonly exitCode: number;
  readonly output?: string;
  readonly takesMs?: number;
}

interface SimulatedContainer {
  readonly config: ContainerConfig;
  readonly server: SimulatedModelServer;
  readonly behaviour: ImageBehaviour;
  readonly readyAt: number;
  readonly timers: Timer[];
  readonly hasExited: Promise<void>;
  readonly tellExit: () => void;
  /** When the draining that SIGTERM began will be over. */
  drainedAt: number | undefined;
  state: ContainerState;
}

const killed = { exitCode: 137, signal: 9, reason: 'Error' } as const;

interface Sandbox {
  readonly config: SandboxConfig;
  readonly ip: string;
  readonly containers: Map<string, SimulatedContainer>;
}

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  readonly network: SimulatedNetwork;
  /** undefined: no such image. */
  readonly behaviourOf: (image: string, args: readonly string[]) => ImageBehaviour | undefined;
  /** The first three bytes of the addresses of this node's pods, such as `10.244.1`. */
  readonly subnet: string;
  readonly nodeIP: string;
}

/** The processes of one simulated node. Like real ones they live on when their agent dies. */
export class SimulatedRuntime implements ContainerRuntime {
  readonly version = 'slipway-simulated://1.0.0';
  readonly #options: SimulatedRuntimeOptions;
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #listeners = new Set<(podUid: string) => void>();
  #nextHost = 2;
  #nextContainer = 0;
  #isCut = false;

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options;
  }

  /** The node is lost: nothing of it answers any more, and nothing of it stops either. */
  cut(): void {
    this.#isCut = true;
    for (const { ip } of this.#sandboxes.values()) this.#options.network.cut(ip);
  }

  mend(): void {
    this.#isCut = false;
    for (const { ip } of this.#sandboxes.values()) this.#options.network.mend(ip);
  }

  /** The model server at an address of this node, loaded or not. */
  serverAt(ip: string): SimulatedModelServer | undefined {
    for (const sandbox of this.#sandboxes.values()) {
      if (sandbox.ip !== ip) continue;
      for (const { state, server } of sandbox.containers.values()) if (state.state === 'running') return server;
    }
    return undefined;
  }

  /** Kills a container as `kill -9` would. */
  kill(podUid: string, container: string): void {
    const found = this.#sandboxes.get(podUid)?.containers.get(container);
    if (found?.state.state === 'running') this.#exit(podUid, found, killed);
  }

  async runSandbox(config: SandboxConfig): Promise<SandboxStatus> {
    let sandbox = this.#sandboxes.get(config.podUid);
    if (sandbox === undefined) {
      const ip = config.hostNetwork ? this.#options.nodeIP : `${this.#options.subnet}.${this.#freeHost()}`;
      sandbox = { config, ip, containers: new Map() };
      this.#sandboxes.set(config.podUid, sandbox);
      if (this.#isCut) this.#options.network.cut(ip);
    }
    return statusOf(sandbox);
  }

  async startContainer(podUid: string, config: ContainerConfig): Promise<void> {
    const sandbox = this.#sandboxes.get(podUid);
    if (sandbox === undefined) throw new RuntimeError('CreateContainerError', `no sandbox for pod ${podUid}`);
    const known = sandbox.containers.get(config.name);
    if (known !== undefined && (known.state.attempt >= config.attempt || known.state.state === 'running')) return;
    const behaviour = this.#options.behaviourOf(config.image, config.args);
    if (behaviour === undefined)
      throw new RuntimeError('ErrImagePull', `the twin does not know the image "${config.image}"`);
    const { clock, network } = this.#options;
    const startedAt = clock.now();
    const exit = Promise.withResolvers<void>();
    const container: SimulatedContainer = {
      config,
      behaviour,
      server: new SimulatedModelServer(behaviour.server),
      readyAt: startedAt + behaviour.startMs + behaviour.loadMs,
      timers: [],
      hasExited: exit.promise,
      tellExit: exit.resolve,
      drainedAt: undefined,
      state: {
        name: config.name,
        attempt: config.attempt,
        containerID: `slipway-simulated://${podUid}/${this.#nextContainer++}`,
        state: 'running',
        startedAt,
      },
    };
    sandbox.containers.set(config.name, container);
    container.timers.push(
      clock.after(behaviour.startMs, () => {
        network.listen(sandbox.ip, {
          port: behaviour.port,
          health: () => (clock.now() >= container.readyAt ? 200 : 503),
        });
      }),
    );
    if (behaviour.exit !== undefined) {
      const { afterMs, code } = behaviour.exit;
      container.timers.push(
        clock.after(afterMs, () =>
          this.#exit(podUid, container, { exitCode: code, reason: code === 0 ? 'Completed' : 'Error' }),
        ),
      );
    }
    this.#changed(podUid);
  }

  async stopContainer(podUid: string, name: string, graceMs: number): Promise<void> {
    const container = this.#sandboxes.get(podUid)?.containers.get(name);
    if (container === undefined || container.state.state === 'exited') return;
    const { clock } = this.#options;
    const { drainMs } = container.behaviour;
    // The first SIGTERM began the draining; another call can only bring the SIGKILL nearer.
    container.drainedAt ??= clock.now() + drainMs;
    const leftMs = container.drainedAt - clock.now();
    const how = leftMs <= graceMs ? ({ exitCode: 0, reason: 'Completed' } as const) : killed;
    container.timers.push(clock.after(Math.min(leftMs, graceMs), () => this.#exit(podUid, container, how)));
    await container.hasExited;
  }

  async removeSandbox(podUid: string): Promise<void> {
    const sandbox = this.#sandboxes.get(podUid);
    if (sandbox === undefined) return;
    for (const container of sandbox.containers.values()) {
      if (container.state.state === 'running')
        this.#exit(podUid, container, killed);
    }
    this.#options.network.mend(sandbox.ip);
    this.#sandboxes.delete(podUid);
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

  async updateResources(): Promise<void> {}

  async *logs(): AsyncIterable<Uint8Array> {}

  #exit(
    podUid: string,
    container: SimulatedContainer,
    how: Pick<ContainerState, 'exitCode' | 'signal' | 'reason'>,
  ): void {
    if (container.state.state === 'exited') return;
    for (const timer of container.timers) timer.cancel();
    container.state = { ...container.state, ...how, state: 'exited', finishedAt: this.#options.clock.now() };
    const ip = this.#sandboxes.get(podUid)?.ip;
    if (ip !== undefined) this.#options.network.close(ip);
    container.tellExit();
    this.#changed(podUid);
  }

  #changed(podUid: string): void {
    for (const listener of this.#listeners) listener(podUid);
  }

  /** Addresses go round, so that one is not given again while somebody may still remember it. */
  #freeHost(): number {
    const used = new Set([...this.#sandboxes.values()].map(({ ip }) => ip));
    for (let tries = 0; tries < 253; tries++) {
      const host = this.#nextHost;
      this.#nextHost = host === 254 ? 2 : host + 1;
      if (!used.has(`${this.#options.subnet}.${host}`)) return host;
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
