import { watch } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import type { LogOptions } from '../../node/container-runtime.ts';
import { sleep, type Clock } from '../../std/clock.ts';
import { logNames } from './cri-log-files.ts';
import { CriLineReader, type LogLine } from './cri-log-lines.ts';
import { rfc3339Nano } from './cri-log-writer.ts';

export interface LogSource {
  readonly folder: string;
  readonly attempt: number;
  /** True once nothing will be written any more. */
  readonly hasEnded: () => boolean;
  /** Tells of changes of hasEnded. Returns a function that unsubscribes. */
  readonly onChange: (listener: () => void) => () => void;
  readonly clock: Clock;
}

const chunkBytes = 64 * 1024;
const newline = Buffer.from('\n');
/** Only where the kernel has no more inotify watches to give. */
const pollMs = 500;

/** One attempt's output over all its files, oldest first; with `follow` until the container has ended. */
export async function* readLogs(
  source: LogSource,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const lines = new CriLineReader();
  const since = options.sinceMs === undefined ? '' : rfc3339Nano(options.sinceMs);
  let left = options.limitBytes ?? Infinity;
  const format = (found: readonly LogLine[]): Buffer => {
    const pieces: Buffer[] = [];
    for (const { timestamp, content } of found) {
      if (timestamp < since) continue;
      if (options.timestamps) pieces.push(Buffer.from(`${timestamp} `));
      pieces.push(content, newline);
    }
    const bytes = Buffer.concat(pieces).subarray(0, left);
    left -= bytes.length;
    return bytes;
  };
  for await (const chunk of readBytes(source, options, signal)) {
    const bytes = format(lines.push(chunk));
    if (bytes.length > 0) yield bytes;
    if (left <= 0) return;
  }
  const bytes = format(lines.end());
  if (bytes.length > 0) yield bytes;
}

/** The raw bytes of the files, from where the tail begins. */
async function* readBytes(
  source: LogSource,
  { follow, tailLines }: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const { folder, attempt, hasEnded } = source;
  const start = tailLines === undefined ? undefined : await tailStart(folder, attempt, tailLines);
  const changes = follow ? watchFolder(source, signal) : undefined;
  let name = start?.name ?? logNames(folder, attempt)[0];
  let offset = start?.offset ?? 0;
  try {
    while (name !== undefined) {
      const file = await openIfThere(`${folder}/${name}`);
      if (file === undefined) {
        // Rotated away between the listing and the opening: the oldest that is left is the next.
        name = logNames(folder, attempt)[0];
        offset = 0;
        continue;
      }
      try {
        for (;;) {
          if (signal.aborted) return;
          const wasRotated = await isRotated(file, folder, attempt);
          const hadEnded = hasEnded();
          const bytes = await read(file, offset);
          if (bytes.length > 0) {
            offset += bytes.length;
            yield bytes;
          } else if (wasRotated) {
            name = await nameAfter(file, folder, attempt);
            offset = 0;
            break;
          } else if (changes === undefined || hadEnded) return;
          else await changes.next();
        }
      } finally {
        await file.close();
      }
    }
  } finally {
    changes?.stop();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function read(file: FileHandle, offset: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, offset);
  return buffer.subarray(0, bytesRead);
}

/** True when the file is no longer the one that is written: nothing comes after its end. */
async function isRotated(file: FileHandle, folder: string, attempt: number): Promise<boolean> {
  const names = logNames(folder, attempt);
  const current = names.at(-1);
  return current !== undefined && (await inode(`${folder}/${current}`)) !== (await file.stat()).ino;
}

/** The file that was begun after this one; the oldest when this one is gone already. */
async function nameAfter(file: FileHandle, folder: string, attempt: number): Promise<string | undefined> {
  const own = (await file.stat()).ino;
  const names = logNames(folder, attempt);
  for (const [index, name] of names.entries()) if ((await inode(`${folder}/${name}`)) === own) return names[index + 1];
  return names[0];
}

async function inode(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.ino;
}

/** Where the last `lines` lines begin: files are read backwards, newest first. Partial lines count, as for the kubelet. */
async function tailStart(
  folder: string,
  attempt: number,
  lines: number,
): Promise<{ name: string; offset: number } | undefined> {
  const names = logNames(folder, attempt);
  let missing = lines;
  for (const name of names.toReversed()) {
    const file = await openIfThere(`${folder}/${name}`);
    if (file === undefined) continue;
    try {
      const { size } = await file.stat();
      if (missing <= 0) return { name, offset: size };
      // The newline at the very end ends the last line; it begins none.
      let end = size - 1;
      while (end > 0) {
        const from = Math.max(0, end - chunkBytes);
        const bytes = (await read(file, from)).subarray(0, end - from);
        for (let at = bytes.lastIndexOf(newline); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(newline, at - 1)) {
          if (--missing === 0) return { name, offset: from + at + 1 };
        }
        end = from;
      }
      if (size > 0 && --missing === 0) return { name, offset: 0 };
    } finally {
      await file.close();
    }
  }
  return undefined;
}

/** `next` resolves at the first change since it resolved before, and at once when stopped. */
function watchFolder(
  { folder, onChange, clock }: LogSource,
  signal: AbortSignal,
): { next(): Promise<void>; stop(): void } {
  let isChanged = false;
  let wake: (() => void) | undefined;
  const changed = (): void => {
    isChanged = true;
    wake?.();
  };
  let watcher: ReturnType<typeof watch> | undefined;
  try {
    watcher = watch(folder, { persistent: false }, changed);
    watcher.on('error', () => {});
  } catch {
    // Polled below.
  }
  const unsubscribe = onChange(changed);
  signal.addEventListener('abort', changed, { once: true });
  return {
    async next() {
      if (!isChanged && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await (watcher === undefined ? Promise.race([promise, sleep(clock, pollMs, signal)]) : promise);
      }
      isChanged = false;
    },
    stop() {
      watcher?.close();
      unsubscribe();
      signal.removeEventListener('abort', changed);
    },
  };
}
