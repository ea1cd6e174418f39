import { EventLog, type StoreEvent } from './event-log.ts';
import { SortedKeys } from './sorted-keys.ts';
import type { StoredObject } from './stored-object.ts';

/** The objects of one resource as everybody sees them, and the recent events on them. */
export class Bucket {
  /** `resource` or `resource.group`: in which shape a kind is served does not matter here. */
  readonly name: string;
  readonly log: EventLog;
  /** Writes that are not durable yet, by key. Their promises never reject. */
  readonly pending: Map<string, Promise<unknown>> = new Map();
  readonly wakeUps: Set<() => void> = new Set();
  readonly #objects = new Map<string, StoredObject>();
  readonly #keys = new SortedKeys();

  constructor(name: string, compactedRevision: number) {
    this.name = name;
    this.log = new EventLog(compactedRevision);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** In key order. */
  list(prefix: string): readonly StoredObject[] {
    return this.#keys.range(prefix).map((key) => this.#objects.get(key)!);
  }

  /** What `list` would have answered at that revision. Throws Expired when its history is gone. */
  listAt(prefix: string, revision: number): readonly StoredObject[] {
    const position = this.log.positionAfter(revision);
    if (position === this.log.end) return this.list(prefix);
    const past = new Map<string, StoredObject | undefined>();
    for (const { now, old } of this.log.newestFirst(position)) past.set(now.key, old);
    const found = this.list(prefix).filter((stored) => !past.has(stored.key));
    for (const stored of past.values()) if (stored?.key.startsWith(prefix) === true) found.push(stored);
    return found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  apply(event: StoreEvent): void {
    const { now } = event;
    if (event.type === 'DELETED') {
      this.#objects.delete(now.key);
      this.#keys.remove(now.key);
    } else {
      this.restore(now);
    }
    this.log.push(event);
  }

  /** State without an event: the records of a snapshot. */
  restore(stored: StoredObject): void {
    if (!this.#objects.has(stored.key)) this.#keys.add(stored.key);
    this.#objects.set(stored.key, stored);
  }
}
