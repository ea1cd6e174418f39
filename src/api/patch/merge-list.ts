import { isJsonObject } from '../schema/json-value.ts';
import { goFormat, goString, goType } from './go-format.ts';
import { PatchError } from './patch-error.ts';

type Item = Record<string, unknown>;

/** How one list field merges. */
export interface ListMerge {
  /** undefined: a list of primitives. */
  readonly mergeKey: string | undefined;
  /** The patch lists what to take out. */
  readonly isDeletion: boolean;
  /** For the complaint about a missing merge key. */
  readonly elementName: string;
  mergeItem(before: Readonly<Item>, patch: Readonly<Item>): Item;
}

export interface MergedList {
  readonly merged: readonly unknown[];
  /**
   * The order that the server's items had. Upstream deletes from and appends to the very list that it
   * later takes this order from, so items that the patch deletes and adds again stand at a new place.
   */
  readonly serverOrder: readonly unknown[];
}

/** Merges by key or, of primitives, as a set; then patched items stand in the order of the patch. */
export function mergeList(original: readonly unknown[], patch: readonly unknown[], merge: ListMerge): MergedList {
  if (original.length === 0 && patch.length === 0) return { merged: original, serverOrder: original };
  if (elementType(original, patch) !== 'map') {
    const inPatch = new Set(patch);
    if (merge.isDeletion) return { merged: original.filter((item) => !inPatch.has(item)), serverOrder: original };
    const merged = withoutRepeats([...original, ...patch]);
    const [patched, serverOnly] = partition(merged, (item) => inPatch.has(item));
    return { merged: inOrder(patched, serverOnly, patch, original, undefined), serverOrder: original };
  }
  const { mergeKey } = merge;
  if (mergeKey === undefined) throw failed(`cannot merge lists without merge key for ${merge.elementName}`);

  const list = new Backed(original);
  const { changes, isReplaced } = applyItemDirectives(list, patch as readonly Item[], mergeKey);
  const base = isReplaced ? changes : list.items;
  const applied = isReplaced ? [] : changes;
  const merged = isReplaced ? changes : mergeItems(list, changes, mergeKey, merge);
  const keys = new Set(applied.map((item) => item[mergeKey]));
  const [patched, serverOnly] = partition(merged, (item) => keys.has(keyOf(item, mergeKey)));
  return { merged: inOrder(patched, serverOnly, applied, base, mergeKey), serverOrder: list.backing };
}

/** A Go slice: deleting shifts within the array behind it, appending writes into what deleting freed. */
class Backed {
  /** The original's array, as long as the original was. */
  readonly backing: unknown[];
  #grown: unknown[] | undefined;
  #length: number;

  constructor(original: readonly unknown[]) {
    this.backing = [...original];
    this.#length = original.length;
  }

  get items(): unknown[] {
    return (this.#grown ?? this.backing).slice(0, this.#length);
  }

  find(mergeKey: string, value: unknown): number {
    const items = this.#grown ?? this.backing;
    for (let index = 0; index < this.#length; index++) {
      const item = items[index];
      if (!isJsonObject(item)) throw failed(`value for key ${index} is not a map`);
      if (Object.hasOwn(item, mergeKey) && item[mergeKey] === value) return index;
    }
    return -1;
  }

  at(index: number): Item {
    return (this.#grown ?? this.backing)[index] as Item;
  }

  set(index: number, item: unknown): void {
    (this.#grown ?? this.backing)[index] = item;
  }

  deleteAt(index: number): void {
    this.backing.copyWithin(index, index + 1, this.#length);
    this.#length--;
  }

  append(item: unknown): void {
    if (this.#grown === undefined && this.#length === this.backing.length) this.#grown = this.items;
    (this.#grown ?? this.backing)[this.#length++] = item;
  }
}

/** Carries out `$patch: delete` items and notices `$patch: replace`; the rest are changes. */
function applyItemDirectives(
  list: Backed,
  patch: readonly Item[],
  mergeKey: string,
): { changes: Item[]; isReplaced: boolean } {
  const changes: Item[] = [];
  let isReplaced = false;
  for (const item of patch) {
    const directive = item['$patch'];
    if (!Object.hasOwn(item, '$patch')) changes.push(item);
    else if (directive === 'delete') {
      const key = keyOf(item, mergeKey);
      for (let index = list.find(mergeKey, key); index >= 0; index = list.find(mergeKey, key)) list.deleteAt(index);
    } else if (directive === 'replace') isReplaced = true;
    else if (directive === 'merge') throw failed('merging lists cannot yet be specified in the patch');
    else throw failed(`unknown patch type: ${goString(directive)} in map: ${goFormat(item)}`);
  }
  return { changes, isReplaced };
}

function mergeItems(list: Backed, changes: readonly Item[], mergeKey: string, merge: ListMerge): unknown[] {
  for (const change of changes) {
    const index = list.find(mergeKey, keyOf(change, mergeKey));
    if (index >= 0) list.set(index, merge.mergeItem(list.at(index), change));
    else list.append(change);
  }
  return list.items;
}

/** A list whose order the patch gives in `$setElementOrder`. undefined: there is no list to order. */
export function orderBySetElementOrder({
  original,
  patch,
  order,
  merge,
  combine,
  clean,
}: {
  readonly original: readonly unknown[] | undefined;
  readonly patch: readonly unknown[] | undefined;
  readonly order: readonly unknown[];
  readonly merge: ListMerge;
  readonly combine: (original: readonly unknown[], patch: readonly unknown[]) => MergedList;
  readonly clean: (added: readonly unknown[]) => readonly unknown[];
}): unknown[] | undefined {
  const { mergeKey } = merge;
  checkAgainstOrder(patch ?? [], order, mergeKey);
  if (original === undefined && patch === undefined) return undefined;
  const { merged, serverOrder } =
    patch === undefined
      ? { merged: original ?? [], serverOrder: original ?? [] }
      : original === undefined
        ? { merged: clean(patch), serverOrder: [] }
        : combine(original, patch);
  const keys = new Set(
    mergeKey === undefined ? order : order.map((item) => (isJsonObject(item) ? item[mergeKey] : item)),
  );
  const [patched, serverOnly] = partition(merged, (item) =>
    keys.has(mergeKey === undefined ? item : keyOf(item, mergeKey)),
  );
  const isMaps = elementType(original ?? [], patch ?? []) === 'map';
  return inOrder(patched, serverOnly, order, serverOrder, isMaps ? (mergeKey ?? '') : undefined);
}

/** The patch's items must stand in the order list, in the same order. */
function checkAgainstOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const expected = mergeKey === undefined ? patch : splitDeletions(patch)[0];
  let at = 0;
  for (const ordered of order) {
    while (isJsonObject(expected[at]) && Object.hasOwn(expected[at] as Item, '$patch')) at++;
    if (at >= expected.length) return;
    const item = expected[at];
    const isSame = mergeKey === undefined ? item === ordered : keyOf(item, mergeKey) === keyOf(ordered, mergeKey);
    if (isSame) at++;
  }
  if (at < expected.length)
    throw failed(
      `The order in patch list:\n${goFormat(patch)}\n doesn't match $setElementOrder list:\n${goFormat(order)}\n`,
    );
}

/** Patched items in the patch's order, the server's in theirs; where the two meet, the server's order decides. */
function inOrder(
  patched: readonly unknown[],
  serverOnly: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const right = sorted(patched, patchOrder, mergeKey);
  const left = sorted(serverOnly, serverOrder, mergeKey);
  const placeOf = places(serverOrder, mergeKey);
  const out: unknown[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    if (l >= left.length) out.push(right[r++]);
    else if (r >= right.length) out.push(left[l++]);
    else {
      const leftAt = placeOf(left[l]);
      const rightAt = placeOf(right[r]);
      out.push(leftAt >= 0 && rightAt >= 0 && leftAt < rightAt ? left[l++] : right[r++]);
    }
  }
  return out;
}

/** Go sorts so few items by insertion, which with upstream's comparison puts unknown ones first, the last first. */
const insertionLimit = 20;

function sorted(items: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): unknown[] {
  let deletions: readonly unknown[] = [];
  let rest: unknown[] = [...items];
  if (mergeKey !== undefined) {
    for (const list of [items, order]) for (const item of list) keyOf(item, mergeKey);
    [rest, deletions] = splitDeletions(items);
  }
  const placeOf = places(order, mergeKey);
  const goesBefore = (a: unknown, b: unknown): boolean => placeOf(a) < 0 || placeOf(b) < 0 || placeOf(a) < placeOf(b);
  if (rest.length > insertionLimit) rest.sort((a, b) => placeOf(a) - placeOf(b));
  else
    for (let index = 1; index < rest.length; index++)
      for (let at = index; at > 0 && goesBefore(rest[at], rest[at - 1]); at--)
        [rest[at - 1], rest[at]] = [rest[at], rest[at - 1]];
  return [...rest, ...deletions];
}

/** Where an item, known by its key, first stands in the list; -1: nowhere. */
function places(list: readonly unknown[], mergeKey: string | undefined): (item: unknown) => number {
  const identity = (item: unknown): unknown =>
    mergeKey === undefined ? item : isJsonObject(item) ? item[mergeKey] : undefined;
  const first = new Map<unknown, number>();
  list.forEach((item, index) => {
    if (!first.has(identity(item))) first.set(identity(item), index);
  });
  return (item) => first.get(identity(item)) ?? -1;
}

function splitDeletions(items: readonly unknown[]): [rest: unknown[], deletions: unknown[]] {
  return partition(items, (item) => {
    if (!isJsonObject(item)) throw notAMap(item);
    return item['$patch'] !== 'delete';
  });
}

function keyOf(item: unknown, mergeKey: string): unknown {
  if (!isJsonObject(item)) throw notAMap(item);
  if (!Object.hasOwn(item, mergeKey))
    throw failed(`map: ${goFormat(item)} does not contain declared merge key: ${mergeKey}`);
  return item[mergeKey];
}

/** Upstream's way to drop repeats: the last item takes the place of a repeated one. */
function withoutRepeats(items: unknown[]): unknown[] {
  if (new Set(items).size === items.length) return items;
  for (let first = 0; first < items.length; first++)
    for (let other = first + 1; other < items.length; other++)
      if (items[first] === items[other]) {
        const last = items.pop();
        if (other < items.length) items[other] = last;
        other--;
      }
  return items;
}

/** The one type of all items. */
function elementType(...lists: readonly (readonly unknown[])[]): 'map' | 'scalar' {
  let type: string | undefined;
  for (const item of lists.flat()) {
    if (item === null) throw failed('a list to merge holds null');
    if (type === undefined && Array.isArray(item)) throw new PatchError(422, 'lists of lists are not supported');
    type ??= goType(item);
    if (goType(item) !== type) throw failed(`list element types are not identical: ${goFormat(lists)}`);
  }
  if (type === undefined) throw failed('no elements in any of the given slices');
  return type.startsWith('map') ? 'map' : 'scalar';
}

function partition(items: readonly unknown[], test: (item: unknown) => boolean): [unknown[], unknown[]] {
  const yes: unknown[] = [];
  const no: unknown[] = [];
  for (const item of items) (test(item) ? yes : no).push(item);
  return [yes, no];
}

function notAMap(item: unknown): PatchError {
  return failed(`expected a map[string]interface {}, but received a ${goType(item)}`);
}

function failed(message: string): PatchError {
  return new PatchError(500, message);
}
