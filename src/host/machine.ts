import { readFileSync } from 'node:fs';
import { arch, availableParallelism, hostname, release, totalmem } from 'node:os';
import { cgroupCeiling } from './cgroup-ceiling.ts';

/** What this machine gives to the engine, for the status of its nodes. */
export interface Machine {
  /** What this process may use: CPUs that it may run on, bounded by the quota of its cgroup. */
  readonly cpuMillis: number;
  /** RAM, bounded by the limit of its cgroup. */
  readonly memoryBytes: number;
  readonly hostname: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** As Go names it: amd64, arm64. */
  readonly architecture: string;
  readonly bootID: string;
  readonly machineID: string;
}

/** `root` stands for `/` in tests. */
export function readMachine(root = ''): Machine {
  const { cpuMillis: quotaMillis, memoryBytes: limitBytes } = cgroupCeiling(root);
  const cpus = allowedCpus(text(`${root}/proc/self/status`)) ?? availableParallelism();
  const memTotal = /^MemTotal:\s+(\d+) kB$/m.exec(text(`${root}/proc/meminfo`))?.[1];
  const totalBytes = memTotal === undefined ? totalmem() : Number(memTotal) * 1024;
  return {
    cpuMillis: Math.min(cpus * 1000, quotaMillis ?? Infinity),
    memoryBytes: Math.min(totalBytes, limitBytes ?? Infinity),
    hostname: hostname(),
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text(`${root}/etc/os-release`))?.[1] ?? 'Linux',
    architecture: goArchitecture[arch()] ?? arch(),
    bootID: text(`${root}/proc/sys/kernel/random/boot_id`).trim(),
    // Containers often have an empty one; the kubelet then says the same nothing.
    machineID: text(`${root}/etc/machine-id`).trim(),
  };
}

const goArchitecture: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', ia32: '386', arm: 'arm' };

/** `Cpus_allowed_list: 0-3,8`: libuv would round a quota into its count, so this reads the affinity alone. */
function allowedCpus(status: string): number | undefined {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1];
  if (list === undefined) return undefined;
  let count = 0;
  for (const range of list.split(',')) {
    const [first = 0, last = first] = range.split('-').map(Number);
    count += last - first + 1;
  }
  return count > 0 ? count : undefined;
}

/** One node's part of the machine. */
export interface MachineShare {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

/**
 * The machine cut into `nodes` equal parts whose sum never passes it: CPU in whole millis, memory in whole MiB.
 * Throws RangeError when a part would be empty.
 */
export function cutMachine({ cpuMillis, memoryBytes }: MachineShare, nodes: number): readonly MachineShare[] {
  const mebibyte = 1024 * 1024;
  const share = {
    cpuMillis: Math.floor(cpuMillis / nodes),
    memoryBytes: Math.floor(memoryBytes / nodes / mebibyte) * mebibyte,
  };
  if (!Number.isInteger(nodes) || nodes < 1 || share.cpuMillis < 1 || share.memoryBytes < 1) {
    throw new RangeError(`this machine cannot be cut into ${nodes} nodes`);
  }
  return Array.from({ length: nodes }, () => share);
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
