import { events } from '../api/resources.ts';
import { hourMs, minuteMs, type Clock, type Timer } from '../std/clock.ts';
import { bucketName } from './served-resource.ts';
import type { Store } from './store/store.ts';
import type { StoredObject } from './store/stored-object.ts';

// kube-apiserver --event-ttl.
const eventTtlMs = hourMs;
const sweepMs = minuteMs;

/** Deletes events an hour after their last write, as etcd's leases do. */
export class EventExpiry {
  readonly #store: Store;
  readonly #clock: Clock;
  /** Oldest first: every write of an event comes last. */
  #queue: { readonly key: string; readonly revision: number; readonly expiresMs: number }[] = [];
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Events that were there before get their hour anew. */
  start(): void {
    const bucket = this.#store.bucket(bucketName(events));
    for (const stored of bucket.list('')) this.#enqueue(stored);
    const watch = this.#store.watch(bucket, this.#store.revision, () => {
      for (let event = watch.take(); event !== undefined; event = watch.take()) {
        if (event.type !== 'DELETED') this.#enqueue(event.now);
      }
    });
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #enqueue({ key, revision }: StoredObject): void {
    this.#queue.push({ key, revision, expiresMs: this.#clock.now() + eventTtlMs });
  }

  #schedule(): void {
    this.#timer = this.#clock.after(sweepMs, () => {
      void this.#sweep().finally(() => {
        if (!this.#isStopped) this.#schedule();
      });
    });
  }

  async #sweep(): Promise<void> {
    const bucket = this.#store.bucket(bucketName(events));
    const now = this.#clock.now();
    const due = this.#queue.findIndex(({ expiresMs }) => expiresMs > now);
    const expired = this.#queue.splice(0, due === -1 ? this.#queue.length : due);
    await Promise.allSettled(
      expired.map(async ({ key, revision }) => {
        if (bucket.get(key)?.revision !== revision) return;
        await this.#store.write(bucket, key, (current) => {
          if (current === undefined) throw new Error('gone');
          return current.revision === revision ? { delete: current.object } : { keep: current };
        });
      }),
    );
  }
}
