import type { StoredObject } from './stored-object.ts';

/**
 * One line of the journal: a write, a deletion, or the mark that opens a snapshot.
 * Short names, since there is one line a write: r revision, b bucket, k key, o object.
 */
export type JournalRecord =
  | { readonly r: number; readonly b: string; readonly k: string; readonly o?: object }
  | { readonly snapshot: number };

export function putRecord(bucket: string, stored: StoredObject): string {
  return `{"r":${stored.revision},"b":${JSON.stringify(bucket)},"k":${JSON.stringify(stored.key)},"o":${stored.json}}`;
}

export function deleteRecord(bucket: string, key: string, revision: number): string {
  return `{"r":${revision},"b":${JSON.stringify(bucket)},"k":${JSON.stringify(key)}}`;
}

/** Opens a snapshot: the store's revision when it was taken. */
export function snapshotRecord(revision: number): string {
  return `{"snapshot":${revision}}`;
}

/** Throws when the line is no record: the journal's checksum held, so this is another program's file or a bug. */
export function parseRecord(line: string): JournalRecord {
  const record = JSON.parse(line) as JournalRecord;
  const known = 'snapshot' in record ? Number.isSafeInteger(record.snapshot) : Number.isSafeInteger(record.r);
  if (!known) throw new Error(`the journal has a record of unknown shape: ${line.slice(0, 80)}`);
  return record;
}
