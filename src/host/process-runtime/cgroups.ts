import { accessSync, constants } from 'node:fs';
import { cgroupMounts, ownCgroup } from '../cgroup-mounts.ts';
import type { ContainerResources } from '../../node/container-runtime.ts';
import type { CgroupScope, CgroupSetting } from './cgroup-scope.ts';
import { openCgroupV1 } from './cgroup-v1.ts';
import { openCgroupV2 } from './cgroup-v2.ts';

/**
 * One engine's control groups: PARENT/shims for the shims and PARENT/pod<uid>/<container>-<attempt> for the pods.
 * Methods throw what the kernel says.
 */
export interface Cgroups {
  readonly version: 'v1' | 'v2';
  readonly limitsCpu: boolean;
  readonly limitsMemory: boolean;
  /** Where shims live: outside the pods, whose memory limits are for their containers. */
  readonly shims: CgroupScope;
  /** Idempotent. */
  createPod(podUid: string, resources: ContainerResources): void;
  createContainer(podUid: string, container: string, attempt: number): CgroupScope;
  /** What to write for these resources once the process is inside. */
  settings(scope: CgroupScope, resources: ContainerResources): readonly CgroupSetting[];
  /** Changes a container and its pod, in the order that the kernel takes. */
  update(podUid: string, podResources: ContainerResources, scope: CgroupScope, resources: ContainerResources): void;
  /** undefined when the group is gone or does not count. */
  usage(scope: CgroupScope): CgroupUsage | undefined;
  /** Every group of the pod, deepest first. */
  podScopes(podUid: string): readonly CgroupScope[];
  /** Pods that have a group. */
  pods(): readonly string[];
  /** PARENT itself with what is empty in it. False while something is left. */
  removeParent(): boolean;
}

export interface CgroupUsage {
  readonly cpuNanoseconds: number;
  /** Usage without the file pages that the kernel can drop first, as the kubelet's working set. */
  readonly memoryBytes: number;
}

export interface CgroupsOptions {
  /** Name of PARENT: one an engine. */
  readonly parent: string;
  /** CPU weight of PARENT, in millis: what all pods together compete with. */
  readonly cpuMillis: number;
  readonly podPidsMax: number;
  /** Before every path; for tests. */
  readonly prefix?: string;
}

/**
 * The control groups that this process may write: v1 trees where cpu or memory is mounted so, else v2.
 * A string says why there are none.
 */
export function openCgroups(options: CgroupsOptions): Cgroups | string {
  const mounts = cgroupMounts(options.prefix);
  const reasons: string[] = [];
  const v1 = Object.entries(mounts.v1).filter(([controller]) =>
    ['cpu', 'cpuacct', 'memory', 'pids'].includes(controller),
  );
  if (v1.some(([controller]) => controller === 'cpu' || controller === 'memory')) {
    const writable = v1
      .filter(([, { path }]) => isWritable(path))
      .map(([controller, { path }]) => [controller, path] as const);
    const cgroups = openCgroupV1(new Map(writable), options);
    if (typeof cgroups !== 'string') return cgroups;
    reasons.push(cgroups);
  } else if (mounts.v2 !== undefined) {
    // At the top where root may; in a delegated group otherwise.
    const own = ownCgroup('', mounts, options.prefix);
    const places = [mounts.v2.path, own].filter((path) => path !== undefined && isWritable(path));
    for (const path of new Set(places)) {
      const cgroups = openCgroupV2(path ?? '', options);
      if (typeof cgroups !== 'string') return cgroups;
      reasons.push(cgroups);
    }
    if (places.length === 0) reasons.push(`${own ?? mounts.v2.path} is not writable`);
  } else {
    reasons.push('no control groups are mounted');
  }
  return reasons.join('; ');
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
