import type { ServedResource } from '../served-resource.ts';
import type { StoreEvent } from '../store/event-log.ts';
import type { StoreWatch } from '../store/store-watch.ts';
import { StoredObject } from '../store/stored-object.ts';
import { withRevision } from '../store/with-revision.ts';
import { inVersion } from './read.ts';
import type { Registry } from './registry.ts';
import type { Selection } from './selection.ts';

export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly stored: StoredObject;
}

/** The events of a resource, seen through a selection. */
export class ObjectWatch {
  readonly #served: ServedResource;
  readonly #selection: Selection;
  readonly #events: StoreWatch;

  constructor(served: ServedResource, selection: Selection, events: StoreWatch) {
    this.#served = served;
    this.#selection = selection;
    this.#events = events;
  }

  /** The next event, undefined when there is none yet. Throws Expired when it fell behind the history. */
  take(): ObjectEvent | undefined {
    for (let event = this.#events.take(); event !== undefined; event = this.#events.take()) {
      const selected = this.#select(event);
      if (selected !== undefined) return selected;
    }
    return undefined;
  }

  stop(): void {
    this.#events.stop();
  }

  /** What came into the selection was added to it, what went out of it was deleted from it. */
  #select({ type, now, old, revision }: StoreEvent): ObjectEvent | undefined {
    const { namespace, isEverything } = this.#selection;
    if (namespace !== '' && !now.key.startsWith(`${namespace}/`)) return undefined;
    const served = this.#served;
    if (isEverything) return { type, stored: inVersion(served, now) };
    const before = old === undefined ? undefined : inVersion(served, old);
    const wasSelected = before !== undefined && this.#selection.matches(before.object);
    if (type !== 'DELETED') {
      const stored = inVersion(served, now);
      if (this.#selection.matches(stored.object)) return { type: wasSelected ? 'MODIFIED' : 'ADDED', stored };
    }
    if (!wasSelected) return undefined;
    // The last state that was selected, at the revision at which it ceased to be.
    return { type: 'DELETED', stored: new StoredObject(now.key, withRevision(before.object, revision), revision) };
  }
}

/** `onEvents` is called, never synchronously, when there is more to take. Throws Expired. */
export function watchObjects(
  { store }: Registry,
  served: ServedResource,
  selection: Selection,
  revision: number,
  onEvents: () => void,
): ObjectWatch {
  return new ObjectWatch(served, selection, store.watch(store.bucket(served.bucket), revision, onEvents));
}
