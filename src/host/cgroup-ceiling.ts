import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cgroupMounts, ownCgroup } from './cgroup-mounts.ts';

/** The smallest quota and memory limit over this process's own cgroup and all above it; undefined is no limit. */
export interface CgroupCeiling {
  readonly cpuMillis: number | undefined;
  readonly memoryBytes: number | undefined;
}

export function cgroupCeiling(prefix = ''): CgroupCeiling {
  const mounts = cgroupMounts(prefix);
  const smallest = (controller: string, read: (folder: string) => number | undefined): number | undefined => {
    let least: number | undefined;
    const mount = controller === '' ? mounts.v2 : mounts.v1[controller];
    let folder = ownCgroup(controller, mounts, prefix);
    while (mount !== undefined && folder !== undefined && folder.startsWith(mount.path)) {
      const here = read(folder);
      if (here !== undefined) least = Math.min(here, least ?? Infinity);
      if (folder === mount.path) break;
      folder = dirname(folder);
    }
    return least;
  };
  return {
    cpuMillis: smallest('cpu', quotaV1) ?? smallest('', quotaV2),
    memoryBytes: smallest('memory', limitV1) ?? smallest('', limitV2),
  };
}

function quotaV1(folder: string): number | undefined {
  const quotaUs = number(`${folder}/cpu.cfs_quota_us`);
  const periodUs = number(`${folder}/cpu.cfs_period_us`);
  return quotaUs === undefined || periodUs === undefined || quotaUs <= 0 ? undefined : millis(quotaUs, periodUs);
}

function quotaV2(folder: string): number | undefined {
  const [quotaUs, periodUs] = (content(`${folder}/cpu.max`) ?? '').split(' ').map(Number);
  return quotaUs === undefined || periodUs === undefined || !(quotaUs > 0) ? undefined : millis(quotaUs, periodUs);
}

const millis = (quotaUs: number, periodUs: number): number => Math.max(1, Math.floor((quotaUs * 1000) / periodUs));

function limitV1(folder: string): number | undefined {
  const bytes = number(`${folder}/memory.limit_in_bytes`);
  // No limit is written as the largest page-aligned 64-bit number.
  return bytes === undefined || bytes > 2 ** 60 ? undefined : bytes;
}

const limitV2 = (folder: string): number | undefined => number(`${folder}/memory.max`);

/** undefined for `max` and for files that are not there. */
function number(path: string): number | undefined {
  const text = content(path);
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text);
}

function content(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
