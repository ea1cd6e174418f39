import { execFile } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** Both outputs of one process that is about to start. */
export interface OutputPipes {
  /** The process's ends, for its stdio; to be closed here once it has them. */
  readonly writers: readonly [number, number];
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when nobody holds the process's ends any more. */
  readonly closed: Promise<void>;
  /** Reads no further. */
  readonly release: () => void;
}

/**
 * Real pipes for containers. Node's own stdio is a pair of sockets, and a program that opens /dev/stderr, as many a
 * shell script does, is refused there. Named pipes are made by mkfifo(1), kept and used again.
 */
export class PipePool {
  readonly #folder: string;
  readonly #idle: string[] = [];
  #count = 0;
  #first: Promise<string | undefined>;

  /** `folder` is this pool's own: what an earlier one left is removed. The first pair is made ahead of its need. */
  constructor(folder: string) {
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
    this.#first = this.#make();
  }

  /** undefined where named pipes cannot be made: the caller uses sockets. */
  async take(): Promise<OutputPipes | undefined> {
    const first = this.#first;
    this.#first = Promise.resolve(undefined);
    const path = (await first) ?? this.#idle.pop() ?? (await this.#make());
    if (path === undefined) return undefined;
    const out = openPair(`${path}.out`);
    const err = openPair(`${path}.err`);
    const stdout = new Socket({ fd: out.reader, readable: true, writable: false });
    const stderr = new Socket({ fd: err.reader, readable: true, writable: false });
    const ended = [stdout, stderr].map((stream) => new Promise<void>((resolve) => void stream.once('end', resolve)));
    for (const stream of [stdout, stderr]) stream.on('error', () => {});
    return {
      writers: [out.writer, err.writer],
      stdout,
      stderr,
      closed: Promise.all(ended).then(() => {}),
      release: () => {
        // One whose other end somebody may still hold would mix two outputs.
        if (stdout.readableEnded && stderr.readableEnded) this.#idle.push(path);
        else for (const end of ['out', 'err']) rmSync(`${path}.${end}`, { force: true });
        stdout.destroy();
        stderr.destroy();
      },
    };
  }

  #make(): Promise<string | undefined> {
    const path = `${this.#folder}/${this.#count++}`;
    return new Promise((resolve) => {
      execFile('mkfifo', ['-m', '600', `${path}.out`, `${path}.err`], { env: { PATH: '/usr/bin:/bin' } }, (error) => {
        resolve(error === null ? path : undefined);
      });
    });
  }
}

/** Reader first: a writer of a named pipe waits for one. */
function openPair(path: string): { reader: number; writer: number } {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { reader, writer: openSync(path, constants.O_WRONLY) };
  } catch (error) {
    closeSync(reader);
    throw error;
  }
}
