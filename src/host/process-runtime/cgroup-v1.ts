import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import type { ContainerResources } from '../../node/container-runtime.ts';
import { contentOf, removeScope, type CgroupScope, type CgroupSetting } from './cgroup-scope.ts';
import type { Cgroups, CgroupsOptions } from './cgroups.ts';
import { periodUs, quotaUsOf, sharesOf } from './cpu-arithmetic.ts';

/** What v1 writes for "no limit" of memory; reading gives the largest page-aligned number instead. */
const noLimit = '-1';

/** `mounts`: mount point by controller, of those that may be written. A string says why it does not work. */
export function openCgroupV1(mounts: ReadonlyMap<string, string>, options: CgroupsOptions): Cgroups | string {
  const has = (controller: string): boolean => mounts.has(controller);
  if (!has('cpu') && !has('memory')) return 'the v1 trees of cpu and memory are not writable';
  const trees = [...new Set(mounts.values())];
  const at = (controller: string, path: string, file: string): string => `${mounts.get(controller)}/${path}/${file}`;
  const scopeOf = (path: string): CgroupScope => ({
    version: 1,
    folders: trees.map((tree) => `${tree}/${path}`),
    oomFile: has('memory') ? at('memory', path, 'memory.oom_control') : undefined,
  });
  const create = (path: string): CgroupScope => {
    const scope = scopeOf(path);
    for (const folder of scope.folders) mkdirSync(folder, { recursive: true });
    return scope;
  };
  const pathOf = ({ folders }: CgroupScope): string => folders[0]?.slice((trees[0] ?? '').length + 1) ?? '';
  const podPath = (podUid: string): string => `${options.parent}/pod${podUid}`;

  const settings = (path: string, resources: ContainerResources): CgroupSetting[] => {
    const list: CgroupSetting[] = [];
    if (has('cpu')) {
      list.push({ file: at('cpu', path, 'cpu.shares'), value: String(sharesOf(resources.cpuRequestMillis ?? 0)) });
      list.push({ file: at('cpu', path, 'cpu.cfs_period_us'), value: String(periodUs) });
      list.push({
        file: at('cpu', path, 'cpu.cfs_quota_us'),
        value: String(quotaUsOf(resources.cpuLimitMillis) ?? -1),
      });
    }
    if (has('memory')) {
      const limit = resources.memoryLimitBytes === undefined ? noLimit : String(resources.memoryLimitBytes);
      list.push(
        ...memorySettings(
          at('memory', path, 'memory.limit_in_bytes'),
          at('memory', path, 'memory.memsw.limit_in_bytes'),
          limit,
        ),
      );
    }
    return list;
  };
  const write = (list: readonly CgroupSetting[]): void => {
    for (const { file, value } of list) writeFileSync(file, value);
  };

  try {
    create(options.parent);
    create(`${options.parent}/shims`);
    if (has('cpu')) writeFileSync(at('cpu', options.parent, 'cpu.shares'), String(sharesOf(options.cpuMillis)));
  } catch (error) {
    return `v1: ${(error as Error).message}`;
  }

  return {
    version: 'v1',
    limitsCpu: has('cpu'),
    limitsMemory: has('memory'),
    shims: scopeOf(`${options.parent}/shims`),
    createPod(podUid, resources) {
      create(podPath(podUid));
      write(settings(podPath(podUid), resources));
      if (has('pids')) writeFileSync(at('pids', podPath(podUid), 'pids.max'), String(options.podPidsMax));
    },
    createContainer: (podUid, container, attempt) => create(`${podPath(podUid)}/${container}-${attempt}`),
    settings: (scope, resources) => settings(pathOf(scope), resources),
    update(podUid, podResources, scope, resources) {
      const pod = settings(podPath(podUid), podResources);
      const grows = ({ file, value }: CgroupSetting): boolean =>
        value === '-1' || Number(value) >= Number(contentOf(file));
      // The kernel refuses a quota above the one of the group around it.
      const growing = pod.filter(grows);
      write(growing);
      write(settings(pathOf(scope), resources));
      write(pod.filter((setting) => !growing.includes(setting)));
    },
    usage(scope) {
      const path = pathOf(scope);
      const cpu = has('cpuacct') ? contentOf(at('cpuacct', path, 'cpuacct.usage')) : undefined;
      const memory = has('memory') ? contentOf(at('memory', path, 'memory.usage_in_bytes')) : undefined;
      if (cpu === undefined || memory === undefined) return undefined;
      const inactive = /^total_inactive_file (\d+)$/m.exec(contentOf(at('memory', path, 'memory.stat')) ?? '')?.[1];
      return { cpuNanoseconds: Number(cpu), memoryBytes: Math.max(0, Number(memory) - Number(inactive ?? 0)) };
    },
    podScopes(podUid) {
      const names = new Set(trees.flatMap((tree) => foldersIn(`${tree}/${podPath(podUid)}`)));
      const below = [...names].map((name) => scopeOf(`${podPath(podUid)}/${name}`));
      return trees.some((tree) => existsSync(`${tree}/${podPath(podUid)}`)) ? [...below, scopeOf(podPath(podUid))] : [];
    },
    pods() {
      const names = trees.flatMap((tree) => foldersIn(`${tree}/${options.parent}`));
      return [...new Set(names)].filter((name) => name.startsWith('pod')).map((name) => name.slice(3));
    },
    removeParent: () => removeScope(scopeOf(`${options.parent}/shims`)) && removeScope(scopeOf(options.parent)),
  };
}

/** RAM and swap together may not be below RAM: the order depends on where the limit stood. */
function memorySettings(limitFile: string, swapFile: string, limit: string): CgroupSetting[] {
  const memory = { file: limitFile, value: limit };
  if (!existsSync(swapFile)) return [memory];
  const swap = { file: swapFile, value: limit };
  const grows = limit === noLimit || Number(limit) >= Number(contentOf(swapFile) ?? 0);
  return grows ? [swap, memory] : [memory, swap];
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
