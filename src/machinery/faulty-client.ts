import { ApiError } from '../api/error.ts';
import type { KubernetesObject, Resource } from '../api/resource.ts';
import type { Clock } from '../std/clock.ts';
import type { Random } from '../std/random.ts';
import type { Client, Watch, WatchOptions } from './client.ts';

export interface Faults {
  /** Events reach a watch up to this much later, in their order: reads are stale. */
  readonly watchDelayMaxMs?: number;
  /** A watch breaks after about this time and its position has expired by then: what happens meanwhile is not observed. */
  readonly watchBreakEveryMs?: number;
  /** How long nothing is seen after a break, at most. */
  readonly outageMaxMs?: number;
  /** The client dies at this write, counted from 1: before the server heard of it, or when only the answer is lost. */
  readonly crash?: { readonly atWrite: number; readonly isWritten: boolean };
  /** The share of writes that fail before the server heard of them. */
  readonly failureShare?: number;
  /** The share of writes that are done but seem to fail. */
  readonly lostAnswerShare?: number;
}

/**
 * A client whose server is far away and whose process is mortal: for simulations. After its death nothing that was
 * asked of it is ever answered, as for a process that was killed.
 */
export class FaultyClient {
  readonly #inner: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #onDeath: () => void;
  #writes = 0;
  #isDead = false;

  constructor(
    inner: Client,
    { clock, random, faults, onDeath }: { clock: Clock; random: Random; faults: Faults; onDeath: () => void },
  ) {
    this.#inner = inner;
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#onDeath = onDeath;
  }

  /** Writes that were begun, events not counted: nothing depends on them. */
  get writes(): number {
    return this.#writes;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** As `kill -9` would. */
  die(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#onDeath();
  }

  client(): Client {
    const inner = this.#inner;
    return {
      get: (resource, key, options) => this.#read(() => inner.get(resource, key, options)),
      list: (resource, options) => this.#read(() => inner.list(resource, options)),
      watch: (resource, options) => this.#watch(resource, options),
      create: (resource, object, options) => this.#write(resource, () => inner.create(resource, object, options)),
      update: (resource, object, options) => this.#write(resource, () => inner.update(resource, object, options)),
      patch: (resource, key, patch, options) => this.#write(resource, () => inner.patch(resource, key, patch, options)),
      delete: (resource, key, options) => this.#write(resource, () => inner.delete(resource, key, options)),
      post: (resource, key, subresource, body) =>
        this.#write(resource, () => inner.post(resource, key, subresource, body)),
    };
  }

  #read<T>(request: () => Promise<T>): Promise<T> {
    return this.#isDead ? never() : this.#answer(request());
  }

  async #write<T>({ resource }: { readonly resource: string }, request: () => Promise<T>): Promise<T> {
    if (this.#isDead) return never();
    if (resource === 'events') return this.#answer(request());
    const write = ++this.#writes;
    const { crash, failureShare = 0, lostAnswerShare = 0 } = this.#faults;
    if (crash?.atWrite === write) {
      if (crash.isWritten) await request().catch(() => undefined);
      this.die();
      return never();
    }
    if (this.#random.next() < failureShare) throw new ApiError('ServiceUnavailable', 'connection refused');
    if (this.#random.next() < lostAnswerShare) {
      await this.#answer(request()).catch(() => undefined);
      throw new ApiError('Timeout', 'the server was unable to return a response in the time allotted');
    }
    return this.#answer(request());
  }

  /** The dead hear no answers. */
  async #answer<T>(answer: Promise<T>): Promise<T> {
    const value = await answer.catch((error: unknown) => {
      if (this.#isDead) return never<T>();
      throw error;
    });
    return this.#isDead ? never() : value;
  }

  #watch<T extends KubernetesObject>(resource: Resource<T>, options: WatchOptions<T>): Watch {
    const { watchDelayMaxMs = 0, watchBreakEveryMs, outageMaxMs = 0 } = this.#faults;
    let isOver = this.#isDead;
    let lastMs = this.#clock.now();
    const deliver = (run: () => void): void => {
      const now = this.#clock.now();
      lastMs = Math.max(lastMs, now + this.#random.next() * watchDelayMaxMs);
      this.#clock.after(lastMs - now, () => {
        if (!isOver && !this.#isDead) run();
      });
    };
    const inner = this.#inner.watch(resource, {
      ...options,
      onEvent: (event) => deliver(() => options.onEvent(event)),
      onEnd: (error) => deliver(() => options.onEnd(error)),
    });
    const stop = (): void => {
      isOver = true;
      inner.stop();
    };
    if (watchBreakEveryMs !== undefined)
      this.#clock.after(this.#random.next() * 2 * watchBreakEveryMs, () => {
        if (isOver || this.#isDead) return;
        stop();
        this.#clock.after(this.#random.next() * outageMaxMs, () => {
          if (!this.#isDead) options.onEnd(new ApiError('Expired', 'too old resource version'));
        });
      });
    return { stop };
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}
