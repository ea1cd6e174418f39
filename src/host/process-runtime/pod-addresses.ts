import type { Random } from '../../std/random.ts';

/** 127.64.0.0/10 holds 64 slices of 65,024 addresses. */
const firstSlice = 64;
const slices = 64;

/**
 * Loopback addresses for pods. An engine draws from the slice that its data directory points to; that two engines share
 * one is possible, so an address counts only once a shim holds it (see shim.ts).
 */
export class PodAddresses {
  readonly #slice: number;
  readonly #taken = new Set<string>();
  #next: number;

  /** Begins somewhere in the slice: an address that a client may still remember is not given again soon. */
  constructor(dataDirectory: string, random: Random) {
    this.#slice = firstSlice + (hash(dataDirectory) % slices);
    this.#next = Math.floor(random.next() * hosts);
  }

  /** Marks an address that a pod has already. */
  take(ip: string): void {
    this.#taken.add(ip);
  }

  release(ip: string): void {
    this.#taken.delete(ip);
  }

  /** Takes the next free one. Throws RangeError when the slice is full. */
  allocate(): string {
    for (let tries = 0; tries < hosts; tries++) {
      const host = this.#next;
      this.#next = (this.#next + 1) % hosts;
      const ip = `127.${this.#slice}.${Math.floor(host / lastOctets)}.${1 + (host % lastOctets)}`;
      if (this.#taken.has(ip)) continue;
      this.#taken.add(ip);
      return ip;
    }
    throw new RangeError(`all ${hosts} addresses of 127.${this.#slice}.0.0/16 are taken`);
  }
}

/** .0 and .255 look like a network and its broadcast. */
const lastOctets = 254;
const hosts = 256 * lastOctets;

/** A number that depends on the folder alone; FNV-1a. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}
