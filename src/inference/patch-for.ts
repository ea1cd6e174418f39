import type { KubernetesObject } from '../api/resource.ts';
import { isEqual } from '../std/is-equal.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Which fields were asked for last, so that what is no longer asked for can be told from what others have added.
 * Only their names: values would be too long for an annotation, and may be secrets.
 */
export const appliedFieldsAnnotation = 'slipway.dev/applied-fields';

/** Lists that strategic merge patches merge by a key, as far as the operator's objects have them (struct tags of k8s.io/api). */
const mergeKeys: Readonly<Record<string, string>> = {
  'spec.template.spec.containers': 'name',
  'spec.template.spec.containers.env': 'name',
  'spec.template.spec.containers.ports': 'containerPort',
  'spec.ports': 'port',
  'metadata.ownerReferences': 'uid',
};

/**
 * The strategic merge patch that makes `actual` say what `desired` says, and no longer the fields that only `applied`
 * names, those of the last time; undefined when it does. What neither names is not touched: it is somebody else's.
 */
export function patchFor(actual: object, desired: object, applied: object | undefined): object | undefined {
  const removals = removalsOf(applied as Json | undefined, desired as Json, actual as Json, '');
  if (contains(actual, desired, '') && removals === undefined) return undefined;
  return merged(desired as Json, removals ?? {}, '');
}

/** `desired` with the annotation that the next comparison needs. */
export function withAppliedFields<T extends object>(desired: T): T {
  const { metadata = {} } = desired as { metadata?: Json };
  const annotations = {
    ...(metadata['annotations'] as Json | undefined),
    [appliedFieldsAnnotation]: JSON.stringify(fieldsOf(desired as Json, '')),
  };
  return { ...desired, metadata: { ...metadata, annotations } };
}

export function appliedFieldsOf({ metadata }: Pick<KubernetesObject, 'metadata'>): object | undefined {
  const text = metadata.annotations?.[appliedFieldsAnnotation];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Somebody has edited it: nothing is known to be ours, so nothing is taken away.
    return undefined;
  }
}

/** The fields without what they say: objects down to empty ones, and of merged lists each item with its key. */
function fieldsOf(object: Json, path: string): Json {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    const at = join(path, name);
    const key = mergeKeys[at];
    if (value === undefined) continue;
    if (isObject(value)) fields[name] = fieldsOf(value, at);
    else if (key !== undefined && isList(value))
      fields[name] = value.filter(isObject).map((item) => ({ ...fieldsOf(item, at), [key]: item[key] }));
    else fields[name] = 0;
  }
  return fields;
}

function contains(actual: unknown, desired: unknown, path: string): boolean {
  // The API leaves out what is empty.
  if (actual === undefined) return isEmpty(desired);
  if (isList(desired)) {
    if (!isList(actual)) return false;
    const key = mergeKeys[path];
    if (key === undefined)
      return actual.length === desired.length && desired.every((item, at) => contains(actual[at], item, path));
    return desired.every((item) => {
      const same = actual.find((one) => isObject(one) && isObject(item) && isEqual(one[key], item[key]));
      return same !== undefined && contains(same, item, path);
    });
  }
  if (!isObject(desired)) return isEqual(actual, desired);
  if (!isObject(actual)) return false;
  return Object.entries(desired).every(
    ([key, value]) => value === undefined || contains(actual[key], value, join(path, key)),
  );
}

/** The part of a patch that deletes: null for fields, `$patch: delete` for items of merged lists. */
function removalsOf(last: Json | undefined, desired: Json, actual: Json, path: string): Json | undefined {
  if (last === undefined) return undefined;
  const removals: Record<string, unknown> = {};
  for (const [key, before] of Object.entries(last)) {
    const [wanted, there] = [desired[key], actual[key]];
    const at = join(path, key);
    if (there === undefined) continue;
    if (wanted === undefined) removals[key] = null;
    else if (isObject(before) && isObject(wanted) && isObject(there)) {
      const inner = removalsOf(before, wanted, there, at);
      if (inner !== undefined) removals[key] = inner;
    } else if (mergeKeys[at] !== undefined && isList(before) && isList(wanted) && isList(there)) {
      const inner = itemRemovals(before, wanted, there, at);
      if (inner.length > 0) removals[key] = inner;
    }
  }
  return Object.keys(removals).length === 0 ? undefined : removals;
}

function itemRemovals(
  last: readonly unknown[],
  desired: readonly unknown[],
  actual: readonly unknown[],
  path: string,
): readonly Json[] {
  const key = mergeKeys[path]!;
  const find = (list: readonly unknown[], value: unknown): Json | undefined =>
    list.filter(isObject).find((item) => isEqual(item[key], value));
  return last.filter(isObject).flatMap((item) => {
    const there = find(actual, item[key]);
    if (there === undefined) return [];
    const wanted = find(desired, item[key]);
    if (wanted === undefined) return [{ $patch: 'delete', [key]: item[key] }];
    const inner = removalsOf(item, wanted, there, path);
    return inner === undefined ? [] : [{ [key]: item[key], ...inner }];
  });
}

/** Both parts in one. */
function merged(desired: Json, removals: Json, path: string): Json {
  const result: Record<string, unknown> = { ...desired };
  for (const [key, removal] of Object.entries(removals)) {
    const at = join(path, key);
    const wanted = desired[key];
    if (isObject(removal) && isObject(wanted)) result[key] = merged(wanted, removal, at);
    else if (isList(removal) && isList(wanted)) result[key] = mergedLists(wanted, removal, at);
    else result[key] = removal;
  }
  return result;
}

function mergedLists(desired: readonly unknown[], removals: readonly unknown[], path: string): readonly unknown[] {
  const key = mergeKeys[path]!;
  const rest = removals.filter(isObject);
  const items = desired.map((item) => {
    const at = isObject(item) ? rest.findIndex((one) => isEqual(one[key], item[key])) : -1;
    return at === -1 ? item : merged(item as Json, rest.splice(at, 1)[0]!, path);
  });
  return [...items, ...rest];
}

function isEmpty(value: unknown): boolean {
  if (isList(value)) return value.length === 0;
  if (isObject(value)) return Object.values(value).every(isEmpty);
  return value === undefined || value === null || value === '' || value === 0 || value === false;
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
