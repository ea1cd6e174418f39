import { isNotFound } from '../../api/error.ts';
import { isConditionTrue } from '../../api/conditions.ts';
import { customResourceDefinitions } from '../../api/resources.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '../../api/schema/apiextensions-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { deleteObject } from '../registry/delete.ts';
import { modifyObject } from '../registry/modify.ts';
import type { Registry } from '../registry/registry.ts';
import { sameValue } from '../registry/same-value.ts';
import { bucketName, type ServedResource } from '../served-resource.ts';
import type { Bucket } from '../store/bucket.ts';
import type { StoreWatch } from '../store/store-watch.ts';
import { systemUser } from '../system-user.ts';
import { acceptNames } from './accept-names.ts';
import { customResource } from './custom-resource.ts';
import { withDefinitionCondition } from './definition-condition.ts';
import { cleanupFinalizer } from './definition-kind.ts';

const context = { user: systemUser, dryRun: false };

/**
 * Keeps what is served in step with the CustomResourceDefinitions: accepts their names, serves their versions,
 * and when one is deleted, deletes its objects before it goes.
 */
export class CustomResources {
  readonly #registry: Registry;
  readonly #onError: (error: unknown) => void;
  readonly #served = new Map<string, readonly ServedResource[]>();
  readonly #madeFrom = new Map<string, Pick<CustomResourceDefinition, 'spec' | 'status'>>();
  readonly #emptying = new Map<string, () => void>();
  #watch: StoreWatch | undefined;

  constructor(registry: Registry, onError: (error: unknown) => void) {
    this.#registry = registry;
    this.#onError = onError;
  }

  /** Serves what is established already. Does nothing where definitions are not served. */
  start(): void {
    const bucket = this.#definitions();
    if (bucket === undefined) return;
    const { store } = this.#registry;
    for (const { object } of bucket.list('')) this.#sync(object as CustomResourceDefinition);
    const watch = store.watch(bucket, store.revision, () => {
      for (let event = watch.take(); event !== undefined; event = watch.take()) {
        const definition = event.now.object as CustomResourceDefinition;
        if (event.type === 'DELETED') this.#remove(definition);
        else this.#sync(bucket.get(event.now.key)?.object as CustomResourceDefinition | undefined);
      }
    });
    this.#watch = watch;
  }

  stop(): void {
    this.#watch?.stop();
    for (const stop of this.#emptying.values()) stop();
  }

  #definitions(): Bucket | undefined {
    const served = this.#registry.resources.find(customResourceDefinitions);
    return served === undefined ? undefined : this.#registry.store.bucket(served.bucket);
  }

  #all(): readonly CustomResourceDefinition[] {
    return (
      this.#definitions()
        ?.list('')
        .map(({ object }) => object as CustomResourceDefinition) ?? []
    );
  }

  #sync(definition: CustomResourceDefinition | undefined): void {
    if (definition === undefined) return;
    const status = this.#statusOf(definition);
    // Served before anybody can read that it is established.
    if (isConditionTrue(status.conditions, 'Established')) this.#serve({ ...definition, status });
    if (!sameValue(status, definition.status)) this.#run(this.#writeStatus(definition, status));
    else if (definition.metadata.deletionTimestamp !== undefined) this.#empty(definition);
  }

  #statusOf(definition: CustomResourceDefinition): CustomResourceDefinitionStatus {
    const { status, metadata } = definition;
    if (metadata.deletionTimestamp !== undefined) return status;
    const now = timestamp(this.#registry.clock.now());
    const { acceptedNames, condition } = acceptNames(definition, this.#all());
    const named = withDefinitionCondition({ ...status, acceptedNames }, condition, now);
    if (isConditionTrue(status.conditions, 'Established')) return named;
    const established =
      condition.status === 'True'
        ? { status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }
        : { status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
    return withDefinitionCondition(named, { type: 'Established', ...established }, now);
  }

  async #writeStatus(definition: CustomResourceDefinition, status: CustomResourceDefinitionStatus): Promise<void> {
    const served = this.#registry.resources.find(customResourceDefinitions)!;
    const change = (current: CustomResourceDefinition): CustomResourceDefinition =>
      // Another version has its own turn, with its own event.
      current.metadata.resourceVersion === definition.metadata.resourceVersion ? { ...current, status } : current;
    await modifyObject(this.#registry, served, definition.metadata, change, context);
  }

  #serve(definition: CustomResourceDefinition): void {
    const { name } = definition.metadata;
    const { spec, status } = definition;
    const before = this.#madeFrom.get(name);
    if (sameValue(before?.spec, spec) && sameValue(before?.status.acceptedNames, status.acceptedNames)) return;
    const { resources } = this.#registry;
    const made = spec.versions.filter(({ served }) => served).map((version) => customResource(definition, version));
    for (const { resource } of this.#served.get(name) ?? []) {
      if (!made.some((one) => one.resource.version === resource.version)) resources.remove(resource);
    }
    for (const one of made) resources.add(one);
    this.#served.set(name, made);
    this.#madeFrom.set(name, definition);
  }

  #remove({ metadata: { name } }: CustomResourceDefinition): void {
    for (const { resource } of this.#served.get(name) ?? []) this.#registry.resources.remove(resource);
    this.#served.delete(name);
    this.#madeFrom.delete(name);
    this.#emptying.get(name)?.();
    this.#emptying.delete(name);
    // Its names are free now.
    for (const other of this.#all()) this.#sync(other);
  }

  /** Deletes the objects, each with its own finalizers, and lets the definition go when none is left. */
  #empty(definition: CustomResourceDefinition): void {
    const { name } = definition.metadata;
    if (this.#emptying.has(name) || definition.metadata.finalizers?.includes(cleanupFinalizer) !== true) return;
    const { store } = this.#registry;
    const { group, names } = definition.spec;
    const bucket = store.bucket(bucketName({ group, resource: names.plural }));
    const finish = (): void => {
      if (bucket.size > 0) return;
      watch.stop();
      this.#run(this.#release(definition));
    };
    const watch = store.watch(bucket, store.revision, finish);
    this.#emptying.set(name, () => watch.stop());
    const [served] = this.#served.get(name) ?? [];
    for (const { object } of bucket.list('')) {
      if (served === undefined) break;
      const { namespace = '', name: instance } = object.metadata;
      this.#run(deleteObject(this.#registry, served, { namespace, name: instance }, context));
    }
    finish();
  }

  async #release({ metadata }: CustomResourceDefinition): Promise<void> {
    const served = this.#registry.resources.find(customResourceDefinitions)!;
    const { store } = this.#registry;
    await store.write(store.bucket(served.bucket), metadata.name, (current) => {
      if (current === undefined) throw new Error(`bug: the definition ${metadata.name} went without being released`);
      const finalizers = (current.object.metadata.finalizers ?? []).filter((one) => one !== cleanupFinalizer);
      const object = { ...current.object, metadata: { ...current.object.metadata, finalizers } };
      return finalizers.length === 0 ? { delete: object } : { put: object };
    });
  }

  #run(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!isNotFound(error)) this.#onError(error);
    });
  }
}
