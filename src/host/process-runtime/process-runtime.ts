import { mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../machinery/log.ts';
import {
  RuntimeError,
  type ContainerRuntime,
  type SandboxConfig,
  type SandboxStatus,
} from '../../node/container-runtime.ts';
import type { Clock } from '../../std/clock.ts';
import type { Random } from '../../std/random.ts';
import { slipwayVersion } from '../version.ts';
import { until } from './bury.ts';
import { killAll, removeScope } from './cgroup-scope.ts';
import { openCgroups, type Cgroups } from './cgroups.ts';
import { PodAddresses, hash } from './pod-addresses.ts';
import { AddressTaken, discardFolder, PodSandbox, removedSuffix, type SandboxWorld } from './pod-sandbox.ts';
import { isContainerName, isPodUid } from './sandbox-record.ts';

export interface ProcessRuntimeOptions {
  /** `<data-dir>/pods`: everything about the pods is there, and its path tells this engine's pods from another's. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What all pods together may use: the CPU weight of their control group. */
  readonly cpuMillis: number;
  /** Runs shims and built-in images; process.execPath unless told. */
  readonly nodeBinary?: string | undefined;
  /** Where `host/<command>` is looked for; PATH unless told. */
  readonly searchPath?: string | undefined;
  /** `none` leaves control groups alone even where they could be written. */
  readonly cgroups?: 'auto' | 'none' | undefined;
  /** The kubelet's podPidsLimit, which is without limit there: here the pods share a person's machine. */
  readonly podPidsMax?: number | undefined;
  /** How long a shim may be silent before it is taken for dead, its containers with it. It answers at once unless the machine stands still. */
  readonly shimAnswerMs?: number | undefined;
}

/** What this machine lets the runtime do. */
export interface RuntimeCapabilities {
  readonly cgroups: 'v1' | 'v2' | 'none';
  readonly limitsCpu: boolean;
  readonly limitsMemory: boolean;
  /** Why there is less than all. */
  readonly reason?: string | undefined;
}

const addressTries = 32;

/** Runs pods as processes of this machine, each under a shim that outlives the engine. One for all nodes of an engine. */
export class ProcessRuntime {
  readonly capabilities: RuntimeCapabilities;
  readonly #options: ProcessRuntimeOptions;
  readonly #world: SandboxWorld;
  readonly #addresses: PodAddresses;
  readonly #cgroups: Cgroups | undefined;
  readonly #sandboxes = new Map<string, PodSandbox>();
  readonly #listeners = new Map<string, Set<(podUid: string) => void>>();
  readonly #queues = new Map<string, Promise<unknown>>();

  private constructor(options: ProcessRuntimeOptions) {
    const { folder, clock, random, log, cpuMillis } = options;
    const {
      nodeBinary = process.execPath,
      searchPath = process.env['PATH'] ?? '',
      podPidsMax = 4096,
      shimAnswerMs = 20_000,
    } = options;
    this.#options = options;
    const cgroups =
      options.cgroups === 'none'
        ? 'switched off'
        : openCgroups({ parent: `slipway-${hash(folder).toString(16).padStart(8, '0')}`, cpuMillis, podPidsMax });
    this.#cgroups = typeof cgroups === 'string' ? undefined : cgroups;
    this.capabilities =
      typeof cgroups === 'string'
        ? { cgroups: 'none', limitsCpu: false, limitsMemory: false, reason: cgroups }
        : { cgroups: cgroups.version, limitsCpu: cgroups.limitsCpu, limitsMemory: cgroups.limitsMemory };
    this.#addresses = new PodAddresses(folder, random.fork('addresses'));
    this.#world = {
      clock,
      random: random.fork('containers'),
      log,
      images: { nodeBinary, searchPath, compileCache: join(folder, '.compiled') },
      cgroups: this.#cgroups,
      answerMs: shimAnswerMs,
      onChange: ({ record }) => {
        for (const listener of this.#listeners.get(record.node) ?? []) listener(record.podUid);
      },
    };
  }

  /** Finds the pods that run already, buries what lost its shim, and removes what is left over. */
  static async open(options: ProcessRuntimeOptions): Promise<ProcessRuntime> {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    const runtime = new ProcessRuntime({ ...options, folder: realpathSync(options.folder) });
    await runtime.#recover();
    return runtime;
  }

  /** The runtime as one node's agent sees it: only pods that were made through it. */
  forNode(node: string): ContainerRuntime {
    return {
      version: `slipway-process://${slipwayVersion}`,
      runSandbox: (config) => this.#runSandbox(node, config),
      startContainer: (podUid, config) =>
        this.#serially(podUid, async () => {
          if (!isContainerName(config.name))
            throw new RuntimeError('CreateContainerError', `"${config.name}" is no container name`);
          await this.#need(podUid).start(config);
        }),
      stopContainer: async (podUid, container, graceMs) => this.#sandboxes.get(podUid)?.stop(container, graceMs),
      removeSandbox: (podUid) => this.#serially(podUid, () => this.#remove(podUid)),
      list: () => Promise.resolve(this.#statuses(node)),
      onChange: (listener) => {
        const listeners = this.#listeners.get(node) ?? new Set();
        this.#listeners.set(node, listeners.add(listener));
        return () => void listeners.delete(listener);
      },
      exec: async (podUid, container, command, timeoutMs) => this.#need(podUid).exec(container, command, timeoutMs),
      usage: async (podUid) => this.#sandboxes.get(podUid)?.usage() ?? {},
      updateResources: (podUid, container, resources) =>
        this.#serially(podUid, async () => this.#need(podUid).updateResources(container, resources)),
      logs: (podUid, container, options, signal) => this.#need(podUid).logs(container, options, signal),
    };
  }

  /** Removes the pods of nodes that are not among these: nobody would watch over them any more. */
  async keepNodes(nodes: readonly string[]): Promise<void> {
    const strays = [...this.#sandboxes.values()].filter(({ record }) => !nodes.includes(record.node));
    await Promise.all(strays.map(({ record: { podUid } }) => this.#serially(podUid, () => this.#remove(podUid))));
  }

  /** Lets go of all pods, which go on: what an engine does that will come back. */
  close(): void {
    for (const sandbox of this.#sandboxes.values()) sandbox.detach();
    this.#sandboxes.clear();
  }

  /** Stops every container with this grace and removes every pod, all at once, and the control groups. */
  async shutdown(graceMs: number): Promise<void> {
    const uids = [...this.#sandboxes.keys()];
    await Promise.all(
      uids.map(async (podUid) => {
        const sandbox = this.#need(podUid);
        await Promise.all(sandbox.status.containers.map(({ name }) => sandbox.stop(name, graceMs)));
        await this.#serially(podUid, () => this.#remove(podUid));
      }),
    );
    if (this.#cgroups !== undefined) await until(() => this.#cgroups?.removeParent() !== false);
  }

  #statuses(node: string): readonly SandboxStatus[] {
    return [...this.#sandboxes.values()].filter(({ record }) => record.node === node).map(({ status }) => status);
  }

  #runSandbox(node: string, config: SandboxConfig): Promise<SandboxStatus> {
    const { podUid } = config;
    return this.#serially(podUid, async () => {
      const existing = this.#sandboxes.get(podUid);
      if (existing !== undefined) return existing.status;
      for (let tries = 0; ; tries++) {
        const ip = config.hostNetwork ? '127.0.0.1' : this.#addresses.allocate();
        const record = {
          podUid,
          namespace: config.namespace,
          name: config.name,
          node,
          ip,
          resources: config.resources,
          containerResources: {},
          shimCgroup: this.#cgroups?.shims,
        };
        try {
          const sandbox = await PodSandbox.create(join(this.#options.folder, podUid), record, this.#world);
          this.#sandboxes.set(podUid, sandbox);
          return sandbox.status;
        } catch (error) {
          // The address of another engine's pod stays marked: it is not tried again.
          if (!(error instanceof AddressTaken)) this.#addresses.release(ip);
          else if (tries < addressTries) continue;
          if (error instanceof RuntimeError) throw error;
          throw new RuntimeError('CreatePodSandboxError', (error as Error).message, { cause: error });
        }
      }
    });
  }

  async #remove(podUid: string): Promise<void> {
    const sandbox = this.#sandboxes.get(podUid);
    if (sandbox === undefined) return;
    await sandbox.remove();
    this.#sandboxes.delete(podUid);
    this.#addresses.release(sandbox.record.ip);
  }

  async #recover(): Promise<void> {
    const { folder, log } = this.#options;
    const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? entry.name : [],
    );
    await Promise.all(
      names.map(async (name) => {
        const path = join(folder, name);
        if (name.endsWith(removedSuffix)) return discardFolder(path);
        if (!isPodUid(name)) return;
        const sandbox = await PodSandbox.load(path, name, this.#world);
        if (sandbox === undefined) {
          log.warn('a folder that names no pod is removed', { path });
          return discardFolder(path);
        }
        this.#sandboxes.set(name, sandbox);
        this.#addresses.take(sandbox.record.ip);
      }),
    );
    for (const podUid of this.#cgroups?.pods() ?? []) {
      if (this.#sandboxes.has(podUid)) continue;
      for (const scope of this.#cgroups?.podScopes(podUid) ?? [])
        await until(() => !killAll(scope) && removeScope(scope));
    }
  }

  #need(podUid: string): PodSandbox {
    const sandbox = this.#sandboxes.get(podUid);
    if (sandbox === undefined) throw new RuntimeError('SandboxNotFound', `there is no pod ${podUid}`);
    return sandbox;
  }

  /** Makings, starts and removals of one pod do not meet. */
  async #serially<T>(podUid: string, run: () => Promise<T>): Promise<T> {
    if (!isPodUid(podUid)) throw new RuntimeError('CreatePodSandboxError', `"${podUid}" is no pod uid`);
    const before = this.#queues.get(podUid) ?? Promise.resolve();
    const mine = before.then(run, run);
    const settled = mine.then(
      () => {},
      () => {},
    );
    this.#queues.set(podUid, settled);
    try {
      return await mine;
    } finally {
      if (this.#queues.get(podUid) === settled) this.#queues.delete(podUid);
    }
  }
}
