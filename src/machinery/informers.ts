import type { KubernetesObject, Resource } from '../api/resource.ts';
import type { Component } from './controller.ts';
import { Informer } from './informer.ts';
import type { World } from './world.ts';

/** One informer a resource, shared by everything in a world. */
export class Informers implements Component {
  readonly name = 'informers';
  readonly #world: World;
  readonly #informers = new Map<string, Informer<KubernetesObject>>();
  #isStarted = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Works at any time: once the world has started, a new informer starts at once; await its `whenSynced`. */
  for<T extends KubernetesObject>(resource: Resource<T>): Informer<T> {
    const key = `${resource.resource}.${resource.version}.${resource.group}`;
    const known = this.#informers.get(key);
    // The resource fixes the type of its objects.
    if (known !== undefined) return known as unknown as Informer<T>;
    const informer = new Informer<T>(this.#world, resource);
    this.#informers.set(key, informer as unknown as Informer<KubernetesObject>);
    if (this.#isStarted) informer.start();
    return informer;
  }

  /** Ends the informer of a resource that is no longer served. */
  async drop(resource: Resource): Promise<void> {
    const key = `${resource.resource}.${resource.version}.${resource.group}`;
    const informer = this.#informers.get(key);
    this.#informers.delete(key);
    await informer?.stop();
  }

  async start(): Promise<void> {
    this.#isStarted = true;
    for (const informer of this.#informers.values()) informer.start();
    await Promise.all([...this.#informers.values()].map((informer) => informer.whenSynced()));
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }
}
