import { isExpired } from '../api/error.ts';
import type { ApiError } from '../api/error.ts';
import type { KubernetesObject, Resource } from '../api/resource.ts';
import { backoffMs, jittered } from '../std/backoff.ts';
import { type Clock, secondMs, sleep } from '../std/clock.ts';
import type { Random } from '../std/random.ts';
import type { Client, ListOptions, WatchEvent } from './client.ts';
import { type Lister, keyOf, keyText } from './lister.ts';
import type { Log } from './log.ts';
import { ObjectCache } from './object-cache.ts';
import { compareResourceVersions } from './resource-version.ts';
import type { World } from './world.ts';

/** What happened to one object: it came when `old` is absent, it went when `current` is. */
export interface Change<T> {
  readonly old: T | undefined;
  readonly current: T | undefined;
}

/** Which objects of the resource; all of them when empty. */
export type Scope = Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;

// client-go tools/cache/reflector.go: 800 ms doubling to 30 s with a jitter factor of 1.
const reconnect = { baseMs: 800, maxMs: 30_000 };
/** A watch that ends sooner without a word counts as a failure. */
const shortWatchMs = secondMs;

/**
 * Keeps a copy of a resource by list and watch and tells of every change, synchronously, in the server's order.
 * The copy may be behind the server; `seen` tells how far it is. An expired position leads to a new list, whose
 * differences are told as changes; an object that was deleted and made anew in the meantime goes, then comes.
 */
export class Informer<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #scope: Scope;
  readonly #cache = new ObjectCache<T>();
  readonly #handlers = new Set<(change: Change<T>) => void>();
  readonly #stopping = new AbortController();
  readonly #waiting = new Set<Waiting>();
  #version: string | undefined;
  #running: Promise<void> | undefined;

  constructor({ client, clock, random, log }: World, resource: Resource<T>, scope: Scope = {}) {
    this.resource = resource;
    this.#client = client;
    this.#clock = clock;
    this.#random = random.fork(`informer/${resource.group}/${resource.resource}`);
    this.#log = log.with({ component: 'informer', resource: resource.resource });
    this.#scope = scope;
  }

  get lister(): Lister<T> {
    return this.#cache;
  }

  /** True once the first list is in. */
  get hasSynced(): boolean {
    return this.#version !== undefined;
  }

  /** Begins to list and watch; failures are retried until `stop`. Calling it again does nothing. */
  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    for (const one of this.#waiting) one.resolve();
    this.#waiting.clear();
  }

  /** Resolves when the first list is in, or when the informer was stopped. */
  whenSynced(): Promise<void> {
    return this.until(() => this.hasSynced);
  }

  /** Whether a write that returned this resourceVersion is visible here. */
  seen(resourceVersion: string): boolean {
    return this.#version !== undefined && compareResourceVersions(this.#version, resourceVersion) >= 0;
  }

  whenSeen(resourceVersion: string): Promise<void> {
    return this.until(() => this.seen(resourceVersion));
  }

  /** Resolves after the change that makes it true, or when the informer was stopped. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet() || this.#stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add({ isMet, resolve }));
  }

  /** Tells of everything that is there now and of every change from now on. Returns the way to end it. */
  onChange(handler: (change: Change<T>) => void): () => void {
    this.#handlers.add(handler);
    for (const current of this.#cache.list()) this.#tell(handler, { old: undefined, current });
    return () => void this.#handlers.delete(handler);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let failures = 0;
    let mustList = true;
    while (!signal.aborted) {
      const startedMs = this.#clock.now();
      let error: unknown;
      let isShort = true;
      try {
        if (mustList) await this.#list();
        mustList = false;
        if (signal.aborted) return;
        const end = await this.#watch();
        error = end.error;
        isShort = !end.hadEvents && this.#clock.now() - startedMs < shortWatchMs;
      } catch (failure) {
        error = failure;
      }
      if (isExpired(error)) mustList = true;
      else if (error !== undefined) this.#log.warn('watching failed', { error });
      failures = isShort ? failures + 1 : 0;
      if (failures > 0) await sleep(this.#clock, jittered(backoffMs(failures - 1, reconnect), 1, this.#random), signal);
    }
  }

  async #list(): Promise<void> {
    const found = new Map<string, T>();
    let page: ListOptions = this.#scope;
    for (;;) {
      const { metadata, items } = await this.#client.list(this.resource, page);
      for (const item of items) found.set(keyOf(item), item);
      if (metadata.continue === undefined || metadata.continue === '') {
        this.#replace(found, metadata.resourceVersion);
        return;
      }
      page = { ...this.#scope, continue: metadata.continue };
    }
  }

  /** Resolves when the watch has ended. */
  #watch(): Promise<{ error: ApiError | undefined; hadEvents: boolean }> {
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      let hadEvents = false;
      let isOver = false;
      const end = (error: ApiError | undefined): void => {
        isOver = true;
        signal.removeEventListener('abort', stop);
        resolve({ error, hadEvents });
      };
      const stop = (): void => {
        watch?.stop();
        end(undefined);
      };
      const watch = this.#client.watch(this.resource, {
        ...this.#scope,
        resourceVersion: this.#version!,
        onEvent: (event) => {
          if (isOver) return;
          hadEvents = true;
          this.#apply(event);
        },
        onEnd: (error) => {
          if (!isOver) end(error);
        },
      });
      if (!isOver) signal.addEventListener('abort', stop, { once: true });
    });
  }

  #apply(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') {
      this.#version = event.resourceVersion;
    } else {
      const { object } = event;
      this.#version = object.metadata.resourceVersion;
      if (event.type === 'DELETED') this.#remove(object);
      else this.#put(object);
    }
    this.#wake();
  }

  #replace(found: ReadonlyMap<string, T>, resourceVersion: string): void {
    this.#version = resourceVersion;
    for (const old of this.#cache.list()) if (!found.has(keyOf(old))) this.#remove(old);
    for (const object of found.values()) this.#put(object);
    this.#wake();
  }

  #put(object: T): void {
    const before = this.#cache.get(object.metadata);
    if (before !== undefined && before.metadata.uid !== object.metadata.uid) this.#remove(before);
    else if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    const old = this.#cache.set(object);
    this.#tellAll({ old, current: object });
  }

  /** `last` is the object as it was when it went, as far as that is known. */
  #remove(last: T): void {
    if (this.#cache.delete(last.metadata) !== undefined) this.#tellAll({ old: last, current: undefined });
  }

  #tellAll(change: Change<T>): void {
    for (const handler of this.#handlers) this.#tell(handler, change);
  }

  /** A handler's defect must not stop the stream for the others. */
  #tell(handler: (change: Change<T>) => void, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      const object = change.current ?? change.old;
      this.#log.error('a handler of changes failed', { object: object && keyText(object.metadata), error });
    }
  }

  #wake(): void {
    for (const one of this.#waiting) {
      if (!one.isMet()) continue;
      this.#waiting.delete(one);
      one.resolve();
    }
  }
}

interface Waiting {
  isMet(): boolean;
  resolve(): void;
}
