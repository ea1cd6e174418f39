import { randomUUID } from 'node:crypto';
import { readFile, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

interface Owner {
  readonly token: string;
  readonly pid: number;
  /** Process ids only mean something within one namespace. */
  readonly pidNamespace: string;
}

export interface LockTimes {
  readonly pollMs: number;
  /** How often an owner shows that it lives. */
  readonly heartbeatMs: number;
  /** An owner that was silent for so long is dead. */
  readonly staleMs: number;
}

const usualTimes: LockTimes = { pollMs: 200, heartbeatMs: 2_000, staleMs: 20_000 };

/**
 * Runs `run` while this process owns the lock file, so that processes that share a folder, perhaps from different
 * containers, do the same work once. The lock of a dead owner is taken over. It saves work and is not what
 * correctness stands on: two owners after a freeze must both leave the folder right.
 */
export async function withCacheLock<T>(
  path: string,
  run: (token: string) => Promise<T>,
  onWait: () => void,
  times: LockTimes = usualTimes,
): Promise<T> {
  const owner: Owner = { token: randomUUID(), pid: process.pid, pidNamespace: await pidNamespace() };
  while (!(await taken(path, owner))) {
    if (await removedDeadOwner(path, owner, times.staleMs)) continue;
    onWait();
    await delay(times.pollMs);
  }
  const heartbeat = setInterval(() => void touch(path), times.heartbeatMs);
  try {
    return await run(owner.token);
  } finally {
    clearInterval(heartbeat);
    if ((await readOwner(path))?.token === owner.token) await rm(path, { force: true });
  }
}

async function taken(path: string, owner: Owner): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(owner), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removedDeadOwner(path: string, own: Owner, staleMs: number): Promise<boolean> {
  const before = await readOwner(path);
  const ageMs = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  const isDead =
    ageMs > staleMs || (before !== undefined && before.pidNamespace === own.pidNamespace && !isAlive(before.pid));
  if (!isDead) return false;
  // Only one of those who see it dead can rename it; whoever then finds that it got hold of a new owner's puts it back.
  const aside = `${path}.${own.token}`;
  try {
    await rename(path, aside);
  } catch {
    return true;
  }
  const removed = await readOwner(aside);
  if (removed !== undefined && removed.token !== before?.token) await rename(aside, path);
  else await rm(aside, { force: true });
  return true;
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  // Another process may have taken the lock over while this one was frozen.
  await utimes(path, now, now).catch(() => {});
}

async function pidNamespace(): Promise<string> {
  return await readlink('/proc/self/ns/pid').catch(() => 'unknown');
}
