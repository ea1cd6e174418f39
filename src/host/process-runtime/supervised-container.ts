import { closeSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { killAll, oomKills, removeScope, type CgroupScope } from './cgroup-scope.ts';
import type { ContainerRecord } from './container-record.ts';
import { CriLogWriter, rfc3339Nano } from './cri-log-writer.ts';
import type { PipePool } from './output-pipes.ts';
import { killFamily, readProcess } from './process-table.ts';
import { ShimError } from './shim-server.ts';
import type { StartOrder } from './shim-requests.ts';
import { ExecFailure, spawnInCgroup, type Spawned } from './spawn-in-cgroup.ts';
import { terminationMessage } from './termination-message.ts';

export interface Supervision {
  /** Where the shim itself lives. */
  readonly home: CgroupScope | undefined;
  readonly logFolder: string;
  /** Made empty before the container starts: its files begin anew with each run, as a container's do. */
  readonly scratchFolders: readonly string[];
  /** Where the container may leave its last words; they too begin anew. */
  readonly terminationLog: string;
  readonly pipePool: PipePool;
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
  #isEnding = false;
  #started: Promise<void> | undefined;
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
  start(): Promise<void> {
    this.#started = this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    const { argv, env, cwd, cgroup, settings = [], attempt } = this.order;
    const { home, logFolder, scratchFolders, terminationLog, pipePool, onRecord } = this.#supervision;
    onRecord(this.#record);
    for (const folder of scratchFolders) freshFolder(folder);
    rmSync(terminationLog, { force: true });
    if (!isFolder(cwd)) throw this.#never('RunContainerError', `working directory ${cwd}: no such directory`);
    const log = new CriLogWriter(logFolder, attempt, { now: logTime });
    let spawned: Spawned;
    try {
      spawned = await spawnInCgroup({ argv, env, cwd, home, cgroup, settings, pipes: await pipePool.take() });
    } catch (error) {
      log.close();
      await this.#killRest();
      if (error instanceof ExecFailure) throw this.#never('RunContainerError', `exec: "${argv[0]}": ${error.code}`);
      throw this.#never('CreateContainerError', (error as Error).message);
    }
    const { child, pid, stdout, stderr } = spawned;
    stdout.on('data', (chunk: Buffer) => log.write('stdout', chunk));
    stderr.on('data', (chunk: Buffer) => log.write('stderr', chunk));
    child.once('exit', (code, signal) => {
      // What goes wrong here is a bug, which the shim's handler of such writes down.
      void this.#finish(spawned, log, code, signal);
    });
    this.#set({ ...this.#record, state: 'running', pid, startTicks: readProcess(pid)?.startTicks });
  }

  /** SIGTERM to the process group at the first call, SIGKILL to everything after the shortest grace that was asked for. */
  async stop(graceMs: number): Promise<void> {
    await this.#started?.catch(() => {});
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
    const { env, cwd, cgroup, name } = this.order;
    const pipes = await this.#supervision.pipePool.take();
    // Asked after the last wait: what starts once the end has begun would outlive it.
    if (!this.isRunning || this.#isEnding) {
      for (const writer of pipes?.writers ?? []) closeSync(writer);
      pipes?.release();
      throw new ShimError('ContainerNotRunning', `container ${name} is not running`);
    }
    const order = { argv: command, env, cwd, home: this.#supervision.home, cgroup, settings: [], pipes };
    const { child, pid, stdout, stderr, closed, release } = await spawnInCgroup(order).catch((error: unknown) => {
      if (!(error instanceof ExecFailure)) throw error;
      const why = error.code === 'ENOENT' ? 'executable file not found in $PATH' : error.code;
      throw new ShimError('ExecError', `exec: "${command[0]}": ${why}`);
    });
    this.#execs.add(pid);
    let output = Buffer.alloc(0);
    const collect = (chunk: Buffer): void => {
      if (output.length < execOutputBytesMax) output = Buffer.concat([output, chunk]).subarray(0, execOutputBytesMax);
    };
    stdout.on('data', collect);
    stderr.on('data', collect);
    let timedOut = false;
    const expire = async (): Promise<void> => {
      timedOut = true;
      await until(() => !killFamily(pid));
    };
    const timer = timeoutMs > 0 ? setTimeout(() => void expire(), timeoutMs) : undefined;
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('exit', (...ending) => resolve(ending));
    });
    clearTimeout(timer);
    this.#execs.delete(pid);
    // What the command left in the background does not hold the answer back.
    await soonerOf(closed, drainMs);
    release();
    return { exitCode: exitCodeOf(code, signal), output: output.toString('utf8'), timedOut };
  }

  async #finish(
    { closed, release }: Spawned,
    log: CriLogWriter,
    code: number | null,
    signal: NodeJS.Signals | null,
  ): Promise<void> {
    const finishedAt = Date.now();
    this.#isEnding = true;
    clearTimeout(this.#killTimer);
    // The container is its first process: what that one leaves behind ends with it.
    await this.#killRest();
    await soonerOf(closed, drainMs);
    release();
    log.close();
    const { cgroup } = this.order;
    const exitCode = exitCodeOf(code, signal);
    // A shell whose child was taken reports 137 itself.
    const isOom = exitCode === exitCodeOf(null, 'SIGKILL') && cgroup !== undefined && oomKills(cgroup) > 0;
    if (cgroup !== undefined) await until(() => !killAll(cgroup) && removeScope(cgroup));
    this.#set({
      ...this.#record,
      state: 'exited',
      finishedAt,
      exitCode,
      signal: signal === null ? undefined : constants.signals[signal],
      reason: isOom ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
      message: terminationMessage({
        file: this.#supervision.terminationLog,
        logFolder: this.#supervision.logFolder,
        attempt: this.order.attempt,
        fallsBackToLog: this.order.fallsBackToLog === true,
        exitCode,
      }),
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
