import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { currentLog, logNames, removeLogsBefore, rotatedLog } from './cri-log-files.ts';

export interface LogLimits {
  /** The kubelet's containerLogMaxSize. */
  readonly fileBytesMax: number;
  /** The kubelet's containerLogMaxFiles, the current one included. */
  readonly filesMax: number;
}

export const kubeletLogLimits: LogLimits = { fileBytesMax: 10 * 1024 * 1024, filesMax: 5 };

/** Longer lines are cut into partial ones (tag P), as containerd does. */
const lineBytesMax = 16 * 1024;
const newline = 0x0a;

/**
 * Writes one container's output as `<RFC3339Nano> <stream> <F|P> <content>` lines. Synchronous: what was written is in the
 * kernel before the exit is told, and a full pipe slows the container down rather than this process.
 */
export class CriLogWriter {
  readonly #folder: string;
  readonly #attempt: number;
  readonly #limits: LogLimits;
  readonly #now: () => string;
  readonly #rests = new Map<string, Buffer>();
  #file: number;
  #size: number;

  /** `now` gives RFC 3339 with nanoseconds. Logs of attempts before the previous one are removed. */
  constructor(
    folder: string,
    attempt: number,
    { now, limits = kubeletLogLimits }: { now: () => string; limits?: LogLimits },
  ) {
    this.#folder = folder;
    this.#attempt = attempt;
    this.#limits = limits;
    this.#now = now;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeLogsBefore(folder, attempt - 1);
    this.#file = openSync(`${folder}/${currentLog(attempt)}`, 'a', 0o600);
    this.#size = fstatSync(this.#file).size;
  }

  write(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const rest = this.#rests.get(stream);
    const bytes = rest === undefined || rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const prefix = `${this.#now()} ${stream} `;
    const pieces: Buffer[] = [];
    let start = 0;
    for (;;) {
      const found = bytes.indexOf(newline, start);
      const end = found < 0 ? bytes.length : found;
      while (end - start > lineBytesMax) {
        pieces.push(Buffer.from(`${prefix}P `), bytes.subarray(start, start + lineBytesMax), Buffer.from('\n'));
        start += lineBytesMax;
      }
      if (found < 0) break;
      pieces.push(Buffer.from(`${prefix}F `), bytes.subarray(start, found + 1));
      start = found + 1;
      if (pieces.length > 256) this.#append(Buffer.concat(pieces.splice(0)));
    }
    // A copy: the chunk's memory is not kept alive by its tail.
    this.#rests.set(stream, Buffer.from(bytes.subarray(start)));
    if (pieces.length > 0) this.#append(Buffer.concat(pieces));
  }

  /** Writes what is left without a newline and closes the file. */
  close(): void {
    for (const [stream, rest] of this.#rests) {
      if (rest.length > 0)
        this.#append(Buffer.concat([Buffer.from(`${this.#now()} ${stream} F `), rest, Buffer.from('\n')]));
    }
    this.#rests.clear();
    closeSync(this.#file);
  }

  #append(lines: Buffer): void {
    try {
      if (this.#size > 0 && this.#size + lines.length > this.#limits.fileBytesMax) this.#rotate();
      this.#size += writeWhole(this.#file, lines);
    } catch {
      // A full disk loses lines. It must not stop the container, nor what watches it.
    }
  }

  #rotate(): void {
    const path = `${this.#folder}/${currentLog(this.#attempt)}`;
    renameSync(path, `${this.#folder}/${rotatedLog(this.#attempt, this.#now())}`);
    const fresh = openSync(path, 'a', 0o600);
    closeSync(this.#file);
    this.#file = fresh;
    this.#size = 0;
    const names = logNames(this.#folder, this.#attempt);
    for (const name of names.slice(0, Math.max(0, names.length - this.#limits.filesMax)))
      rmSync(`${this.#folder}/${name}`, { force: true });
  }
}

function writeWhole(file: number, bytes: Buffer): number {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
  return written;
}

/** RFC 3339 with nine digits, microseconds being real. */
export function rfc3339Nano(epochMs: number): string {
  const micros = Math.round(epochMs * 1000);
  return `${new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1)}${String(micros % 1000).padStart(3, '0')}000Z`;
}
