import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { killAll, oomKills, removeScope, type CgroupScope } from './cgroup-scope.ts';
import type { ContainerRecord } from './container-record.ts';
import { CriLogWriter, rfc3339Nano } from './cri-log-writer.ts';
import { killFamily, readProcess } from './process-table.ts';
import { ShimError } from './shim-server.ts';
import type { StartOrder } from './shim-requests.ts';
import { spawnInCgroup } from './spawn-in-cgroup.ts';

export interface Supervision {
  /** Where the shim itself lives. */
  readonly home: CgroupScope | undefined;
  readonly logFolder: string;
  /** Made empty before the container starts: its files begin anew with each run, as a container's do. */
  readonly scratchFolders: readonly string[];
  /** Called with the record before the process exists, when it runs and when it has exited. */
  readonly onRecord: (record: ContainerRecord) => void;
}

/** How often a group that is being killed is looked at. */
const killRoundMs = 10;
/** How long output may still come from a process that left the container's session. */
const drainMs = 500;
/** How much of a command's output is kept, in bytes. */
const execOutputBytesMax = 64 * 1024;

/** Wall time with microseconds, which Date.now() does not have. */
const now = (): number => performance.timeOrigin + performance.now();
export const logTime = (): string => rfc3339Nano(now());

/** One run of one container: from its start to its exit. */
export class SupervisedContainer {
  readonly order: StartOrder;
  readonly #supervision: Supervision;
  readonly #exited = Promise.withResolvers<void>();
  #record: ContainerRecord;
  #killAtMs = Infinity;
  #killTimer: NodeJS.Timeout | undefined;
  #wasTerminated = false;
  readonly #execs = new Set<number>();

  constructor(order: StartOrder, supervision: Supervision) {
    this.order = order;
    this.#supervision = supervision;
    this.#record = {
      name: order.name,
      attempt: order.attempt,
      containerID: order.containerID,
      state: 'starting',
      startedAt: Date.now(),
      cgroup: order.cgroup,
    };
  }

  get record(): ContainerRecord {
    return this.#record;
  }

  get isRunning(): boolean {
    return this.#record.state !== 'exited';
  }

  /** Resolves once it has exited. */
  get exited(): Promise<void> {
    return this.#exited.promise;
  }

  /** Resolves when the process runs; rejects with ShimError when it cannot, and nothing is left then. */
  async start(): Promise<void> {
    const { argv, env, cwd, cgroup, settings = [], attempt } = this.order;
    const { home, logFolder, scratchFolders, onRecord } = this.#supervision;
    onRecord(this.#record);
    for (const folder of scratchFolders) freshFolder(folder);
    if (!isFolder(cwd)) throw this.#never('RunContainerError', `working directory ${cwd}: no such directory`);
    const log = new CriLogWriter(logFolder, attempt, { now: logTime });
    let child: ChildProcess;
    try {
      child = spawnInCgroup({ argv, env, cwd, home, cgroup, settings });
    } catch (error) {
      log.close();
      await this.#killRest();
      throw this.#never('CreateContainerError', (error as Error).message);
    }
    if (child.pid === undefined) {
      const error = await new Promise<NodeJS.ErrnoException>((resolve) => void child.once('error', resolve));
      log.close();
      throw this.#never('RunContainerError', `exec: "${argv[0]}": ${error.code ?? error.message}`);
    }
    child.on('error', () => {});
    child.stdout?.on('data', (chunk: Buffer) => log.write('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => log.write('stderr', chunk));
    const closed = new Promise<void>((resolve) => void child.once('close', resolve));
    child.once('exit', (code, signal) => {
      // What goes wrong here is a bug, which the shim's handler of such writes down.
      void this.#finish(child, closed, log, code, signal);
    });
    this.#set({ ...this.#record, state: 'running', pid: child.pid, startTicks: readProcess(child.pid)?.startTicks });
  }

  /** SIGTERM to the process group at the first call, SIGKILL to everything after the shortest grace that was asked for. */
  async stop(graceMs: number): Promise<void> {
    if (!this.isRunning) return;
    if (graceMs > 0 && !this.#wasTerminated) this.signal('SIGTERM');
    this.#wasTerminated = true;
    const killAtMs = performance.now() + graceMs;
    if (killAtMs < this.#killAtMs) {
      this.#killAtMs = killAtMs;
      clearTimeout(this.#killTimer);
      this.#killTimer = setTimeout(() => void this.#killRest(), graceMs);
    }
    await this.exited;
  }

  /** To the process group. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#record;
    if (pid === undefined || !this.isRunning) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH')
        throw new ShimError('SignalError', (error as Error).message);
    }
  }

  /** Runs a command beside the container's process: same environment, folder and control group. */
  async exec(
    command: readonly string[],
    timeoutMs: number,
  ): Promise<{ exitCode: number; output: string; timedOut: boolean }> {
    if (!this.isRunning) throw new ShimError('ContainerNotRunning', `container ${this.order.name} is not running`);
    const { env, cwd, cgroup } = this.order;
    const child = spawnInCgroup({ argv: command, env, cwd, home: this.#supervision.home, cgroup, settings: [] });
    const { pid } = child;
    if (pid === undefined) {
      const error = await new Promise<NodeJS.ErrnoException>((resolve) => void child.once('error', resolve));
      const why = error.code === 'ENOENT' ? 'executable file not found in $PATH' : (error.code ?? error.message);
      throw new ShimError('ExecError', `exec: "${command[0]}": ${why}`);
    }
    this.#execs.add(pid);
    child.on('error', () => {});
    let output = Buffer.alloc(0);
    const collect = (chunk: Buffer): void => {
      if (output.length < execOutputBytesMax) output = Buffer.concat([output, chunk]).subarray(0, execOutputBytesMax);
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    let timedOut = false;
    const expire = async (): Promise<void> => {
      timedOut = true;
      await until(() => !killFamily(pid));
    };
    const timer = timeoutMs > 0 ? setTimeout(() => void expire(), timeoutMs) : undefined;
    const closed = new Promise<void>((resolve) => void child.once('close', resolve));
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('exit', (...ending) => resolve(ending));
    });
    clearTimeout(timer);
    this.#execs.delete(pid);
    // What the command left in the background does not hold the answer back.
    await soonerOf(closed, drainMs);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return { exitCode: exitCodeOf(code, signal), output: output.toString('utf8'), timedOut };
  }

  async #finish(
    child: ChildProcess,
    closed: Promise<void>,
    log: CriLogWriter,
    code: number | null,
    signal: NodeJS.Signals | null,
  ): Promise<void> {
    const finishedAt = Date.now();
    clearTimeout(this.#killTimer);
    // The container is its first process: what that one leaves behind ends with it.
    await this.#killRest();
    await soonerOf(closed, drainMs);
    child.stdout?.destroy();
    child.stderr?.destroy();
    log.close();
    const { cgroup } = this.order;
    const exitCode = exitCodeOf(code, signal);
    // A shell whose child was taken reports 137 itself.
    const isOom = exitCode === exitCodeOf(null, 'SIGKILL') && cgroup !== undefined && oomKills(cgroup) > 0;
    if (cgroup !== undefined) await until(() => removeScope(cgroup));
    this.#set({
      ...this.#record,
      state: 'exited',
      finishedAt,
      exitCode,
      signal: signal === null ? undefined : constants.signals[signal],
      reason: isOom ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
    });
    this.#exited.resolve();
  }

  /** SIGKILL until nobody is left. */
  async #killRest(): Promise<void> {
    const { cgroup } = this.order;
    const { pid } = this.#record;
    if (cgroup !== undefined) return until(() => !killAll(cgroup));
    for (const leader of [pid ?? 0, ...this.#execs]) if (leader > 0) await until(() => !killFamily(leader));
  }

  /** Ends a start that failed: there never was a process, and no record stays. */
  #never(reason: string, message: string): ShimError {
    const { cgroup } = this.order;
    if (cgroup !== undefined) removeScope(cgroup);
    this.#record = { ...this.#record, state: 'exited' };
    this.#exited.resolve();
    return new ShimError(reason, message);
  }

  #set(record: ContainerRecord): void {
    this.#record = record;
    this.#supervision.onRecord(record);
  }
}

/** 128 + N for signal N, as shells and Kubernetes have it. */
function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** Tries at once and then every few milliseconds; gives up after five seconds, when the kernel itself must be stuck. */
async function until(isDone: () => boolean): Promise<void> {
  for (let rounds = 0; rounds < 500 && !isDone(); rounds++)
    await new Promise((resolve) => setTimeout(resolve, killRoundMs));
}

async function soonerOf(happening: Promise<void>, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  await Promise.race([happening, promise]);
  clearTimeout(timer);
}

function freshFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
