import type { KubernetesObject, Resource } from '../../api/resource.ts';
import type { ObjectMeta, OwnerReference } from '../../api/schema/meta-v1.ts';

/** An object as the garbage collector sees it. */
export interface Item {
  readonly resource: Resource;
  readonly metadata: ObjectMeta;
}

const foreground = 'foregroundDeletion';
const orphan = 'orphan';

export const isBeingDeleted = ({ metadata }: Pick<Item, 'metadata'>): boolean =>
  metadata.deletionTimestamp !== undefined;

/** It stays until the dependents that block it are gone. */
export const isDeletingDependents = (item: Pick<Item, 'metadata'>): boolean =>
  isBeingDeleted(item) && (item.metadata.finalizers ?? []).includes(foreground);

/** It stays until its dependents no longer name it. */
export const isOrphaningDependents = (item: Pick<Item, 'metadata'>): boolean =>
  isBeingDeleted(item) && (item.metadata.finalizers ?? []).includes(orphan);

const none: ReadonlyMap<string, Item> = new Map();

/** Who owns whom, by uid. A dependent is found before its owner was ever seen. */
export class OwnerGraph {
  readonly #items = new Map<string, Item>();
  readonly #dependents = new Map<string, Map<string, Item>>();

  get(uid: string): Item | undefined {
    return this.#items.get(uid);
  }

  /** The objects that name this uid as an owner. */
  dependentsOf(uid: string): readonly Item[] {
    return [...(this.#dependents.get(uid) ?? none).values()];
  }

  put(resource: Resource, { metadata }: KubernetesObject): void {
    const item: Item = { resource, metadata };
    const old = this.#items.get(metadata.uid);
    for (const owner of old?.metadata.ownerReferences ?? []) this.#forget(owner.uid, metadata.uid);
    this.#items.set(metadata.uid, item);
    for (const owner of metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid) ?? new Map<string, Item>();
      this.#dependents.set(owner.uid, dependents.set(metadata.uid, item));
    }
  }

  remove(uid: string): void {
    const item = this.#items.get(uid);
    this.#items.delete(uid);
    for (const owner of item?.metadata.ownerReferences ?? []) this.#forget(owner.uid, uid);
  }

  /** Those that keep an owner in foreground deletion alive. */
  blockersOf(uid: string): readonly Item[] {
    return this.dependentsOf(uid).filter(({ metadata }) => referenceTo(metadata, uid)?.blockOwnerDeletion === true);
  }

  #forget(ownerUid: string, uid: string): void {
    const dependents = this.#dependents.get(ownerUid);
    dependents?.delete(uid);
    if (dependents?.size === 0) this.#dependents.delete(ownerUid);
  }
}

export const referenceTo = ({ ownerReferences = [] }: ObjectMeta, uid: string): OwnerReference | undefined =>
  ownerReferences.find((reference) => reference.uid === uid);
