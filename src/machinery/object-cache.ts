import { type Selector, matchesLabels } from '../api/label-selector.ts';
import type { KubernetesObject } from '../api/resource.ts';
import type { ObjectKey } from './client.ts';
import { type Index, type Lister, keyOf, keyText } from './lister.ts';

type Shelf<T> = Map<string, Map<string, T>>;

const inNamespace: Index<KubernetesObject> = ({ metadata }) => [metadata.namespace ?? ''];

const labelWord = (namespace: string, label: string, value: string): string => `${namespace}/${label}=${value}`;
const byLabel: Index<KubernetesObject> = ({ metadata: { namespace = '', labels = {} } }) =>
  Object.entries(labels).map(([label, value]) => labelWord(namespace, label, value));

/** An informer's memory: the objects of one resource, under every index that was asked for. */
export class ObjectCache<T extends KubernetesObject> implements Lister<T> {
  readonly #objects = new Map<string, T>();
  readonly #shelves = new Map<Index<T>, Shelf<T>>();

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyText(key));
  }

  list(namespace?: string): readonly T[] {
    return namespace === undefined ? [...this.#objects.values()] : this.by(inNamespace, namespace);
  }

  by(index: Index<T>, value: string): readonly T[] {
    return [...(this.#shelf(index).get(value)?.values() ?? [])];
  }

  matching(namespace: string, selector: Selector): readonly T[] {
    if (selector.matchesNothing === true) return [];
    const candidates = this.#candidates(namespace, selector);
    const found: T[] = [];
    for (const object of candidates?.values() ?? [])
      if (matchesLabels(selector, object.metadata.labels)) found.push(object);
    return found;
  }

  /** The object that was there before. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const [index, shelf] of this.#shelves) {
      const words = index(object);
      if (old !== undefined) for (const word of index(old)) if (!words.includes(word)) takeOut(shelf, word, key);
      for (const word of words) putIn(shelf, word, key, object);
    }
    return old;
  }

  delete(key: ObjectKey): T | undefined {
    const text = keyText(key);
    const old = this.#objects.get(text);
    if (old === undefined) return undefined;
    this.#objects.delete(text);
    for (const [index, shelf] of this.#shelves) for (const word of index(old)) takeOut(shelf, word, text);
    return old;
  }

  /** The smallest known set that holds every match. */
  #candidates(namespace: string, selector: Selector): Map<string, T> | undefined {
    let smallest: Map<string, T> | undefined;
    let isNarrowed = false;
    for (const { key, operator, values } of selector.requirements) {
      if (!((operator === '=' || operator === '==' || operator === 'in') && values.length === 1)) continue;
      const shelf = this.#shelf(byLabel).get(labelWord(namespace, key, values[0]!));
      if (shelf === undefined) return undefined;
      if (smallest === undefined || shelf.size < smallest.size) smallest = shelf;
      isNarrowed = true;
    }
    return isNarrowed ? smallest : this.#shelf(inNamespace).get(namespace);
  }

  #shelf(index: Index<T>): Shelf<T> {
    const known = this.#shelves.get(index);
    if (known !== undefined) return known;
    const shelf: Shelf<T> = new Map();
    for (const [key, object] of this.#objects) for (const word of index(object)) putIn(shelf, word, key, object);
    this.#shelves.set(index, shelf);
    return shelf;
  }
}

function putIn<T>(shelf: Shelf<T>, word: string, key: string, object: T): void {
  const objects = shelf.get(word);
  if (objects === undefined) shelf.set(word, new Map([[key, object]]));
  else objects.set(key, object);
}

function takeOut<T>(shelf: Shelf<T>, word: string, key: string): void {
  const objects = shelf.get(word);
  objects?.delete(key);
  if (objects?.size === 0) shelf.delete(word);
}
