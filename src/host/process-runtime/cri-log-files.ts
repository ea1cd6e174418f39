import { readdirSync, rmSync } from 'node:fs';

/**
 * Names in a container's log folder: `3.log` is what attempt 3 writes now, `3.log.20260102-030405.678901` what was rotated away.
 * The kubelet names them so too; its `.gz` is not made.
 */
export const currentLog = (attempt: number): string => `${attempt}.log`;

export function rotatedLog(attempt: number, timestamp: string): string {
  const [date = '', time = ''] = timestamp.slice(0, 26).replaceAll(/[-:]/g, '').split('T');
  return `${attempt}.log.${date}-${time}`;
}

/** Names of one attempt's files, oldest first. */
export function logNames(folder: string, attempt: number): string[] {
  const current = currentLog(attempt);
  const names = list(folder)
    .filter((name) => name.startsWith(`${current}.`))
    .toSorted();
  return list(folder).includes(current) ? [...names, current] : names;
}

/** Forgets attempts before `attempt`. */
export function removeLogsBefore(folder: string, attempt: number): void {
  for (const name of list(folder)) {
    const [number = ''] = name.split('.');
    if (/^\d+$/.test(number) && Number(number) < attempt) rmSync(`${folder}/${name}`, { force: true });
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
