import type { KubernetesObject, Resource } from '../api/resource.ts';
import type { Client, Watch } from '../machinery/client.ts';
import type { Clock } from '../std/clock.ts';

export interface LoggedEvent {
  readonly atMs: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly object: KubernetesObject;
}

/** Every event of some resources in the order of their happening, folded into one hash. */
export class EventLog {
  readonly #clock: Clock;
  readonly #watches: Watch[] = [];
  readonly #listeners: ((event: LoggedEvent) => void)[] = [];
  #high = 0x811c9dc5;
  #low = 0x9e3779b9;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#count;
  }

  /** 16 hexadecimal digits; equal for runs whose events were equal in content, order and time. */
  get hash(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  onEvent(listener: (event: LoggedEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Begins with what is there now. */
  async follow(client: Client, resources: readonly Resource[]): Promise<void> {
    for (const resource of resources) {
      const { items, metadata } = await client.list(resource);
      for (const object of items) this.#record(resource, 'ADDED', object);
      this.#watches.push(
        client.watch(resource, {
          resourceVersion: metadata.resourceVersion,
          onEvent: (event) => {
            if (event.type !== 'BOOKMARK') this.#record(resource, event.type, event.object);
          },
          onEnd: (error) => {
            throw new Error(`bug: the event log lost its watch of ${resource.resource}`, { cause: error });
          },
        }),
      );
    }
  }

  stop(): void {
    for (const watch of this.#watches) watch.stop();
  }

  #record(resource: Resource, type: LoggedEvent['type'], object: KubernetesObject): void {
    const atMs = this.#clock.now();
    this.#count++;
    this.#fold(`${atMs} ${type} ${resource.resource} ${JSON.stringify(object)}`);
    for (const listener of this.#listeners) listener({ atMs, type, resource: resource.resource, object });
  }

  /** FNV-1a on two lanes with different offsets: 64 bits without big integers. */
  #fold(text: string): void {
    let [high, low] = [this.#high, this.#low];
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ (code + (high >>> 24)), 0x85ebca6b);
    }
    this.#high = high;
    this.#low = low;
  }
}
