import { duplicate, invalidValue, type FieldError } from '../../api/field-error.ts';
import type { JSONSchemaProps } from '../../api/schema/apiextensions-v1.ts';
import { isJsonObject } from '../../api/schema/json-value.ts';
import { fieldOf, itemsOf } from './prune.ts';

/** Lists that are sets or maps hold nothing twice (apiextensions-apiserver pkg/apiserver/schema/listtype). */
export function validateListTypes(
  value: unknown,
  schema: JSONSchemaProps | undefined,
  path = '',
): readonly FieldError[] {
  if (schema === undefined) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return [
      ...uniqueness(value, schema, path),
      ...value.flatMap((item, index) => validateListTypes(item, items, `${path}[${index}]`)),
    ];
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, field]) => {
    const known = fieldOf(schema, key);
    if (known === undefined || known === true) return [];
    const isProperty = Object.hasOwn(schema.properties ?? {}, key);
    return validateListTypes(field, known, isProperty ? (path === '' ? key : `${path}.${key}`) : `${path}[${key}]`);
  });
}

function uniqueness(list: readonly unknown[], schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return repeated(list.map(textOf)).map((index) => duplicate(`${path}[${index}]`, list[index]));
  if (type !== 'map') return [];
  const wrong = list.findIndex((item) => item !== null && !isJsonObject(item));
  if (wrong !== -1) {
    return [invalidValue(`${path}[${wrong}]`, list[wrong], 'must be an object for an array of list-type map')];
  }
  const keys = list.map((item) => keyOf(item, schema['x-kubernetes-list-map-keys'] ?? []));
  return repeated(keys.map(textOf)).map((index) => duplicate(`${path}[${index}]`, keys[index]));
}

function keyOf(item: unknown, fields: readonly string[]): object {
  const object = isJsonObject(item) ? item : {};
  return Object.fromEntries(
    fields.filter((field) => Object.hasOwn(object, field)).map((field) => [field, object[field]]),
  );
}

/** Go writes the keys of maps in order. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    isJsonObject(field) ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1))) : field,
  );
}

/** Where each value that is there more than once comes the second time. */
function repeated(texts: readonly string[]): readonly number[] {
  const counts = new Map<string, number>();
  const found: number[] = [];
  for (const [index, text] of texts.entries()) {
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    if (count === 2) found.push(index);
  }
  return found;
}
