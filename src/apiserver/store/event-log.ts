import { expiredRevision } from './expired-revision.ts';
import type { StoredObject } from './stored-object.ts';

/** One write, with what was there before: selector transitions need both sides. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** What is there now; for DELETED the last state, with the revision of the deletion. */
  readonly now: StoredObject;
  readonly old: StoredObject | undefined;
  readonly revision: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/**
 * The recent events of one bucket. Readers hold a position; a reader that falls behind what is kept
 * learns so, and nothing is buffered for it.
 */
export class EventLog {
  #events: StoreEvent[] = [];
  /** Position of `#events[0]`. */
  #first = 0;
  #compactedRevision: number;

  constructor(compactedRevision: number) {
    this.#compactedRevision = compactedRevision;
  }

  /** Events up to this revision may be gone. */
  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  get length(): number {
    return this.#events.length;
  }

  /** Position after the newest event. */
  get end(): number {
    return this.#first + this.#events.length;
  }

  push(event: StoreEvent): void {
    this.#events.push(event);
  }

  /** Undefined at the end. Throws Expired when the event at the position is no longer kept. */
  at(position: number): StoreEvent | undefined {
    if (position < this.#first) throw expiredRevision('the watch fell behind the history that is kept');
    return this.#events[position - this.#first];
  }

  /** Position of the first event after the revision. Throws Expired when events after it are gone. */
  positionAfter(revision: number): number {
    if (revision < this.#compactedRevision) {
      throw expiredRevision(`too old resource version: ${revision} (${this.#compactedRevision})`);
    }
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#first + low;
  }

  /** Events after the position, newest first: what to undo in order to see the past. */
  *newestFirst(position: number): Iterable<StoreEvent> {
    for (let i = this.#events.length - 1; i >= position - this.#first; i--) yield this.#events[i]!;
  }

  /** Forgets what is older than `time`, and the oldest beyond `limit`. */
  trim(time: number, limit: number): void {
    let drop = Math.max(0, this.#events.length - limit);
    while (drop < this.#events.length && this.#events[drop]!.time < time) drop++;
    if (drop === 0) return;
    this.#compactedRevision = this.#events[drop - 1]!.revision;
    this.#events = this.#events.slice(drop);
    this.#first += drop;
  }
}
