import type { Bucket } from './bucket.ts';
import type { StoreEvent } from './event-log.ts';

/** A reader of a bucket's events. It pulls; a slow one costs nothing, until it falls behind the history. */
export class StoreWatch {
  readonly #bucket: Bucket;
  #position: number;
  readonly #onEvents: () => void;

  /** `onEvents` is called, never synchronously, when there is more to take; it is not called for what is there already. */
  constructor(bucket: Bucket, position: number, onEvents: () => void) {
    this.#bucket = bucket;
    this.#position = position;
    this.#onEvents = onEvents;
    bucket.wakeUps.add(onEvents);
  }

  /** The next event, undefined when there is none yet. Throws Expired when it is no longer kept. */
  take(): StoreEvent | undefined {
    const event = this.#bucket.log.at(this.#position);
    if (event !== undefined) this.#position++;
    return event;
  }

  stop(): void {
    this.#bucket.wakeUps.delete(this.#onEvents);
  }
}
