import { execFileSync } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeFolder } from './make-folder.ts';

/** What one check of `slipway doctor` found. */
export interface Finding {
  readonly name: string;
  /** degraded: it works, with what `detail` says missing. */
  readonly verdict: 'pass' | 'degraded' | 'fail';
  readonly detail: string;
  /** What to do about it; absent when it passed. */
  readonly next?: string;
}

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const suits = major > 22 || (major === 22 && minor >= 18);
  if (suits) return { name: 'node', verdict: 'pass', detail: `${version} runs TypeScript directly` };
  return {
    name: 'node',
    verdict: 'fail',
    detail: `${version} is older than 22.18`,
    next: 'start through ./slipway, which brings its own',
  };
}

export function checkPlatform(platform: string, arch: string): Finding {
  if (platform === 'linux')
    return { name: 'platform', verdict: 'pass', detail: `linux-${arch}: each pod gets a loopback address of its own` };
  return {
    name: 'platform',
    verdict: 'fail',
    detail: `${platform}-${arch}: pods need Linux's 127.0.0.0/8`,
    next: 'use Linux, or a Linux virtual machine',
  };
}

/** Whether pods' CPU and memory can be limited by the kernel. */
export function checkCgroups(root = '/sys/fs/cgroup'): Finding {
  const name = 'cgroups';
  if (existsSync(join(root, 'cgroup.controllers'))) {
    const controllers = readFileSync(join(root, 'cgroup.controllers'), 'utf8').trim().split(' ');
    const own = readFileSync('/proc/self/cgroup', 'utf8').match(/^0::(.*)$/m)?.[1] ?? '/';
    const missing = ['cpu', 'memory', 'pids'].filter((each) => !controllers.includes(each));
    if (!isWritable(join(root, own))) return unlimited('v2', `${join(root, own)} is not writable`);
    if (missing.length > 0) return unlimited('v2', `without the controllers ${missing.join(', ')}`);
    return { name, verdict: 'pass', detail: 'v2, writable: CPU and memory limits hold' };
  }
  if (existsSync(join(root, 'memory'))) {
    const closed = ['cpu', 'memory', 'cpuacct'].filter((each) => !isWritable(join(root, each)));
    if (closed.length > 0) return unlimited('v1', `not writable: ${closed.join(', ')}`);
    return { name, verdict: 'pass', detail: 'v1, writable: CPU and memory limits hold' };
  }
  return unlimited('none', 'there is no cgroup file system');

  function unlimited(version: string, why: string): Finding {
    return {
      name,
      verdict: 'degraded',
      detail: `${version}: ${why}; limits of pods are not enforced, usage comes from /proc`,
      next: 'run as root, or in a session with a delegated cgroup (systemd-run --user --scope -p Delegate=yes ./slipway up)',
    };
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Programs that make more possible but that nothing needs yet. */
export function checkProgram(program: string, path: string | undefined, gives: string, install: string): Finding {
  if (path === undefined)
    return { name: program, verdict: 'degraded', detail: `not on the PATH: ${gives}`, next: install };
  try {
    const version =
      execFileSync(path, ['--version'], { encoding: 'utf8', timeout: 5000, stdio: ['ignore', 'pipe', 'ignore'] }).split(
        '\n',
      )[0] ?? '';
    return { name: program, verdict: 'pass', detail: version.trim() || path };
  } catch {
    return { name: program, verdict: 'pass', detail: path };
  }
}

/** Whether somebody else holds the port on loopback. 0 is always free. */
export async function checkPort(port: number, isOurs: boolean): Promise<Finding> {
  const name = `port ${port}`;
  if (isOurs) return { name, verdict: 'pass', detail: 'held by the running engine' };
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
  if (code === undefined) return { name, verdict: 'pass', detail: 'free' };
  return {
    name,
    verdict: 'fail',
    detail: code === 'EADDRINUSE' ? 'another program listens there' : `cannot listen there (${code})`,
    next: 'slipway up --port 0 picks a free one',
  };
}

/** Time of a synced write where the journal is: every acknowledged write of the API waits for one. */
export function checkDisk(folder: string, now: () => number): Finding {
  const name = 'disk';
  const probe = join(folder, `.doctor-${process.pid}`);
  try {
    makeFolder(folder);
    const file = openSync(probe, 'w', 0o600);
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const begun = now();
      writeSync(file, Buffer.alloc(512));
      fdatasyncSync(file);
      times.push(now() - begun);
    }
    closeSync(file);
    const median = times.toSorted((a, b) => a - b)[10] ?? 0;
    const { bavail, bsize } = statfsSync(folder);
    const freeGiB = (bavail * bsize) / 2 ** 30;
    const detail = `${folder}: synced write ${median.toFixed(2)} ms (median of 20), ${freeGiB.toFixed(0)} GiB free`;
    if (freeGiB < 1)
      return { name, verdict: 'degraded', detail, next: 'free some space, or keep the data elsewhere with --data-dir' };
    if (median > 20)
      return {
        name,
        verdict: 'degraded',
        detail: `${detail}: writes to the API will be slow`,
        next: 'keep the data on a faster disk with --data-dir',
      };
    return { name, verdict: 'pass', detail };
  } catch (error) {
    return {
      name,
      verdict: 'fail',
      detail: `cannot write in ${folder}: ${(error as Error).message}`,
      next: 'name a writable folder with --data-dir',
    };
  } finally {
    rmSync(probe, { force: true });
  }
}
