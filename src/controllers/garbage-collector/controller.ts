import { ApiError, isNotFound } from '../../api/error.ts';
import { type KubernetesObject, type Resource, apiVersionOf } from '../../api/resource.ts';
import type { ObjectMeta, OwnerReference } from '../../api/schema/meta-v1.ts';
import type { Client } from '../../machinery/client.ts';
import { ControllerRunner } from '../../machinery/controller-runner.ts';
import { type Component, type Reconciler, type Request, type Result, again, done } from '../../machinery/controller.ts';
import { EventRecorder } from '../../machinery/event-recorder.ts';
import type { Change } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import type { World } from '../../machinery/world.ts';
import { secondMs, type Timer } from '../../std/clock.ts';
import { isEqual } from '../../std/is-equal.ts';
import { Lru } from '../../std/lru.ts';
import { type OwnerState, type Plan, decide } from './decide.ts';
import { Monitors } from './monitors.ts';
import {
  type Item,
  OwnerGraph,
  isBeingDeleted,
  isDeletingDependents,
  isOrphaningDependents,
  referenceTo,
} from './owner-graph.ts';
import { ownerRefInvalidNamespace } from './reasons.ts';

/** How often new and vanished resources are looked for, as upstream's discovery. */
const resyncMs = 30 * secondMs;
const absentOwnersKept = 500;
/** When an object is looked at again whose owner is there but not seen yet. */
const unseenOwnerMs = secondMs;

export interface GarbageCollectorOptions {
  /** Every resource that can be listed, watched and deleted, as it is now. */
  readonly resources: () => readonly Resource[];
}

export function garbageCollector(
  world: World,
  informers: Informers,
  { resources }: GarbageCollectorOptions,
): Component {
  return new GarbageCollector(world, informers, resources);
}

class GarbageCollector implements Component, Reconciler {
  readonly name = 'garbage-collector-controller';
  readonly #world: World;
  readonly #client: Client;
  readonly #resources: () => readonly Resource[];
  readonly #graph = new OwnerGraph();
  readonly #monitors: Monitors;
  readonly #runner: ControllerRunner;
  readonly #recorder: EventRecorder;
  readonly #absent = new Lru<string, true>(absentOwnersKept);
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(world: World, informers: Informers, resources: () => readonly Resource[]) {
    this.#world = world;
    this.#client = world.client;
    this.#resources = resources;
    this.#monitors = new Monitors(world, informers, (resource, change) => this.#observe(resource, change));
    this.#recorder = new EventRecorder(world, this.name);
    this.#runner = new ControllerRunner(world, {
      name: this.name,
      reconciler: this,
      sources: [{ attach: () => () => {}, whenReady: () => this.#monitors.follow(this.#resources()) }],
      // kube-controller-manager's --concurrent-gc-syncs
      workers: 20,
    });
  }

  async start(): Promise<void> {
    await this.#runner.start();
    this.#resyncLater();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#runner.stop();
    await this.#monitors.stop();
  }

  /** The request's name is an object's uid. */
  async reconcile({ name: uid }: Request): Promise<Result> {
    const item = this.#graph.get(uid);
    if (item === undefined) return done;
    if (isOrphaningDependents(item)) await this.#orphanDependents(item);
    else if (isDeletingDependents(item)) await this.#awaitDependents(item);
    else if (!isBeingDeleted(item)) return this.#collect(item);
    return done;
  }

  #resyncLater(): void {
    if (this.#isStopped) return;
    this.#timer = this.#world.clock.after(resyncMs, () => {
      this.#monitors.follow(this.#resources()).then(
        () => this.#resyncLater(),
        (error: unknown) => this.#world.log.error('following the resources failed', { error }),
      );
    });
  }

  #enqueue(uid: string): void {
    this.#runner.enqueue({ namespace: '', name: uid });
  }

  #observe(resource: Resource, { old, current }: Change<KubernetesObject>): void {
    if (current === undefined) return this.#observeGone(old!);
    this.#graph.put(resource, current);
    const { uid } = current.metadata;
    const [before, now] = [old?.metadata.ownerReferences ?? [], current.metadata.ownerReferences ?? []];
    const beginsToWait = isBeingDeleted(current) && !isEqual(old?.metadata.finalizers, current.metadata.finalizers);
    const beginsToGo = isBeingDeleted(current) && (old === undefined || !isBeingDeleted(old));
    if (beginsToWait || beginsToGo) {
      this.#enqueue(uid);
      if (isDeletingDependents(current))
        for (const { metadata } of this.#graph.dependentsOf(uid)) this.#enqueue(metadata.uid);
    }
    if (isEqual(before, now)) return;
    if (now.length > 0) this.#enqueue(uid);
    for (const reference of before) {
      const stillBlocks = referenceTo(current.metadata, reference.uid)?.blockOwnerDeletion === true;
      if (reference.blockOwnerDeletion === true && !stillBlocks) this.#enqueue(reference.uid);
    }
  }

  #observeGone({ metadata }: KubernetesObject): void {
    this.#graph.remove(metadata.uid);
    for (const dependent of this.#graph.dependentsOf(metadata.uid)) this.#enqueue(dependent.metadata.uid);
    for (const { uid } of metadata.ownerReferences ?? []) {
      const owner = this.#graph.get(uid);
      if (owner !== undefined && isDeletingDependents(owner)) this.#enqueue(uid);
    }
  }

  /** Foreground: the owner goes when nothing blocks it any more. Upstream: processDeletingDependentsItem. */
  async #awaitDependents(item: Item): Promise<void> {
    const blockers = this.#graph.blockersOf(item.metadata.uid);
    if (blockers.length === 0) return this.#removeFinalizer(item, 'foregroundDeletion');
    for (const blocker of blockers) if (!isDeletingDependents(blocker)) this.#enqueue(blocker.metadata.uid);
  }

  async #orphanDependents(item: Item): Promise<void> {
    const { uid } = item.metadata;
    const dependents = this.#graph.dependentsOf(uid);
    await Promise.all(dependents.map((dependent) => this.#removeReference(dependent, uid)));
    await this.#removeFinalizer(item, 'orphan');
  }

  async #collect(item: Item): Promise<Result> {
    const { metadata, resource } = item;
    if ((metadata.ownerReferences ?? []).length === 0) return done;
    const seen = (metadata.ownerReferences ?? []).map((reference) => this.#stateInGraph(item, reference));
    if (seen.every((state) => state === 'there')) return done;

    const live = await this.#read(item);
    if (live === undefined || live.deletionTimestamp !== undefined) return done;
    const states = new Map<OwnerReference, OwnerState>();
    for (const reference of live.ownerReferences ?? []) {
      const state = this.#stateInGraph(item, reference) ?? (await this.#stateOnServer(item, reference));
      // A cluster-scoped object with an owner in a namespace: nobody can tell which, so it stays.
      if (state === undefined) return done;
      states.set(reference, state);
    }
    const dependents = this.#graph.dependentsOf(metadata.uid);
    const plan = decide({
      metadata: live,
      stateOf: (reference) => states.get(reference)!,
      hasDependents: dependents.length > 0,
      hasWaitingDependent: dependents.some(isDeletingDependents),
    });
    await this.#carryOut(resource, live, plan);
    // The end of an owner that no informer has shown yet may never be told.
    const isUnseen = [...states].some(([{ uid }, state]) => state !== 'absent' && this.#graph.get(uid) === undefined);
    return plan.action === 'keep' && isUnseen ? again(unseenOwnerMs) : done;
  }

  async #carryOut(resource: Resource, live: ObjectMeta, plan: Plan): Promise<void> {
    if (plan.action === 'keep') return;
    if (plan.action === 'setReferences') return this.#setReferences(resource, live, plan.references);
    let { resourceVersion } = live;
    if (plan.unblocked !== undefined) {
      const body = { metadata: { uid: live.uid, resourceVersion, ownerReferences: plan.unblocked } };
      resourceVersion = (await this.#client.patch(resource, live, { type: 'merge', body })).metadata.resourceVersion;
    }
    const preconditions = { uid: live.uid, resourceVersion };
    await ignoringGone(this.#client.delete(resource, live, { propagationPolicy: plan.policy, preconditions }));
  }

  /** Undefined when the graph cannot tell. Only a reference that fits in every part is believed. */
  #stateInGraph(item: Item, reference: OwnerReference): OwnerState | undefined {
    const owner = this.#graph.get(reference.uid);
    if (owner === undefined) return undefined;
    const { resource, metadata } = owner;
    const isNamed = resource.kind === reference.kind && metadata.name === reference.name;
    if (!isNamed || resource.group !== groupOf(reference.apiVersion)) return undefined;
    if (resource.namespaced && metadata.namespace !== item.metadata.namespace) {
      this.#tellWrongNamespace(item, reference);
      return undefined;
    }
    return isDeletingDependents(owner) ? 'waiting' : 'there';
  }

  /** Undefined when it cannot be said. Upstream: isDangling. */
  async #stateOnServer(item: Item, reference: OwnerReference): Promise<OwnerState | undefined> {
    const resource = this.#monitors.resourceOf(groupOf(reference.apiVersion), reference.kind);
    if (resource === undefined)
      throw new ApiError('NotFound', `no matches for kind "${reference.kind}" in version "${reference.apiVersion}"`);
    const itemNamespace = item.metadata.namespace ?? '';
    if (resource.namespaced && itemNamespace === '') return undefined;
    const namespace = resource.namespaced ? itemNamespace : '';
    const cacheKey = [reference.uid, apiVersionOf(resource), reference.kind, namespace, reference.name].join('|');
    if (this.#absent.get(cacheKey) === true) return 'absent';
    const owner = await ignoringGone(this.#client.get(resource, { namespace, name: reference.name }));
    if (owner === undefined || owner.metadata.uid !== reference.uid) {
      this.#absent.set(cacheKey, true);
      return 'absent';
    }
    return isDeletingDependents(owner) ? 'waiting' : 'there';
  }

  /** The object's metadata now; undefined when it is gone or another has its name. */
  async #read({ resource, metadata }: Item): Promise<ObjectMeta | undefined> {
    const live = await ignoringGone(this.#client.get(resource, metadata));
    return live?.metadata.uid === metadata.uid ? live.metadata : undefined;
  }

  async #removeReference(item: Item, ownerUid: string): Promise<void> {
    const live = await this.#read(item);
    if (live === undefined || referenceTo(live, ownerUid) === undefined) return;
    const others = (live.ownerReferences ?? []).filter(({ uid }) => uid !== ownerUid);
    await this.#setReferences(item.resource, live, others);
  }

  async #setReferences(resource: Resource, live: ObjectMeta, references: readonly OwnerReference[]): Promise<void> {
    const { uid, resourceVersion } = live;
    const ownerReferences = references.length === 0 ? null : references;
    const body = { metadata: { uid, resourceVersion, ownerReferences } };
    await ignoringGone(this.#client.patch(resource, live, { type: 'merge', body }));
  }

  async #removeFinalizer(item: Item, finalizer: string): Promise<void> {
    const live = await this.#read(item);
    if (live === undefined || !(live.finalizers ?? []).includes(finalizer)) return;
    const { uid, resourceVersion } = live;
    const others = (live.finalizers ?? []).filter((one) => one !== finalizer);
    const body = { metadata: { uid, resourceVersion, finalizers: others.length === 0 ? null : others } };
    await ignoringGone(this.#client.patch(item.resource, live, { type: 'merge', body }));
  }

  #tellWrongNamespace({ resource, metadata }: Item, { apiVersion, kind, name, uid }: OwnerReference): void {
    const { namespace = '' } = metadata;
    const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
    const message = `ownerRef ${owner} does not exist in namespace "${namespace}"`;
    this.#recorder.event(resource, { metadata }, 'Warning', ownerRefInvalidNamespace, message);
  }
}

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? apiVersion.split('/')[0]! : '');

async function ignoringGone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
