import { readdirSync, readFileSync } from 'node:fs';

/** A line of /proc/PID/stat, as far as it is needed. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since boot: with the pid and the boot's id it names a process for ever. */
  readonly startTicks: string;
  readonly isZombie: boolean;
  /** Own and that of children it has waited for, user and system, in clock ticks. */
  readonly cpuTicks: number;
}

/** undefined when there is no such process. */
export function readProcess(pid: number): ProcessEntry | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The command's name stands in parentheses and may hold anything: count fields after the last one.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const number = (index: number): number => Number(fields[index]);
  return {
    pid,
    parent: number(1),
    group: number(2),
    session: number(3),
    startTicks: fields[19] ?? '',
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    cpuTicks: number(11) + number(12) + number(13) + number(14),
  };
}

/** True when the very process that had these ticks still runs. */
export function isRunning(pid: number, startTicks: string): boolean {
  const entry = readProcess(pid);
  return entry !== undefined && !entry.isZombie && entry.startTicks === startTicks;
}

/**
 * What belongs to a container without a control group: the process, its group, its session, and all their descendants.
 * A daemon that left the session and whose parents ended is not found.
 */
export function familyOf(leader: number): ProcessEntry[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : []));
  const family = new Map<number, ProcessEntry>();
  const isKin = ({ pid, group, session, parent }: ProcessEntry): boolean => {
    return pid === leader || group === leader || session === leader || family.has(parent);
  };
  for (let before = -1; family.size !== before;) {
    before = family.size;
    for (const entry of all) if (!family.has(entry.pid) && isKin(entry)) family.set(entry.pid, entry);
  }
  return [...family.values()];
}

/** SIGKILL to the whole family. True when somebody was there who is not only waiting to be reaped. */
export function killFamily(leader: number): boolean {
  const family = familyOf(leader).filter(({ pid, isZombie }) => pid !== process.pid && !isZombie);
  for (const { pid } of family) killProcess(pid);
  return family.length > 0;
}

/** SIGKILL; one that has ended by itself is a success. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Bytes that only this process holds: file pages are shared with every other that runs the same binary. */
export function ownMemoryBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const kibibytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
    return (kibibytes('RssAnon') + kibibytes('RssShmem')) * 1024;
  } catch {
    return 0;
  }
}

/** The kernel's id of this boot. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
