import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Replaces a JSON file so that a reader, or whoever comes after a crash of the writer, sees the old or the new one whole.
 * Not synced: what it speaks of does not outlive the machine either.
 */
export function writeJsonFile(path: string, value: unknown): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
}

/** undefined when there is none or it is no JSON. */
export function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
