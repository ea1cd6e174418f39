import type { KubernetesObject, Resource } from '../../api/resource.ts';
import type { Change } from '../../machinery/informer.ts';
import { Informer } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import type { World } from '../../machinery/world.ts';

/** Events come and go by the thousand, own nothing and are owned by nothing. */
const ignored = new Set(['events.', 'events.events.k8s.io']);

export type OnChange = (resource: Resource, change: Change<KubernetesObject>) => void;

interface Monitor {
  readonly resource: Resource;
  readonly informer: Informer<KubernetesObject>;
  detach(): void;
  stop(): Promise<void>;
}

/** Watches every resource that is served, and follows when resources come and go. */
export class Monitors {
  readonly #world: World;
  readonly #informers: Informers;
  readonly #onChange: OnChange;
  readonly #monitors = new Map<string, Monitor>();

  constructor(world: World, informers: Informers, onChange: OnChange) {
    this.#world = world;
    this.#informers = informers;
    this.#onChange = onChange;
  }

  /** Resolves when the first lists of all these resources are in. One version of a resource is enough. */
  async follow(resources: readonly Resource[]): Promise<void> {
    const wanted = new Map<string, Resource>();
    for (const resource of resources) {
      const key = `${resource.resource}.${resource.group}`;
      if (!ignored.has(key) && !wanted.has(key)) wanted.set(key, resource);
    }
    for (const [key, monitor] of this.#monitors) if (!wanted.has(key)) await this.#drop(key, monitor);
    for (const [key, resource] of wanted) if (!this.#monitors.has(key)) this.#monitors.set(key, this.#watch(resource));
    await Promise.all([...this.#monitors.values()].map(({ informer }) => informer.whenSynced()));
  }

  /** The resource of a kind, whatever its version. */
  resourceOf(group: string, kind: string): Resource | undefined {
    for (const { resource } of this.#monitors.values())
      if (resource.group === group && resource.kind === kind) return resource;
    return undefined;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#monitors.values()].map((monitor) => this.#end(monitor)));
    this.#monitors.clear();
  }

  #watch(resource: Resource): Monitor {
    // An informer that others use lives as long as they do.
    const shared = this.#informers.known(resource);
    const informer = shared ?? new Informer(this.#world, resource);
    informer.start();
    const detach = informer.onChange((change) => this.#onChange(resource, change));
    return { resource, informer, detach, stop: () => (shared === undefined ? informer.stop() : Promise.resolve()) };
  }

  async #drop(key: string, monitor: Monitor): Promise<void> {
    this.#monitors.delete(key);
    await this.#end(monitor);
    for (const old of monitor.informer.lister.list()) this.#onChange(monitor.resource, { old, current: undefined });
  }

  async #end(monitor: Monitor): Promise<void> {
    monitor.detach();
    await monitor.stop();
  }
}
