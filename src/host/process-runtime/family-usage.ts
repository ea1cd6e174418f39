import { familyOf, ownMemoryBytes } from './process-table.ts';
import type { CgroupUsage } from './cgroups.ts';

/** USER_HZ: what /proc counts in, 100 on every architecture that Node runs on. */
const nanosecondsPerTick = 10_000_000;

/** What a container without a control group uses: the sum over its processes, and those they have waited for. */
export function familyUsage(pid: number): CgroupUsage {
  let ticks = 0;
  let memoryBytes = 0;
  for (const entry of familyOf(pid)) {
    ticks += entry.cpuTicks;
    memoryBytes += ownMemoryBytes(entry.pid);
  }
  return { cpuNanoseconds: ticks * nanosecondsPerTick, memoryBytes };
}
