import type { Selector } from '../api/label-selector.ts';
import type { KubernetesObject } from '../api/resource.ts';
import type { ObjectKey } from './client.ts';

/** What an informer last heard of a resource. Reading costs no request; it may be behind the server. */
export interface Lister<T extends KubernetesObject> {
  get(key: ObjectKey): T | undefined;
  /** All, or those of one namespace, in the order of their arrival. */
  list(namespace?: string): readonly T[];
  /** Those that `index` files under `value`. The index is built when first asked for and kept from then on. */
  by(index: Index<T>, value: string): readonly T[];
  /** Those in the namespace whose labels match, without looking at the others where a label must have one value. */
  matching(namespace: string, selector: Selector): readonly T[];
}

/** The words under which an object is to be found. Must depend on nothing but the object; is its own identity. */
export type Index<T> = (object: T) => readonly string[];

/** Where an object is kept: `namespace/name`. */
export const keyOf = ({ metadata }: KubernetesObject): string => keyText(metadata);

export const keyText = ({ namespace = '', name }: ObjectKey): string => `${namespace}/${name}`;

/** The inverse of keyText. */
export function keyFromText(text: string): { readonly namespace: string; readonly name: string } {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}
