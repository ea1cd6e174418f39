import { mkdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import {
  RuntimeError,
  type ContainerConfig,
  type ContainerResources,
  type ContainerUsage,
  type ExecResult,
  type LogOptions,
  type SandboxStatus,
} from '../../node/container-runtime.ts';
import type { Log } from '../../machinery/log.ts';
import { sleep, type Clock } from '../../std/clock.ts';
import { uuid, type Random } from '../../std/random.ts';
import { bury, until } from './bury.ts';
import type { Cgroups } from './cgroups.ts';
import { killAll, removeScope } from './cgroup-scope.ts';
import { containerEnvironment } from './container-environment.ts';
import { containerState, type ContainerRecord } from './container-record.ts';
import { readLogs } from './cri-log-reader.ts';
import { logNames } from './cri-log-files.ts';
import { resolveImage, type ImageOptions } from './images.ts';
import { podFiles, type PodFiles } from './pod-files.ts';
import { podResourcesAfter } from './pod-resources.ts';
import { familyUsage } from './family-usage.ts';
import { readSandboxRecord, writeSandboxRecord, type SandboxRecord } from './sandbox-record.ts';
import { ShimConnection } from './shim-connection.ts';
import { killProcess } from './process-table.ts';
import { livingShim, startShim } from './shim-process.ts';
import { durationMsMax } from './shim-requests.ts';

/** What all sandboxes of a runtime share. */
export interface SandboxWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly images: ImageOptions;
  readonly cgroups: Cgroups | undefined;
  /** How long a shim may be silent before it is taken for dead. */
  readonly answerMs: number;
  readonly onChange: (sandbox: PodSandbox) => void;
}

/** Tells that another engine's pod has the address. */
export class AddressTaken extends Error {}

/** The engine's view of one pod: its folder, and the connection to its shim. */
export class PodSandbox {
  readonly files: PodFiles;
  readonly #world: SandboxWorld;
  readonly #log: Log;
  #record: SandboxRecord;
  #containers: readonly ContainerRecord[] = [];
  #connection: ShimConnection | undefined;
  #attaching: Promise<ShimConnection | undefined> | undefined;
  #isDetached = false;

  private constructor(record: SandboxRecord, files: PodFiles, world: SandboxWorld) {
    this.#record = record;
    this.files = files;
    this.#world = world;
    this.#log = world.log.with({ pod: `${record.namespace}/${record.name}` });
  }

  /** Makes the folder, the control group and the shim. Rejects with AddressTaken, or RuntimeError CreatePodSandboxError; nothing is left then. */
  static async create(folder: string, record: SandboxRecord, world: SandboxWorld): Promise<PodSandbox> {
    const sandbox = new PodSandbox(record, podFiles(folder), world);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeSandboxRecord(sandbox.files, record);
      world.cgroups?.createPod(record.podUid, record.resources);
      await sandbox.#shim();
      return sandbox;
    } catch (error) {
      await sandbox.remove();
      if (error instanceof AddressTaken || error instanceof RuntimeError) throw error;
      throw new RuntimeError('CreatePodSandboxError', (error as Error).message, { cause: error });
    }
  }

  /** Finds a pod again after the engine has restarted. undefined when the folder does not say what it is: nothing of it runs then. */
  static async load(folder: string, podUid: string, world: SandboxWorld): Promise<PodSandbox | undefined> {
    const files = podFiles(folder);
    const record = readSandboxRecord(files);
    if (record === undefined || record.podUid !== podUid) {
      const shim = livingShim(files);
      if (shim !== undefined) killProcess(shim);
      await until(() => livingShim(files) === undefined);
      await bury(files, world.cgroups?.podScopes(podUid) ?? [], world.clock.now());
      return undefined;
    }
    const sandbox = new PodSandbox(record, files, world);
    await sandbox.#attach();
    return sandbox;
  }

  get record(): SandboxRecord {
    return this.#record;
  }

  get status(): SandboxStatus {
    const { podUid, namespace, name, ip } = this.#record;
    return { podUid, namespace, name, ip, containers: this.#containers.map(containerState) };
  }

  /** See ContainerRuntime.startContainer. */
  async start(config: ContainerConfig): Promise<void> {
    const connection = await this.#shim();
    const { name, attempt, resources } = config;
    const known = this.#find(name);
    if (known?.attempt === attempt) return;
    const { argv, env: imageEnv } = resolveImage(config.image, config, this.#world.images);
    const place = {
      home: this.files.home(name),
      tmp: this.files.tmp(name),
      terminationLog: this.files.terminationLog(name),
      podName: this.#record.name,
    };
    const env = containerEnvironment(config.env, imageEnv, place);
    const { cgroups } = this.#world;
    let cgroup;
    try {
      this.#save({ containerResources: { ...this.#record.containerResources, [name]: resources } });
      cgroup = cgroups?.createContainer(this.#record.podUid, name, attempt);
    } catch (error) {
      throw new RuntimeError('CreateContainerError', (error as Error).message, { cause: error });
    }
    const containerID = `slipway-process://${uuid(this.#world.random)}`;
    const settings = cgroup === undefined ? undefined : cgroups?.settings(cgroup, resources);
    const container = {
      name,
      attempt,
      containerID,
      argv,
      env,
      cwd: config.workingDir ?? place.home,
      cgroup,
      settings,
      fallsBackToLog: config.lastWordsFromLog === true,
    };
    await connection.request({ op: 'start', container }, this.#world.answerMs);
  }

  /** See ContainerRuntime.stopContainer. */
  async stop(name: string, graceMs: number): Promise<void> {
    const grace = Math.min(Math.max(0, Math.ceil(graceMs)), durationMsMax);
    // A shim that dies meanwhile takes the container with it: then it has exited too.
    while (this.#find(name)?.state === 'running') {
      try {
        const connection = await this.#attach();
        if (connection === undefined) return;
        await connection.request({ op: 'stop', name, graceMs: grace }, grace + this.#world.answerMs);
        return;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
      }
    }
  }

  /** See ContainerRuntime.exec. */
  async exec(name: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    if (command.length === 0) throw new RuntimeError('ExecError', 'no command');
    const connection = await this.#attach();
    if (connection === undefined) throw new RuntimeError('ContainerNotRunning', `container ${name} is not running`);
    const timeout = Math.min(Math.max(0, Math.ceil(timeoutMs)), durationMsMax);
    const answer = await connection.request(
      { op: 'exec', name, command, timeoutMs: timeout },
      timeout === 0 ? durationMsMax : timeout + this.#world.answerMs,
    );
    return answer as ExecResult;
  }

  usage(): Readonly<Record<string, ContainerUsage>> {
    const usage: Record<string, ContainerUsage> = {};
    for (const { name, state, pid, cgroup } of this.#containers) {
      if (state !== 'running' || pid === undefined) continue;
      const counted = cgroup === undefined ? undefined : this.#world.cgroups?.usage(cgroup);
      usage[name] = { ...(counted ?? familyUsage(pid)), timestamp: this.#world.clock.now() };
    }
    return usage;
  }

  /** See ContainerRuntime.updateResources. Without control groups there is nothing to change. */
  updateResources(name: string, resources: ContainerResources): void {
    const { cgroup, state } = this.#find(name) ?? {};
    if (state !== 'running') throw new RuntimeError('ContainerNotRunning', `container ${name} is not running`);
    const { podUid, resources: podResources, containerResources } = this.#record;
    const after = podResourcesAfter(podResources, containerResources[name] ?? {}, resources);
    try {
      if (cgroup !== undefined) this.#world.cgroups?.update(podUid, after, cgroup, resources);
      this.#save({ resources: after, containerResources: { ...containerResources, [name]: resources } });
    } catch (error) {
      throw new RuntimeError('ResizeError', (error as Error).message, { cause: error });
    }
  }

  /** See ContainerRuntime.logs. Rejects with RuntimeError ContainerNotFound when that run has left no log. */
  async *logs(name: string, options: LogOptions, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const latest = this.#find(name)?.attempt;
    const attempt = options.attempt ?? (latest === undefined ? undefined : options.previous ? latest - 1 : latest);
    const folder = this.files.logs(name);
    if (attempt === undefined || logNames(folder, attempt).length === 0) {
      throw new RuntimeError(
        'ContainerNotFound',
        `${options.previous ? 'previous terminated ' : ''}container "${name}" not found`,
      );
    }
    const source = {
      folder,
      attempt,
      clock: this.#world.clock,
      hasEnded: (): boolean => {
        const now = this.#find(name);
        return now === undefined || now.attempt !== attempt || now.state === 'exited';
      },
      onChange: (listener: () => void) => {
        this.#readers.add(listener);
        return () => void this.#readers.delete(listener);
      },
    };
    yield* readLogs(source, options, signal);
  }

  readonly #readers = new Set<() => void>();

  /** Kills what is left and removes the folder. */
  async remove(): Promise<void> {
    const { podUid } = this.#record;
    try {
      const connection = await this.#attach();
      this.#isDetached = true;
      await connection?.request({ op: 'shutdown' }, this.#world.answerMs);
    } catch (error) {
      this.#log.warn('the shim did not end by itself', { error });
    }
    this.#isDetached = true;
    const shim = livingShim(this.files);
    if (shim !== undefined && !(await until(() => livingShim(this.files) === undefined))) {
      killProcess(shim);
      await until(() => livingShim(this.files) === undefined);
    }
    this.#connection?.close();
    const scopes = this.#world.cgroups?.podScopes(podUid) ?? [];
    await bury(this.files, scopes, this.#world.clock.now()).catch((error: unknown) =>
      this.#log.warn('cannot write the last state', { error }),
    );
    for (const scope of scopes) await until(() => !killAll(scope) && removeScope(scope));
    this.#containers = [];
    this.#changed();
    await discardFolder(this.files.folder);
  }

  /** Lets go of the shim, which goes on. */
  detach(): void {
    this.#isDetached = true;
    this.#connection?.close();
  }

  /** The shim's connection; starts a shim when there is none. */
  async #shim(): Promise<ShimConnection> {
    const attached = await this.#attach();
    if (attached !== undefined) return attached;
    const greeting = await startShim(this.files, this.#world.images);
    if ('taken' in greeting && greeting.taken === 'address')
      throw new AddressTaken(`address ${this.#record.ip} is taken`);
    if ('error' in greeting) throw new RuntimeError('CreatePodSandboxError', greeting.error);
    // `taken: pod`: one that an engine before this had just started.
    for (let tries = 0; tries < 100; tries++) {
      const connection = await this.#attach();
      if (connection !== undefined) return connection;
      await sleep(this.#world.clock, 50);
    }
    throw new RuntimeError('CreatePodSandboxError', "the pod's shim cannot be reached");
  }

  /** The connection to the shim that lives; undefined, with everything buried, when none does. One at a time. */
  #attach(): Promise<ShimConnection | undefined> {
    if (this.#connection?.isOpen === true) return Promise.resolve(this.#connection);
    this.#attaching ??= this.#reach().finally(() => (this.#attaching = undefined));
    return this.#attaching;
  }

  async #reach(): Promise<ShimConnection | undefined> {
    const listener = {
      onContainers: (containers: readonly ContainerRecord[]): void => {
        this.#containers = containers.filter(({ state }) => state !== 'starting');
        this.#changed();
      },
      onClose: (): void => this.#lost(),
    };
    for (;;) {
      const shim = livingShim(this.files);
      try {
        this.#connection = await ShimConnection.open(this.files.socket, listener, this.#world.answerMs);
        return this.#connection;
      } catch (error) {
        if (shim !== undefined && livingShim(this.files) === shim) {
          // Alive and silent: it cannot be asked to end its containers, and nobody else may start them.
          this.#log.warn('the shim does not answer and is killed', { error, pid: shim });
          killProcess(shim);
          await until(() => livingShim(this.files) === undefined);
        }
        if (livingShim(this.files) !== undefined) continue;
        const scopes = this.#world.cgroups?.podScopes(this.#record.podUid) ?? [];
        this.#containers = await bury(this.files, scopes, this.#world.clock.now());
        this.#changed();
        return undefined;
      }
    }
  }

  #lost(): void {
    this.#connection = undefined;
    if (this.#isDetached) return;
    this.#log.warn('the shim is gone');
    this.#attach().catch((error: unknown) => this.#log.error('cannot reach the shim', { error }));
  }

  #changed(): void {
    for (const reader of this.#readers) reader();
    this.#world.onChange(this);
  }

  #find(name: string): ContainerRecord | undefined {
    return this.#containers.find((container) => container.name === name);
  }

  #save(change: Partial<SandboxRecord>): void {
    const record = { ...this.#record, ...change };
    writeSandboxRecord(this.files, record);
    this.#record = record;
  }
}

/** Under another name first, so that no half of it is ever taken for a pod. */
export async function discardFolder(folder: string): Promise<void> {
  const away = folder.endsWith(removedSuffix) ? folder : `${folder}${removedSuffix}`;
  try {
    if (away !== folder) renameSync(folder, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rm(away, { recursive: true, force: true, maxRetries: 3 });
}

/** Ends the names of folders that are being removed: no pod's uid holds a dot. */
export const removedSuffix = '.removed';

function isUnavailable(error: unknown): boolean {
  return error instanceof RuntimeError && error.reason === 'ShimUnavailable';
}
