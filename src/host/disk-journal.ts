import { mkdirSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Journal } from '../apiserver/journal.ts';
import type { Log } from '../machinery/log.ts';
import { lockDirectory } from './directory-lock.ts';
import { openJournalFile, syncFolder, type JournalFile } from './journal-file.ts';
import { frameOf, readFrames } from './journal-frames.ts';

export interface DiskJournalOptions {
  readonly log: Log;
  /** How files that are appended to are opened. */
  readonly openFile?: (path: string) => Promise<JournalFile>;
}

/** Records that share one sync, at most. */
const batchBytesMax = 4 * 1024 * 1024;
const snapshotFrameBytes = 256 * 1024;

interface Waiting {
  /** Undefined for a snapshot: what comes after it goes to a new file. */
  readonly record: string | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens the journal in `directory` for this process alone. `snapshot.N` holds the state before `log.N`; logs from the
 * newest snapshot on are replayed in order. Rejects when another engine has the folder.
 */
export async function openDiskJournal(directory: string, options: DiskJournalOptions): Promise<Journal> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(directory);
  return new DiskJournal(directory, lock, options);
}

class DiskJournal implements Journal {
  readonly #directory: string;
  readonly #lock: { release(): Promise<void> };
  readonly #log: Log;
  readonly #openFile: (path: string) => Promise<JournalFile>;
  #file: JournalFile | undefined;
  #number = 0;
  /** Everything up to here is safe. */
  #length = 0;
  #appendedBytes = 0;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  /** Why nothing can be written any more. */
  #broken: Error | undefined;

  constructor(directory: string, lock: { release(): Promise<void> }, { log, openFile }: DiskJournalOptions) {
    this.#directory = directory;
    this.#lock = lock;
    this.#log = log;
    this.#openFile = openFile ?? openJournalFile;
  }

  get appendedBytes(): number {
    return this.#appendedBytes;
  }

  async *recover(): AsyncIterable<string> {
    const names = await readdir(this.#directory);
    const numbers = (prefix: string): readonly number[] =>
      names
        .filter((name) => new RegExp(`^${prefix}\\.\\d+$`).test(name))
        .map((name) => Number(name.slice(prefix.length + 1)))
        .toSorted((a, b) => a - b);
    const snapshot = numbers('snapshot').at(-1);
    const logs = numbers('log').filter((number) => snapshot === undefined || number >= snapshot);
    if (snapshot !== undefined) yield* await this.#read(`snapshot.${snapshot}`, false);
    const first = snapshot ?? 0;
    if (snapshot !== undefined && logs.length === 0) throw this.#damaged(`log.${first}`, 'is missing');
    for (const [index, number] of logs.entries()) {
      if (number !== first + index) throw this.#damaged(`log.${first + index}`, 'is missing');
      const isLast = index === logs.length - 1;
      yield* await this.#read(`log.${number}`, isLast);
    }
    await this.#open(logs.at(-1) ?? first);
    await this.#removeBefore(first);
  }

  append(record: () => string): Promise<void> {
    const text = record();
    if (text.includes('\n')) throw new Error('bug: a record of the journal has a line break in it');
    return this.#enqueue(text);
  }

  async snapshot(records: Iterable<string>): Promise<void> {
    await this.#enqueue(undefined);
    const number = this.#number;
    const path = join(this.#directory, `snapshot.${number}`);
    const fresh = `${path}.new`;
    await rm(fresh, { force: true });
    const file = await this.#openFile(fresh);
    try {
      let position = 0;
      for (const frame of framesOf(records)) {
        await file.write(frame, position);
        position += frame.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    await syncFolder(this.#directory);
    await this.#removeBefore(number);
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#broken ??= new Error('the journal is closed');
    await this.#lock.release();
  }

  #enqueue(record: string | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      // What else is appended in this turn shares the sync.
      this.#writing ??= Promise.resolve().then(() => this.#write());
    });
  }

  /** Does what waits, a batch of records a sync, until nothing is left. Never rejects. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      const records = batch.map(({ record }) => record).filter((record) => record !== undefined);
      try {
        if (records.length > 0) await this.#append(frameOf(records));
        else await this.#rotate();
      } catch (error) {
        for (const { reject } of batch) reject(error);
        continue;
      }
      for (const { resolve } of batch) resolve();
    }
    this.#writing = undefined;
  }

  /** Records up to a snapshot, or the snapshot alone. */
  #takeBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#waiting) {
      bytes += record?.length ?? 0;
      if (count > 0 && (record === undefined || bytes > batchBytesMax)) break;
      count++;
      if (record === undefined) break;
    }
    return this.#waiting.splice(0, count);
  }

  async #append(frame: Buffer): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const file = this.#file;
    if (file === undefined) throw new Error('bug: the journal is written before it was recovered');
    try {
      await file.write(frame, this.#length);
      await file.sync();
    } catch (error) {
      await this.#undo(file, error);
      throw plainError(error);
    }
    this.#length += frame.length;
    this.#appendedBytes += frame.length;
  }

  /** A refused write must not come back after a restart. When even that fails, nothing more is written. */
  async #undo(file: JournalFile, cause: unknown): Promise<void> {
    this.#log.error('the journal could not be written', { directory: this.#directory, error: cause });
    try {
      await file.truncate(this.#length);
      await file.sync();
    } catch (error) {
      this.#broken = new Error(`the journal in ${this.#directory} cannot be written any more: restart the engine`, {
        cause: error,
      });
      this.#log.error(this.#broken.message, { error });
    }
  }

  async #rotate(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const before = this.#file;
    await this.#open(this.#number + 1);
    this.#appendedBytes = 0;
    await before?.close();
  }

  async #open(number: number): Promise<void> {
    const file = await this.#openFile(join(this.#directory, `log.${number}`));
    await syncFolder(this.#directory);
    if (number !== this.#number) this.#length = 0;
    this.#file = file;
    this.#number = number;
  }

  /** The records of a file. Cuts off an unfinished last write; throws for damage. */
  async #read(name: string, mayBeCut: boolean): Promise<readonly string[]> {
    const path = join(this.#directory, name);
    const bytes = await readFile(path);
    const { records, goodBytes, goodAgainAt } = readFrames(bytes);
    if (goodBytes < bytes.length) {
      if (goodAgainAt !== undefined) {
        const where = `is damaged between bytes ${goodBytes} and ${goodAgainAt}: acknowledged writes are lost there`;
        throw this.#damaged(name, where);
      }
      if (!mayBeCut) throw this.#damaged(name, `is damaged from byte ${goodBytes} on`);
      this.#log.warn('the last write of the journal was cut off and never acknowledged: it is dropped', {
        file: path,
        bytes: bytes.length - goodBytes,
      });
      const file = await this.#openFile(path);
      await file.truncate(goodBytes);
      await file.sync();
      await file.close();
    }
    if (mayBeCut) {
      this.#number = Number(name.slice('log.'.length));
      this.#length = goodBytes;
      this.#appendedBytes = goodBytes;
    }
    return records;
  }

  #damaged(name: string, what: string): Error {
    const { dir, aside } = { dir: this.#directory, aside: `${this.#directory}.damaged` };
    return new Error(`${join(dir, name)} ${what}. Put the folder back from a copy, or start empty: mv ${dir} ${aside}`);
  }

  async #removeBefore(number: number): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const match = /^(?:log|snapshot)\.(\d+)(\.new)?$/.exec(name);
      if (match === null) continue;
      if (Number(match[1]) < number || match[2] !== undefined) await rm(join(this.#directory, name), { force: true });
    }
  }
}

function* framesOf(records: Iterable<string>): Iterable<Buffer> {
  let batch: string[] = [];
  let bytes = 0;
  for (const record of records) {
    batch.push(record);
    bytes += record.length;
    if (bytes < snapshotFrameBytes) continue;
    yield frameOf(batch);
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield frameOf(batch);
}

/** In words that may go to a client: no paths. */
function plainError(error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new Error('no space left on the disk', { cause: error });
  return new Error(`the disk refused it (${code ?? 'unknown error'})`, { cause: error });
}
