/**
 * Where the store's writes become durable. Implemented by `host/disk-journal.ts`
 * (append-only log, group commit) and `memoryJournal` below.
 */
export interface Journal {
  /** Everything recorded, oldest first; called once, before the first append. The snapshot comes first as ordinary records. */
  recover(): AsyncIterable<string>;
  /**
   * Resolves when the record, one line of text without line breaks, would survive `kill -9` and power loss.
   * Rejects when it could not be written (disk full): the write did not happen and will not come back.
   * Appends become durable in the order of the calls; those made in one turn share one sync.
   * A journal that keeps nothing never asks for the text, and answers undefined: nothing to wait for.
   */
  append(record: () => string): Promise<void> | undefined;
  /**
   * Replaces everything before this call by `records`, atomically; appends may go on meanwhile.
   * `records` is read after the call returned: it must not change.
   */
  snapshot(records: Iterable<string>): Promise<void>;
  /** Bytes appended since the last snapshot; the store takes a new one when it grows. */
  readonly appendedBytes: number;
  close(): Promise<void>;
}

/** Keeps nothing: for the twin and for tests. */
export function memoryJournal(): Journal {
  return {
    async *recover() {},
    append: () => undefined,
    snapshot: () => Promise.resolve(),
    appendedBytes: 0,
    close: () => Promise.resolve(),
  };
}
