import { isNotFound } from '../../api/error.ts';
import type { KubernetesObject, Resource } from '../../api/resource.ts';
import { namespaces, pods } from '../../api/resources.ts';
import type { Namespace, Pod } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { ControllerRunner, changesOf, requestsFrom } from '../../machinery/controller-runner.ts';
import { type Component, type Reconciler, type Request, type Result, again, done } from '../../machinery/controller.ts';
import type { Change } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import type { World } from '../../machinery/world.ts';
import { type Remainder, conditionsAfter } from './conditions.ts';
import { graceOf, nextLookInMs } from './decide.ts';

const finalizer = 'kubernetes';

export interface NamespaceOptions {
  /** Every resource that can be listed and deleted, as it is now. */
  readonly resources: () => readonly Resource[];
}

export function namespaceController(world: World, informers: Informers, options: NamespaceOptions): Component {
  const known = informers.for(namespaces);
  function* namespaceOf({ old, current }: Change<Pod>): Iterable<Request> {
    if (old === undefined || current !== undefined) return;
    const name = old.metadata.namespace ?? '';
    if (known.lister.get({ name })?.metadata.deletionTimestamp !== undefined) yield { namespace: '', name };
  }
  return new ControllerRunner(world, {
    name: 'namespace-controller',
    reconciler: new NamespaceReconciler(world, options),
    sources: [changesOf(known), requestsFrom(informers.for(pods), namespaceOf)],
    // kube-controller-manager's --concurrent-namespace-syncs
    workers: 10,
  });
}

class NamespaceReconciler implements Reconciler {
  readonly #world: World;
  readonly #resources: () => readonly Resource[];

  constructor(world: World, { resources }: NamespaceOptions) {
    this.#world = world;
    this.#resources = resources;
  }

  async reconcile({ name }: Request): Promise<Result> {
    const namespace = await this.#live(name);
    if (namespace === undefined || namespace.metadata.deletionTimestamp === undefined) return done;
    if (!(namespace.spec.finalizers ?? []).includes(finalizer)) return done;

    const failures: unknown[] = [];
    const graceSeconds = await this.#graceIn(namespace);
    const remainders = await this.#empty(name, failures);
    const updated = await this.#tell(namespace, remainders, failures);
    if (failures.length > 0) throw failures[0];
    const nextMs = nextLookInMs(remainders, { graceSeconds });
    if (nextMs !== undefined) return again(nextMs);
    await this.#finalize(updated);
    return done;
  }

  /** Pods before everything else: what they use must be there until they end. */
  async #empty(name: string, failures: unknown[]): Promise<readonly Remainder[]> {
    const left = await this.#deleteAll(pods, name, failures);
    if (left.count > 0) return [left];
    const remainders: Remainder[] = [];
    for (const resource of this.#others()) remainders.push(await this.#deleteAll(resource, name, failures));
    return remainders;
  }

  /** One version of each namespaced resource but pods. */
  #others(): readonly Resource[] {
    const byName = new Map<string, Resource>();
    for (const resource of this.#resources())
      if (resource.namespaced && !(resource.group === '' && resource.resource === 'pods'))
        byName.set(`${resource.resource}.${resource.group}`, resource);
    return [...byName.values()];
  }

  async #deleteAll(resource: Resource, namespace: string, failures: unknown[]): Promise<Remainder> {
    const { client } = this.#world;
    const counted = (items: readonly KubernetesObject[]): Remainder => {
      const finalizers: Record<string, number> = {};
      for (const { metadata } of items)
        for (const one of metadata.finalizers ?? []) finalizers[one] = (finalizers[one] ?? 0) + 1;
      return { resource, count: items.length, finalizers };
    };
    try {
      const { items } = await client.list(resource, { namespace });
      if (items.length === 0) return counted(items);
      for (const { metadata } of items) {
        if (metadata.deletionTimestamp !== undefined) continue;
        await client.delete(resource, metadata, { propagationPolicy: 'Background' }).catch(ignoreGone);
      }
      return counted((await client.list(resource, { namespace })).items);
    } catch (error) {
      // It is no longer served.
      if (isNotFound(error)) return counted([]);
      failures.push(error);
      return counted([]);
    }
  }

  async #graceIn({ metadata }: Namespace): Promise<number> {
    const { items } = await this.#world.client.list(pods, { namespace: metadata.name });
    return graceOf(items, { deletedMs: Date.parse(metadata.deletionTimestamp ?? ''), nowMs: this.#world.clock.now() });
  }

  async #tell(
    namespace: Namespace,
    remainders: readonly Remainder[],
    failures: readonly unknown[],
  ): Promise<Namespace> {
    const { status } = namespace;
    const conditions = conditionsAfter(status.conditions ?? [], {
      remainders,
      failures: failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))),
      now: timestamp(this.#world.clock.now()),
    });
    if (conditions === status.conditions && status.phase === 'Terminating') return namespace;
    const next = { ...namespace, status: { ...status, phase: 'Terminating', conditions } };
    return this.#world.client.update(namespaces, next, { subresource: 'status' });
  }

  async #finalize(namespace: Namespace): Promise<void> {
    const finalizers = (namespace.spec.finalizers ?? []).filter((one) => one !== finalizer);
    const next = { ...namespace, spec: { ...namespace.spec, finalizers } };
    await this.#world.client.update(namespaces, next, { subresource: 'finalize' }).catch(ignoreGone);
  }

  async #live(name: string): Promise<Namespace | undefined> {
    return this.#world.client.get(namespaces, { name }).catch(ignoreGone);
  }
}

function ignoreGone(error: unknown): undefined {
  if (isNotFound(error)) return undefined;
  throw error;
}
