import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, type CgroupScope, type CgroupSetting } from './cgroup-scope.ts';

export interface SpawnOrder {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Where this process lives and returns to. */
  readonly home: CgroupScope | undefined;
  readonly cgroup: CgroupScope | undefined;
  readonly settings: readonly CgroupSetting[];
}

/**
 * Starts a process that is in its control group from its first instruction: this process goes in, forks, and comes back,
 * all synchronously. (A shell that joins and then executes would drop every variable whose name is no shell word.)
 * Limits are written after it has left: while it is inside, the kernel's out-of-memory killer could choose it.
 * Throws when the group cannot be entered; a program that cannot be executed is told by the child's `error` event.
 */
export function spawnInCgroup({ argv, env, cwd, home, cgroup, settings }: SpawnOrder): ChildProcess {
  const [file = '', ...args] = argv;
  // A session and a process group of its own: signals reach all of it, and none of the terminal's reach it.
  const start = (): ChildProcess => spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  if (cgroup === undefined || home === undefined) return start();
  let child: ChildProcess;
  try {
    join(cgroup, process.pid);
    child = start();
  } finally {
    join(home, process.pid);
  }
  if (child.pid === undefined) return child;
  try {
    for (const { file: path, value } of settings) writeFileSync(path, value);
  } catch (error) {
    child.on('error', () => {});
    child.kill('SIGKILL');
    throw error;
  }
  return child;
}
