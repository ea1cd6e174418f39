import { ApiError } from '../api/error.ts';
import type { KubernetesObject } from '../api/resource.ts';
import type { Clock } from '../std/clock.ts';
import type { Component, Reconciler, Request } from './controller.ts';
import type { Change, Informer } from './informer.ts';
import { keyFromText, keyText } from './lister.ts';
import type { Log } from './log.ts';
import { WorkQueue } from './work-queue.ts';

/** Something that says which objects are to be reconciled. */
export interface Source {
  /** Begins to report; returns the way to end it. */
  attach(enqueue: (request: Request, afterMs?: number) => void): () => void;
  /** Resolves when all that was there at the start is reported and readable. */
  whenReady(): Promise<void>;
}

/** The changed objects themselves. */
export function changesOf<T extends KubernetesObject>(informer: Informer<T>): Source {
  return requestsFrom(informer, ({ old, current }) => [requestFor(current ?? old!)]);
}

/** What a change of this resource means for other objects. */
export function requestsFrom<T extends KubernetesObject>(
  informer: Informer<T>,
  requests: (change: Change<T>) => Iterable<Request>,
): Source {
  return {
    attach: (enqueue) =>
      informer.onChange((change) => {
        for (const request of requests(change)) enqueue(request);
      }),
    whenReady: () => informer.whenSynced(),
  };
}

/** An informer that is only read: reconciling waits for its first list. */
export function readsFrom<T extends KubernetesObject>(informer: Informer<T>): Source {
  return { attach: () => () => {}, whenReady: () => informer.whenSynced() };
}

export const requestFor = ({ metadata: { namespace = '', name } }: KubernetesObject): Request => ({ namespace, name });

export interface ControllerOptions {
  readonly name: string;
  readonly reconciler: Reconciler;
  readonly sources: readonly Source[];
  /** How many different keys may be reconciled at once. */
  readonly workers?: number;
}

/** Runs a reconciler by the contract in controller.ts. */
export class ControllerRunner implements Component {
  readonly name: string;
  readonly #reconciler: Reconciler;
  readonly #sources: readonly Source[];
  readonly #workers: number;
  readonly #queue: WorkQueue;
  readonly #log: Log;
  #detach: readonly (() => void)[] = [];
  #running: readonly Promise<void>[] = [];
  #isStopped = false;

  constructor(
    { clock, log }: { readonly clock: Clock; readonly log: Log },
    { name, reconciler, sources, workers = 1 }: ControllerOptions,
  ) {
    this.name = name;
    this.#reconciler = reconciler;
    this.#sources = sources;
    this.#workers = workers;
    this.#queue = new WorkQueue(clock);
    this.#log = log.with({ component: name });
  }

  /** True when every known request has been reconciled and none is to come by itself. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  /** Asks for a reconciliation from outside the sources. */
  enqueue(request: Request, afterMs = 0): void {
    this.#queue.addAfter(keyText(request), afterMs);
  }

  async start(): Promise<void> {
    const enqueue = (request: Request, afterMs?: number): void => this.enqueue(request, afterMs);
    this.#detach = this.#sources.map((source) => source.attach(enqueue));
    await Promise.all(this.#sources.map((source) => source.whenReady()));
    if (this.#isStopped) return;
    this.#running = Array.from({ length: this.#workers }, () => this.#work());
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const detach of this.#detach) detach();
    this.#queue.shutDown();
    await Promise.all(this.#running);
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.next(); key !== undefined; key = await this.#queue.next()) {
      await this.#reconcile(key);
      this.#queue.done(key);
    }
  }

  async #reconcile(key: string): Promise<void> {
    try {
      const { requeueAfterMs, requeueOn } = await this.#reconciler.reconcile(keyFromText(key));
      this.#queue.forget(key);
      if (requeueAfterMs !== undefined) this.#queue.addAfter(key, requeueAfterMs);
      if (requeueOn !== undefined) void requeueOn.then(() => this.#queue.add(key));
    } catch (error) {
      // An expected refusal, such as a conflict with a newer write, is the daily bread of a controller.
      if (error instanceof ApiError)
        this.#log.warn('reconciling again', { key, reason: error.reason, why: error.message });
      else this.#log.error('reconciling failed', { key, error });
      this.#queue.addRateLimited(key);
    }
  }
}
