import { ApiError } from '../../api/error.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import { minuteMs, type Clock } from '../../std/clock.ts';
import type { Journal } from '../journal.ts';
import { Bucket } from './bucket.ts';
import { CommitQueue } from './commit-queue.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { StoreEvent } from './event-log.ts';
import { deleteRecord, putRecord, snapshotRecord } from './journal-record.ts';
import { recover } from './recover.ts';
import { StoredObject } from './stored-object.ts';
import { StoreWatch } from './store-watch.ts';
import { withRevision } from './with-revision.ts';

/** What a write does, decided on what is there at its turn. `keep` writes nothing and answers the object. */
export type Decision =
  | { readonly put: KubernetesObject }
  | { readonly delete: KubernetesObject }
  | { readonly keep: StoredObject };

// etcd is compacted every five minutes (kube-apiserver --etcd-compaction-interval).
const historyMs = 5 * minuteMs;
/** Events a bucket keeps at most, however young. */
const historyLimit = 10_000;
const snapshotBytesMin = 8 * 1024 * 1024;

/**
 * All objects in memory under one global revision. A write becomes visible, to reads and watches alike,
 * only when the journal has it, and writes become visible in the order of their revisions.
 */
export class Store {
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #buckets = new Map<string, Bucket>();
  readonly #commits = new CommitQueue();
  readonly #toWake = new Set<Bucket>();
  /** Revision of the newest visible write. */
  #revision = 1;
  /** Newest revision given out. */
  #allocated = 1;
  /** Before it there is no history. */
  #baseRevision = 1;
  #snapshotLength = 0;
  #snapshotting: Promise<void> | undefined;
  #isClosed = false;

  constructor({ clock, journal }: { readonly clock: Clock; readonly journal: Journal }) {
    this.#clock = clock;
    this.#journal = journal;
  }

  get revision(): number {
    return this.#revision;
  }

  get journalBytes(): number {
    return this.#journal.appendedBytes;
  }

  /** How many objects there are, by bucket. */
  sizes(): ReadonlyMap<string, number> {
    return new Map([...this.#buckets].map(([name, bucket]) => [name, bucket.size]));
  }

  bucket(name: string): Bucket {
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      bucket = new Bucket(name, this.#baseRevision);
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  /** Brings back what the journal holds. Call once, before anything else. */
  async recover(): Promise<void> {
    const bucketOf = (name: string, baseRevision: number): Bucket => {
      this.#baseRevision = baseRevision;
      return this.bucket(name);
    };
    const { revision, baseRevision } = await recover(this.#journal, bucketOf, this.#clock.now());
    this.#revision = this.#allocated = revision;
    this.#baseRevision = baseRevision;
    for (const bucket of this.#buckets.values()) this.#trim(bucket);
  }

  /**
   * Runs `decide` when no other write of the key is on its way, so that what it sees is the newest there is,
   * then makes what it decided durable and visible. What `decide` throws is thrown.
   * Rejects with InternalError when the journal could not take the write: then it did not happen.
   */
  async write(
    bucket: Bucket,
    key: string,
    decide: (current: StoredObject | undefined) => Decision,
  ): Promise<StoredObject> {
    for (;;) {
      const before = bucket.pending.get(key) ?? this.#commits.closedUntil;
      if (before === undefined) break;
      await before;
    }
    if (this.#isClosed) throw new ApiError('ServiceUnavailable', 'the API server is shutting down');
    const current = bucket.get(key);
    const decision = decide(current);
    if ('keep' in decision) return decision.keep;
    const revision = ++this.#allocated;
    const object = 'put' in decision ? decision.put : decision.delete;
    const now = new StoredObject(key, deepFreeze(withRevision(object, revision)), revision);
    const type = 'delete' in decision ? 'DELETED' : current === undefined ? 'ADDED' : 'MODIFIED';
    const event: StoreEvent = { type, now, old: current, revision, time: this.#clock.now() };
    const durable = this.#journal.append(() =>
      type === 'DELETED' ? deleteRecord(bucket.name, key, revision) : putRecord(bucket.name, now),
    );
    if (durable === undefined) this.#apply(bucket, event);
    else await this.#whenDurable(durable, bucket, event);
    return now;
  }

  /** Events of the bucket after the revision. Throws Expired when they are no longer kept. */
  watch(bucket: Bucket, revision: number, onEvents: () => void): StoreWatch {
    return new StoreWatch(bucket, bucket.log.positionAfter(revision), onEvents);
  }

  /** Lets the writes in flight end, refuses further ones, and closes the journal. */
  async close(): Promise<void> {
    await this.#commits.whenQuiet(() => {
      this.#isClosed = true;
    });
    await this.#snapshotting;
    await this.#journal.close();
  }

  async #whenDurable(durable: Promise<void>, bucket: Bucket, event: StoreEvent): Promise<void> {
    const { key } = event.now;
    const committed = this.#commits.push(durable, () => this.#apply(bucket, event));
    // Writers of the same key wait for the outcome, whichever it is.
    bucket.pending.set(
      key,
      committed.then(
        () => bucket.pending.delete(key),
        () => bucket.pending.delete(key),
      ),
    );
    try {
      await committed;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ApiError('InternalError', `Internal error occurred: the write could not be made durable: ${why}`, {
        cause: error,
      });
    }
  }

  #apply(bucket: Bucket, event: StoreEvent): void {
    bucket.apply(event);
    this.#revision = event.revision;
    if (bucket.log.length > historyLimit * 1.25 || event.revision % 1024 === 0) this.#trim(bucket);
    if (bucket.wakeUps.size > 0) this.#wake(bucket);
    if (this.#journal.appendedBytes > Math.max(snapshotBytesMin, 2 * this.#snapshotLength)) this.#snapshot();
  }

  #trim(bucket: Bucket): void {
    bucket.log.trim(this.#clock.now() - historyMs, historyLimit);
  }

  /** Watchers are told once for all writes of a turn. */
  #wake(bucket: Bucket): void {
    const isScheduled = this.#toWake.size > 0;
    this.#toWake.add(bucket);
    if (isScheduled) return;
    queueMicrotask(() => {
      const buckets = [...this.#toWake];
      this.#toWake.clear();
      for (const { wakeUps } of buckets) for (const wakeUp of wakeUps) wakeUp();
    });
  }

  #snapshot(): void {
    if (this.#snapshotting !== undefined) return;
    this.#snapshotting = this.#takeSnapshot()
      // The log is whole without a snapshot; the next try comes when it has grown some more.
      .catch(() => {
        this.#snapshotLength = Math.ceil(this.#journal.appendedBytes);
      })
      .finally(() => {
        this.#snapshotting = undefined;
      });
  }

  /** What is in flight comes before the snapshot in the log, but is not in the state yet: wait for it. */
  async #takeSnapshot(): Promise<void> {
    let written: Promise<void> | undefined;
    let length = 0;
    await this.#commits.whenQuiet(() => {
      const state = [...this.#buckets.values()].map((bucket) => [bucket.name, bucket.list('')] as const);
      const revision = this.#revision;
      function* lines(): Iterable<string> {
        yield snapshotRecord(revision);
        for (const [name, objects] of state) {
          for (const stored of objects) {
            const line = putRecord(name, stored);
            length += line.length;
            yield line;
          }
        }
      }
      written = this.#journal.snapshot(lines());
    });
    await written;
    this.#snapshotLength = length;
  }
}
