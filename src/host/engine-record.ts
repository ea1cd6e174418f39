import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** What a running engine says of itself in its data directory, for `status`, `down` and the next start. */
export interface EngineRecord {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat: tells a reused pid from ours. */
  readonly startTicks: string;
  readonly startedAt: string;
  readonly version: string;
  /** https://127.0.0.1:PORT of the Kubernetes API. */
  readonly server: string;
  /** http://127.0.0.1:PORT of the gateway. */
  readonly gateway: string;
  readonly nodes: number;
}

export function writeEngineRecord(path: string, record: EngineRecord): void {
  const fresh = `${path}.${record.pid}`;
  writeFileSync(fresh, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
}

/** The last record, whether or not that engine lives; undefined when there never was one or it is unreadable. */
export function readEngineRecord(path: string): EngineRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as EngineRecord;
  } catch {
    return undefined;
  }
}

export function removeEngineRecord(path: string): void {
  rmSync(path, { force: true });
}

/** True when the very process that wrote the record still lives. */
export function isAlive({ pid, startTicks }: Pick<EngineRecord, 'pid' | 'startTicks'>): boolean {
  return startTicksOf(pid) === startTicks;
}

/** undefined when there is no such process, or it is a zombie. */
export function startTicksOf(pid: number): string | undefined {
  try {
    // The command's name stands in parentheses and may hold spaces: count fields after the last one.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
