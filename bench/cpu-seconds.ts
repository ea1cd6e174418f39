import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU time that a process has had, all its threads together, in seconds. From /proc/PID/task/TID/schedstat, which counts
 * nanoseconds: /proc/PID/stat has ticks of 10 ms, too coarse for slices of a few hundred requests.
 */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0]);
  }
  return nanoseconds / 1e9;
}
