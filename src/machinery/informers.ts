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
    const known = this.known(resource);
    if (known !== undefined) return known;
    const informer = new Informer<T>(this.#world, resource);
    this.#informers.set(keyFor(resource), informer as unknown as Informer<KubernetesObject>);
    if (this.#isStarted) informer.start();
    return informer;
  }

  /** The informer that somebody asked for before; none is made. */
  known<T extends KubernetesObject>(resource: Resource<T>): Informer<T> | undefined {
    // The resource fixes the type of its objects.
    return this.#informers.get(keyFor(resource)) as unknown as Informer<T> | undefined;
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

const keyFor = ({ group, version, resource }: Resource): string => `${resource}.${version}.${group}`;
