import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { DownloadError } from './download-error.ts';

/** What is remembered of the file that a part is a part of. */
export interface PartOrigin {
  /** A strong entity tag: the server's promise that equal tags are equal bytes. */
  readonly etag: string | undefined;
  /** The SHA-256 that the server announced for the whole file. */
  readonly announcedSha256: string | undefined;
}

/**
 * The received beginning of a file, its hash so far, and where it came from (in a small file beside it), so that
 * another process can go on where this one was stopped.
 */
export class PartFile {
  readonly path: string;
  #file: FileHandle;
  #hash: Hash;
  #bytes: number;
  #origin: PartOrigin | undefined;

  private constructor(path: string, file: FileHandle, hash: Hash, bytes: number, origin: PartOrigin | undefined) {
    this.path = path;
    this.#file = file;
    this.#hash = hash;
    this.#bytes = bytes;
    this.#origin = origin;
  }

  /** Opens what is there, and hashes it, or begins an empty part. */
  static async open(path: string): Promise<PartFile> {
    const origin = await readOrigin(path);
    // Appending, so that writing goes on at the end also after a truncation.
    const file = await open(path, 'a');
    if (origin === undefined) await file.truncate(0);
    const hash = createHash('sha256');
    let bytes = 0;
    if (origin !== undefined) {
      for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        bytes += chunk.length;
      }
    }
    return new PartFile(path, file, hash, bytes, origin);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get origin(): PartOrigin | undefined {
    return this.#origin;
  }

  /** Throws away what was received and remembers a new origin. */
  async restart(origin: PartOrigin): Promise<void> {
    await this.#file.truncate(0);
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#origin = origin;
    await writeFile(originPath(this.path), JSON.stringify(origin));
  }

  /** Throws DownloadError when the disk is full, and then gives its space back. */
  async append(chunk: Uint8Array): Promise<void> {
    try {
      await this.#file.appendFile(chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      await this.discard();
      throw new DownloadError(`the disk is full after ${this.#bytes} bytes`, false, error);
    }
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Syncs and closes; the file stays at `path` for the caller to rename. */
  async finish(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
    await rm(originPath(this.path), { force: true });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async discard(): Promise<void> {
    await rm(this.path, { force: true });
    await rm(originPath(this.path), { force: true });
  }
}

/** The name of the small file beside a part. */
export function originPath(partPath: string): string {
  return `${partPath}.json`;
}

async function readOrigin(path: string): Promise<PartOrigin | undefined> {
  try {
    const { etag, announcedSha256 } = JSON.parse(await readFile(originPath(path), 'utf8')) as Partial<PartOrigin>;
    return { etag, announcedSha256 };
  } catch {
    return undefined;
  }
}
