import { readSync } from 'node:fs';

/**
 * Reads little-endian values from a file in order and never past its end. Memory is bounded by the window and by
 * what the caller allows a text to be: a length is compared with what is left before anything is allocated.
 */
export class BoundedReader {
  readonly size: number;
  readonly #file: number;
  readonly #fail: (message: string) => Error;
  #window: Buffer = Buffer.alloc(0);
  /** Where the window begins in the file. */
  #start = 0;
  #position = 0;

  constructor(file: number, size: number, fail: (message: string) => Error) {
    this.#file = file;
    this.size = size;
    this.#fail = fail;
  }

  get position(): number {
    return this.#position;
  }

  /** The next `length` bytes; they are overwritten by a later call. */
  bytes(length: number, what: string): Buffer {
    this.#need(length, what);
    const from = this.#position - this.#start;
    if (from < 0 || from + length > this.#window.length) this.#fill(length, what);
    const begin = this.#position - this.#start;
    this.#position += length;
    return this.#window.subarray(begin, begin + length);
  }

  skip(length: number, what: string): void {
    this.#need(length, what);
    this.#position += length;
  }

  u32(what: string): number {
    return this.bytes(4, what).readUInt32LE();
  }

  u64(what: string): number {
    const bytes = this.bytes(8, what);
    const value = bytes.readUInt32LE(4) * 4_294_967_296 + bytes.readUInt32LE(0);
    if (!Number.isSafeInteger(value)) throw this.#fail(`the GGUF has the ${what} ${value}`);
    return value;
  }

  /** A count of things of at least `leastBytes` each that are still to come. */
  count(what: string, leastBytes: number, most: number): number {
    const value = this.u64(`number of ${what}`);
    if (value > most || value * leastBytes > this.size - this.#position) {
      throw this.#fail(`the GGUF claims ${value} ${what}, more than the file can hold`);
    }
    return value;
  }

  text(what: string, mostBytes: number): string {
    const length = this.count(`${what} bytes`, 1, mostBytes);
    return this.bytes(length, what).toString('utf8');
  }

  #need(length: number, what: string): void {
    if (this.#position + length > this.size) throw this.#fail(`the GGUF is truncated: it ends inside a ${what}`);
  }

  #fill(length: number, what: string): void {
    const window = Buffer.alloc(Math.min(Math.max(length, 65_536), this.size - this.#position));
    let filled = 0;
    while (filled < window.length) {
      const read = readSync(this.#file, window, filled, window.length - filled, this.#position + filled);
      if (read === 0) throw this.#fail(`the GGUF is truncated: it ends inside a ${what}`);
      filled += read;
    }
    this.#window = window;
    this.#start = this.#position;
  }
}
