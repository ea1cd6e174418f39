import { readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { killProcess } from './process-table.ts';

/**
 * One control group as plain data, so that the engine can make it and a shim can use it.
 * v2: one folder. v1: one folder a controller, the same process in all of them.
 */
export interface CgroupScope {
  readonly version: 1 | 2;
  /** Without duplicates: controllers may be mounted together. */
  readonly folders: readonly string[];
  /** Where `oom_kill N` is counted; undefined without the memory controller. */
  readonly oomFile: string | undefined;
}

/** A value for a file of a control group. */
export interface CgroupSetting {
  readonly file: string;
  readonly value: string;
}

/** Moves a process with all its threads. Throws what the kernel says (ENOENT, ESRCH, EACCES). */
export function join({ folders }: CgroupScope, pid: number): void {
  for (const folder of folders) writeFileSync(`${folder}/cgroup.procs`, String(pid));
}

/** Processes of the group itself, not of groups below it. */
export function processesOf({ folders }: CgroupScope): number[] {
  // A process can be in one tree and not yet in the next, when its mover died between the two.
  const pids = folders.flatMap((folder) => (contentOf(`${folder}/cgroup.procs`) ?? '').split('\n'));
  return [...new Set(pids)].map(Number).filter((pid) => pid > 0);
}

/** SIGKILL to every process of the group but this one. True when somebody was there: call again until it is false. */
export function killAll(scope: CgroupScope): boolean {
  const pids = processesOf(scope);
  const others = pids.filter((pid) => pid !== process.pid);
  if (others.length === 0) return false;
  // At once where the kernel can, so that no fork escapes; it would take this process too.
  if (scope.version === 2 && others.length === pids.length) {
    try {
      writeFileSync(`${scope.folders[0]}/cgroup.kill`, '1');
      return true;
    } catch {
      // Kernels before 5.14.
    }
  }
  for (const pid of others) killProcess(pid);
  return true;
}

/** How many processes of the group the kernel's out-of-memory killer has taken. */
export function oomKills({ oomFile }: CgroupScope): number {
  const count = oomFile === undefined ? undefined : /^oom_kill (\d+)$/m.exec(contentOf(oomFile) ?? '')?.[1];
  return Number(count ?? 0);
}

/** False while the kernel still counts dying processes in it: try again. A group that is gone is a success. */
export function removeScope({ folders }: CgroupScope): boolean {
  let isGone = true;
  for (const folder of folders) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') isGone = false;
    }
  }
  return isGone;
}

/** undefined when it cannot be read. */
export function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
