import { readFileSync } from 'node:fs';

/** Where the kernel shows control groups: v1 has a tree a controller, v2 one tree. Both may be mounted (hybrid). */
export interface CgroupMounts {
  /** Mount point and the part of the tree that it shows, by controller. Co-mounted controllers share an entry's values. */
  readonly v1: Readonly<Record<string, CgroupMount>>;
  readonly v2: CgroupMount | undefined;
}

export interface CgroupMount {
  readonly path: string;
  /** What of the tree is shown: `/` for all, a container's own part in some containers. */
  readonly root: string;
}

/** From /proc/self/mountinfo (proc_pid_mountinfo(5)). `prefix` stands before every path in tests. */
export function cgroupMounts(prefix = ''): CgroupMounts {
  const v1: Record<string, CgroupMount> = {};
  let v2: CgroupMount | undefined;
  for (const line of readText(`${prefix}/proc/self/mountinfo`).split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root = '', path = ''] = left.split(' ').map(unescapeOctal);
    const [type, , options = ''] = right.split(' ');
    const mount = { path: `${prefix}${path}`, root };
    if (type === 'cgroup2') v2 ??= mount;
    if (type !== 'cgroup') continue;
    for (const option of options.split(',')) {
      if (option !== 'rw' && option !== 'ro' && !option.includes('=')) v1[option] ??= mount;
    }
  }
  return { v1, v2 };
}

/** This process's own group in one tree, as a folder; undefined when the mount does not show it. */
export function ownCgroup(controller: string, mounts: CgroupMounts, prefix = ''): string | undefined {
  const mount = controller === '' ? mounts.v2 : mounts.v1[controller];
  if (mount === undefined) return undefined;
  for (const line of readText(`${prefix}/proc/self/cgroup`).split('\n')) {
    const [, controllers = '', ...rest] = line.split(':');
    if (!controllers.split(',').includes(controller)) continue;
    const path = rest.join(':');
    if (mount.root === '/') return path === '/' ? mount.path : mount.path + path;
    if (path === mount.root) return mount.path;
    return path.startsWith(`${mount.root}/`) ? mount.path + path.slice(mount.root.length) : undefined;
  }
  return undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Spaces and their like stand in octal there. */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
