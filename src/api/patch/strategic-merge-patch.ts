import { isJsonObject, setKey } from '../schema/json-value.ts';
import type { Field, Struct, Type } from '../schema/struct.ts';
import { cannotUnmarshal, goFormat, goString, goType } from './go-format.ts';
import { type ListMerge, mergeList, orderBySetElementOrder } from './merge-list.ts';
import { PatchError } from './patch-error.ts';

const patchDirective = '$patch';
const retainKeysDirective = '$retainKeys';
const deleteFromPrimitiveList = '$deleteFromPrimitiveList';
const setElementOrder = '$setElementOrder';

type Fields = Record<string, unknown>;

/**
 * Kubernetes' strategic merge patch (apimachinery pkg/util/strategicpatch): objects merge field by
 * field, null deletes, lists merge by key where the struct says so and are replaced elsewhere.
 * Never changes its arguments; the result shares parts with both and may still hold nulls and
 * directives that upstream leaves in as well: decode it.
 */
export function applyStrategicMergePatch(struct: Struct, original: Readonly<Fields>, patch: unknown): Fields {
  if (patch === null) return original;
  if (!isJsonObject(patch)) throw new PatchError(400, cannotUnmarshal(patch, 'map[string]interface {}'));
  return mergeObject(original, patch, { kind: 'struct', struct });
}

/** Also of list items: merge-list calls back. */
export function mergeObject(original: Readonly<Fields>, patch: Readonly<Fields>, type: Type): Fields {
  if (Object.hasOwn(patch, patchDirective)) return replaceOrDelete(patch);
  const out = { ...original };
  const rest = { ...patch };
  applyRetainKeys(out, rest);
  applySetElementOrders(out, rest, type);
  for (const [name, value] of Object.entries(rest)) {
    const isDeletion = name.startsWith(deleteFromPrimitiveList);
    const key = isDeletion ? listOf(name, deleteFromPrimitiveList, 'invalid patch format of primitive list') : name;
    if (value === null) {
      delete out[key];
      continue;
    }
    const before = Object.hasOwn(out, key) ? out[key] : undefined;
    if (before === undefined || goType(before) !== goType(value)) {
      if (isDeletion) continue;
      const kept = withoutDirectives(withoutNulls(value));
      if (kept === undefined) delete out[key];
      else setKey(out, key, kept);
    } else if (Array.isArray(before) && Array.isArray(value)) {
      const field = fieldOf(type, key);
      // Deletion lists do what they say, whatever the list's strategy.
      const merged =
        isDeletion || isMergeList(field) ? mergeList(before, value, listMerge(field, isDeletion)).merged : value;
      setKey(out, key, merged);
    } else if (isJsonObject(before) && isJsonObject(value)) {
      const field = fieldOf(type, key);
      setKey(out, key, strategiesOf(field).includes('replace') ? value : mergeObject(before, value, field.type));
    } else setKey(out, key, value);
  }
  return out;
}

function replaceOrDelete(patch: Readonly<Fields>): Fields {
  const { [patchDirective]: directive, ...rest } = patch;
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  throw new PatchError(500, `unknown patch type: ${goString(directive)} in map: ${goFormat(patch)}`);
}

/** `$retainKeys` lists the fields that may stay; the patch itself must not name others. */
function applyRetainKeys(out: Fields, rest: Fields): void {
  if (!Object.hasOwn(rest, retainKeysDirective)) return;
  const retained = rest[retainKeysDirective];
  delete rest[retainKeysDirective];
  if (!Array.isArray(retained)) throw badRetainKeys();
  const keys = new Set<unknown>(retained);
  for (const [key, value] of Object.entries(rest)) {
    if (value === null || key.startsWith(deleteFromPrimitiveList) || key.startsWith(setElementOrder)) continue;
    if (!keys.has(key)) throw badRetainKeys();
  }
  for (const key of Object.keys(out)) if (!keys.has(key)) delete out[key];
}

function badRetainKeys(): PatchError {
  return new PatchError(400, 'invalid patch format of retainKeys');
}

/** `$setElementOrder/<list>` merges the list now, in the order it gives, and takes both out of the patch. */
function applySetElementOrders(out: Fields, rest: Fields, type: Type): void {
  for (const [directive, order] of Object.entries(rest)) {
    if (!directive.startsWith(setElementOrder)) continue;
    delete rest[directive];
    if (!Array.isArray(order)) throw notAList(order);
    const key = listOf(directive, setElementOrder, 'invalid patch format of setElementOrder list');
    const original = ownList(out, key);
    const patch = ownList(rest, key);
    const field = fieldOf(type, key);
    const merge = listMerge(field, false);
    const merged = orderBySetElementOrder({
      original,
      patch,
      order,
      merge,
      combine: (before, change) =>
        isMergeList(field) ? mergeList(before, change, merge) : { merged: change, serverOrder: before },
      clean: (added) => withoutDirectives(added) as unknown[],
    });
    if (merged === undefined) continue;
    setKey(out, key, merged);
    delete rest[key];
  }
}

function ownList(fields: Fields, key: string): unknown[] | undefined {
  if (!Object.hasOwn(fields, key)) return undefined;
  const value = fields[key];
  if (!Array.isArray(value)) throw notAList(value);
  return value;
}

function notAList(value: unknown): PatchError {
  return new PatchError(500, `expected a []interface {}, but received a ${goType(value)}`);
}

/** `$setElementOrder/containers` is about `containers`. */
function listOf(directive: string, prefix: string, complaint: string): string {
  if (!directive.startsWith(`${prefix}/`)) throw new PatchError(400, complaint);
  return directive.slice(prefix.length + 1);
}

function fieldOf(type: Type, key: string): Field {
  if (type.kind === 'map' || type.kind === 'list')
    throw new PatchError(
      500,
      `merging an object in json but data type is not struct, instead is: ${type.kind === 'map' ? 'map' : 'slice'}`,
    );
  const struct = type.kind === 'struct' ? type.struct : undefined;
  const field = struct?.byName.get(key);
  if (field === undefined)
    throw new PatchError(
      500,
      `unable to find api field in struct ${struct?.goName ?? type.kind} for the json field ${JSON.stringify(key)}`,
    );
  return field;
}

function strategiesOf(field: Field): readonly string[] {
  return field.row.patchStrategy?.split(',') ?? [];
}

function isMergeList(field: Field): boolean {
  return strategiesOf(field).includes('merge');
}

function listMerge(field: Field, isDeletion: boolean): ListMerge {
  const element: Type = field.type.kind === 'list' ? field.type.element : field.type;
  return {
    mergeKey: field.row.mergeKey,
    isDeletion,
    elementName: element.kind === 'struct' ? 'struct' : element.kind,
    mergeItem: (before, patch) => mergeObject(before, patch, element),
  };
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const out: Fields = {};
  for (const [key, member] of Object.entries(value)) if (member !== null) setKey(out, key, withoutNulls(member));
  return out;
}

/** Of what is new: an object with `$patch` is dropped whole, at any depth. undefined: nothing is left. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value))
    return value.flatMap((item) => {
      const kept = withoutDirectives(item);
      return kept === undefined ? [] : [kept];
    });
  if (!isJsonObject(value)) return value;
  if (Object.hasOwn(value, patchDirective)) return undefined;
  const out: Fields = {};
  for (const [key, member] of Object.entries(value)) {
    const kept = withoutDirectives(member);
    if (kept !== undefined) setKey(out, key, kept);
  }
  return out;
}
