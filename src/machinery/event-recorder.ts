import { ApiError, isAlreadyExists, isNamespaceTerminating, isNotFound } from '../api/error.ts';
import { type KubernetesObject, type Resource, apiVersionOf } from '../api/resource.ts';
import { events } from '../api/resources.ts';
import type { Event, ObjectReference } from '../api/schema/core-v1.ts';
import type { Draft } from '../api/schema/draft.ts';
import { timestamp } from '../api/timestamps.ts';
import { type Clock, secondMs, sleep } from '../std/clock.ts';
import type { Random } from '../std/random.ts';
import type { Client } from './client.ts';
import { type Correlated, EventCorrelator } from './event-correlator.ts';
import type { Log } from './log.ts';
import type { World } from './world.ts';

// client-go tools/record/event.go
const queuedMax = 1000;
const triesMax = 12;
const retryAfterMs = 10 * secondMs;

export type EventType = 'Normal' | 'Warning';

/**
 * Writes events about objects in the background and in order. Events are a help for people, never state:
 * one that the server refuses or that comes when a thousand wait is dropped.
 */
export class EventRecorder {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #component: string;
  readonly #host: string;
  readonly #correlator: EventCorrelator;
  #tail: Promise<void> = Promise.resolve();
  #queued = 0;

  /** `component` is the source that `kubectl describe` shows, e.g. `deployment-controller`; `host` a node's name. */
  constructor(
    { client, clock, random, log }: World,
    component: string,
    { host = '' }: { readonly host?: string } = {},
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#random = random.fork(`events/${component}/${host}`);
    this.#log = log.with({ component });
    this.#component = component;
    this.#host = host;
    this.#correlator = new EventCorrelator(clock);
  }

  /** `fieldPath` points into the object, e.g. `spec.containers{server}`. */
  event<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    type: EventType,
    reason: string,
    message: string,
    { fieldPath }: { readonly fieldPath?: string } = {},
  ): void {
    const { namespace, name, uid, resourceVersion } = object.metadata;
    this.eventAbout(
      {
        kind: resource.kind,
        apiVersion: apiVersionOf(resource),
        ...(namespace === undefined || namespace === '' ? {} : { namespace }),
        name,
        uid,
        resourceVersion,
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      type,
      reason,
      message,
    );
  }

  /** The same for an object that is only known by reference, such as a node by its name. */
  eventAbout(involvedObject: ObjectReference, type: EventType, reason: string, message: string): void {
    if (this.#queued >= queuedMax) return this.#log.warn('too many events wait, one is dropped', { reason });
    const { kind = '', namespace = '', name = '', uid = '', apiVersion = '', fieldPath = '' } = involvedObject;
    const subject = [this.#component, this.#host, kind, namespace, name, uid, apiVersion].join('\0');
    const newName = this.#newName(name);
    const correlated = this.#correlator.correlate({ subject, fieldPath, type, reason, message }, newName);
    if (correlated === undefined) return;
    const now = timestamp(this.#clock.now());
    const event: Draft<Event> = {
      metadata: { name: newName, namespace: namespace === '' ? 'default' : namespace },
      involvedObject,
      reason,
      message: correlated.message,
      source: { component: this.#component, ...(this.#host === '' ? {} : { host: this.#host }) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: correlated.repeats?.count ?? 1,
      type,
      // Upstream's combined events do not tell it, and neither does a real cluster.
      reportingComponent: correlated.isCombined ? '' : this.#component,
      reportingInstance: correlated.isCombined ? '' : this.#host,
    };
    this.#queued++;
    this.#tail = this.#tail.then(() => this.#write(event, correlated)).finally(() => this.#queued--);
  }

  /** Resolves when everything recorded so far is written or given up. */
  flushed(): Promise<void> {
    return this.#tail;
  }

  async #write(event: Draft<Event>, correlated: Correlated): Promise<void> {
    for (let tries = 1; tries <= triesMax; tries++) {
      try {
        const written = await this.#send(event, correlated);
        this.#correlator.recorded(correlated.key, { name: written.metadata.name, count: written.count ?? 1 });
        return;
      } catch (error) {
        const isUnreachable = error instanceof ApiError && error.reason === 'ServiceUnavailable';
        if (!isUnreachable) {
          // Every event about an object in a namespace that is ending is refused.
          if (!isAlreadyExists(error) && !isNamespaceTerminating(error))
            this.#log.warn('an event was refused', { reason: event.reason, error });
          return;
        }
        await sleep(this.#clock, tries === 1 ? retryAfterMs * this.#random.next() : retryAfterMs);
      }
    }
    this.#log.warn('an event could not be written', { reason: event.reason });
  }

  async #send(event: Draft<Event>, { repeats }: Correlated): Promise<Event> {
    if (repeats !== undefined) {
      const { count, lastTimestamp, message } = event;
      try {
        return await this.#client.patch(
          events,
          { namespace: event.metadata?.namespace, name: repeats.name },
          { type: 'strategic', body: { count, lastTimestamp, message } },
        );
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    return this.#client.create(events, event);
  }

  /** `name.nanoseconds`; the clock's milliseconds are filled up by chance, so that two events of one differ. */
  #newName(name: string): string {
    const nanoseconds = BigInt(Math.floor(this.#clock.now())) * 1_000_000n;
    const suffix = (nanoseconds + BigInt(Math.floor(this.#random.next() * 1e6))).toString(16);
    return `${name.slice(0, 252 - suffix.length)}.${suffix}`;
  }
}
