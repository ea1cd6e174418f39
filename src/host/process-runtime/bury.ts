import { killAll, removeScope, type CgroupScope } from './cgroup-scope.ts';
import { parseShimState, type ContainerRecord } from './container-record.ts';
import { readJsonFile, writeJsonFile } from './atomic-file.ts';
import type { PodFiles } from './pod-files.ts';
import { bootId, killFamily, readProcess } from './process-table.ts';

/**
 * Ends what a dead shim left behind, so that no container ever runs twice, and writes down that it has ended.
 * Nobody saw how: the kubelet reports such containers with exit code 137 and reason ContainerStatusUnknown.
 * Call only when no shim of the pod lives. Resolves with the pod's containers, all exited.
 */
export async function bury(
  files: PodFiles,
  podScopes: readonly CgroupScope[],
  nowMs: number,
): Promise<readonly ContainerRecord[]> {
  const state = parseShimState(readJsonFile(files.state));
  const bootID = bootId();
  const scopes = [...podScopes, ...(state?.containers ?? []).flatMap(({ cgroup }) => cgroup ?? [])];
  for (const scope of scopes) await until(() => !killAll(scope));
  const containers: ContainerRecord[] = [];
  for (const record of state?.containers ?? []) {
    if (record.state === 'exited') {
      containers.push(record);
      continue;
    }
    if (state?.bootID === bootID && isOurs(record)) await until(() => !killFamily(record.pid ?? 0));
    if (record.cgroup !== undefined) removeScope(record.cgroup);
    containers.push({
      ...record,
      state: 'exited',
      finishedAt: nowMs,
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container was ended because the process that watched it had gone; its own exit was not seen.',
    });
  }
  writeJsonFile(files.state, { bootID, containers });
  return containers;
}

/** False when the pid belongs to a process of somebody else by now. A leader that is gone may have left its group. */
function isOurs({ pid, startTicks }: ContainerRecord): boolean {
  if (pid === undefined) return false;
  const entry = readProcess(pid);
  return entry === undefined || entry.startTicks === startTicks;
}

/** A killed process is gone within milliseconds; one that the kernel cannot end would be waited for in vain. */
export async function until(isDone: () => boolean): Promise<boolean> {
  for (let rounds = 0; rounds < 500; rounds++) {
    if (isDone()) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}
