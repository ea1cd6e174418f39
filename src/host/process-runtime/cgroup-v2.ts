import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import type { ContainerResources } from '../../node/container-runtime.ts';
import { contentOf, removeScope, type CgroupScope, type CgroupSetting } from './cgroup-scope.ts';
import type { Cgroups, CgroupsOptions } from './cgroups.ts';
import { periodUs, quotaUsOf, sharesOf, weightOf } from './cpu-arithmetic.ts';

/** `place`: the folder to make PARENT in. A string says why it does not work there. */
export function openCgroupV2(place: string, options: CgroupsOptions): Cgroups | string {
  const parent = `${place}/${options.parent}`;
  const offered = (contentOf(`${place}/cgroup.controllers`) ?? '').split(' ');
  const controllers = ['cpu', 'memory', 'pids'].filter((controller) => offered.includes(controller));
  const has = (controller: string): boolean => controllers.includes(controller);
  if (!has('cpu') && !has('memory')) return `v2: ${place} offers neither cpu nor memory`;
  const delegate = (folder: string): void =>
    writeFileSync(`${folder}/cgroup.subtree_control`, controllers.map((controller) => `+${controller}`).join(' '));
  const scopeOf = (folder: string): CgroupScope => ({
    version: 2,
    folders: [folder],
    oomFile: has('memory') ? `${folder}/memory.events` : undefined,
  });
  const create = (folder: string): CgroupScope => {
    mkdirSync(folder, { recursive: true });
    return scopeOf(folder);
  };
  const podFolder = (podUid: string): string => `${parent}/pod${podUid}`;

  const settings = (folder: string, resources: ContainerResources): CgroupSetting[] => {
    const list: CgroupSetting[] = [];
    if (has('cpu')) {
      list.push({ file: `${folder}/cpu.weight`, value: String(weightOf(sharesOf(resources.cpuRequestMillis ?? 0))) });
      list.push({ file: `${folder}/cpu.max`, value: `${quotaUsOf(resources.cpuLimitMillis) ?? 'max'} ${periodUs}` });
    }
    if (has('memory')) {
      // All processes of a container fall together, and memory limits are not stretched by swap: as the kubelet sets it up.
      if (existsSync(`${folder}/memory.oom.group`)) list.push({ file: `${folder}/memory.oom.group`, value: '1' });
      if (existsSync(`${folder}/memory.swap.max`))
        list.push({ file: `${folder}/memory.swap.max`, value: resources.memoryLimitBytes === undefined ? 'max' : '0' });
      list.push({ file: `${folder}/memory.max`, value: String(resources.memoryLimitBytes ?? 'max') });
    }
    return list;
  };
  const podSettings = (folder: string, resources: ContainerResources): CgroupSetting[] =>
    // The pod's containers do not fall together.
    settings(folder, resources).filter(({ file }) => !file.endsWith('/memory.oom.group'));
  const write = (list: readonly CgroupSetting[]): void => {
    for (const { file, value } of list) writeFileSync(file, value);
  };

  try {
    create(parent);
    offerControllers(place, parent, delegate);
    delegate(parent);
    create(`${parent}/shims`);
    if (has('cpu')) writeFileSync(`${parent}/cpu.weight`, String(weightOf(sharesOf(options.cpuMillis))));
  } catch (error) {
    removeScope(scopeOf(parent));
    return `v2: ${(error as Error).message}`;
  }

  return {
    version: 'v2',
    limitsCpu: has('cpu'),
    limitsMemory: has('memory'),
    shims: scopeOf(`${parent}/shims`),
    createPod(podUid, resources) {
      create(podFolder(podUid));
      delegate(podFolder(podUid));
      write(podSettings(podFolder(podUid), resources));
      if (has('pids')) writeFileSync(`${podFolder(podUid)}/pids.max`, String(options.podPidsMax));
    },
    createContainer: (podUid, container, attempt) => create(`${podFolder(podUid)}/${container}-${attempt}`),
    settings: ({ folders: [folder = ''] }, resources) => settings(folder, resources),
    update(podUid, podResources, scope, resources) {
      const [folder = ''] = scope.folders;
      // A shrink below use would have the kernel kill: refused, as the kubelet does.
      const used = Number(contentOf(`${folder}/memory.current`) ?? 0);
      if (has('memory') && resources.memoryLimitBytes !== undefined && resources.memoryLimitBytes < used) {
        throw new Error(`memory limit ${resources.memoryLimitBytes} is below the ${used} bytes in use`);
      }
      write(settings(folder, resources));
      write(podSettings(podFolder(podUid), podResources));
    },
    usage({ folders: [folder = ''] }) {
      const cpu = /^usage_usec (\d+)$/m.exec(contentOf(`${folder}/cpu.stat`) ?? '')?.[1];
      const memory = has('memory') ? contentOf(`${folder}/memory.current`) : undefined;
      if (cpu === undefined || memory === undefined) return undefined;
      const inactive = /^inactive_file (\d+)$/m.exec(contentOf(`${folder}/memory.stat`) ?? '')?.[1];
      return { cpuNanoseconds: Number(cpu) * 1000, memoryBytes: Math.max(0, Number(memory) - Number(inactive ?? 0)) };
    },
    podScopes(podUid) {
      if (!existsSync(podFolder(podUid))) return [];
      return [
        ...foldersIn(podFolder(podUid)).map((name) => scopeOf(`${podFolder(podUid)}/${name}`)),
        scopeOf(podFolder(podUid)),
      ];
    },
    pods: () =>
      foldersIn(parent)
        .filter((name) => name.startsWith('pod'))
        .map((name) => name.slice(3)),
    // A group that this process had to step into goes with whoever lent it.
    removeParent: () =>
      removeScope(scopeOf(`${parent}/shims`)) && (existsSync(`${parent}/engine`) || removeScope(scopeOf(parent))),
  };
}

/** Lets groups below `place` have controllers. Only the real root may hold processes beside them: elsewhere this process steps aside. */
function offerControllers(place: string, parent: string, delegate: (folder: string) => void): void {
  try {
    return delegate(place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
  }
  mkdirSync(`${parent}/engine`, { recursive: true });
  writeFileSync(`${parent}/engine/cgroup.procs`, String(process.pid));
  try {
    delegate(place);
  } catch (error) {
    // Others live there too, and are not ours to move.
    writeFileSync(`${place}/cgroup.procs`, String(process.pid));
    rmdirSync(`${parent}/engine`);
    throw error;
  }
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
