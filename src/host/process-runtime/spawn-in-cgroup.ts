import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { join, type CgroupScope, type CgroupSetting } from './cgroup-scope.ts';
import type { OutputPipes } from './output-pipes.ts';

export interface SpawnOrder {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Where this process lives and returns to. */
  readonly home: CgroupScope | undefined;
  readonly cgroup: CgroupScope | undefined;
  readonly settings: readonly CgroupSetting[];
  /** undefined gives it sockets. */
  readonly pipes: OutputPipes | undefined;
}

export interface Spawned {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when nobody holds the outputs any more. */
  readonly closed: Promise<void>;
  /** Reads no further. */
  readonly release: () => void;
}

/** The program could not be executed: `code` is the system's. */
export class ExecFailure extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * Starts a process that is in its control group from its first instruction: this process goes in, forks, and comes back,
 * all synchronously. (A shell that joins and then executes would drop every variable whose name is no shell word.)
 * Limits are written after it has left: while it is inside, the kernel's out-of-memory killer could choose it.
 * Rejects with ExecFailure, or with what the kernel says of the group; nothing of it runs then that is not being killed.
 */
export async function spawnInCgroup({ argv, env, cwd, home, cgroup, settings, pipes }: SpawnOrder): Promise<Spawned> {
  const [file = '', ...args] = argv;
  const stdio = pipes?.writers ?? (['pipe', 'pipe'] as const);
  let child: ChildProcess;
  try {
    if (cgroup !== undefined) join(cgroup, process.pid);
    // A session and a process group of its own: signals reach all of it, and none of the terminal's reach it.
    child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', ...stdio] });
  } catch (error) {
    pipes?.release();
    throw error;
  } finally {
    for (const writer of pipes?.writers ?? []) closeSync(writer);
    if (cgroup !== undefined && home !== undefined) join(home, process.pid);
  }
  const { pid } = child;
  if (pid === undefined) {
    pipes?.release();
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => void child.once('error', resolve));
    throw new ExecFailure(error.code ?? error.message);
  }
  child.on('error', () => {});
  try {
    for (const { file: path, value } of settings) writeFileSync(path, value);
  } catch (error) {
    child.kill('SIGKILL');
    pipes?.release();
    throw error;
  }
  const { stdout, stderr } = pipes ?? child;
  if (stdout === null || stderr === null) throw new Error('bug: a child without output');
  return {
    child,
    pid,
    stdout,
    stderr,
    closed: pipes?.closed ?? new Promise((resolve) => void child.once('close', () => resolve())),
    release() {
      pipes?.release();
      stdout.destroy();
      stderr.destroy();
    },
  };
}
