import type { JSONSchemaProps } from '../../api/schema/apiextensions-v1.ts';
import { copyJson, isJsonObject, setKey } from '../../api/schema/json-value.ts';
import { fieldOf, itemsOf } from './prune.ts';

/**
 * Fills in, in place, the schema's defaults where nothing is, after nulls that are not allowed and have no default
 * are taken away (apiextensions-apiserver pkg/apiserver/schema/defaulting).
 */
export function setDefaultValues(value: unknown, schema: JSONSchemaProps | undefined): void {
  dropNulls(value, schema);
  fill(value, schema);
}

function dropNulls(value: unknown, schema: JSONSchemaProps | undefined): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(item, itemsOf(schema));
  } else if (isJsonObject(value)) {
    const object = value as Record<string, unknown>;
    for (const key of Object.keys(object)) {
      const field = schemaOfField(schema, key);
      if (isForbiddenNull(object[key], field) && field.default === undefined) delete object[key];
      else dropNulls(object[key], field);
    }
  }
}

function fill(value: unknown, schema: JSONSchemaProps | undefined): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    for (const [index, item] of value.entries()) {
      if (isForbiddenNull(item, items)) value[index] = copyJson(items.default ?? null);
      fill(value[index], items);
    }
  } else if (isJsonObject(value)) {
    const object = value as Record<string, unknown>;
    for (const [key, field] of Object.entries(schema.properties ?? {})) {
      if (field.default === undefined) continue;
      if (!Object.hasOwn(object, key) || isForbiddenNull(object[key], field))
        setKey(object, key, copyJson(field.default));
    }
    for (const key of Object.keys(object)) {
      const field = schemaOfField(schema, key);
      if (isForbiddenNull(object[key], field)) object[key] = copyJson(field.default ?? null);
      fill(object[key], field);
    }
  }
}

function schemaOfField(schema: JSONSchemaProps, key: string): JSONSchemaProps | undefined {
  const field = fieldOf(schema, key);
  return field === true ? undefined : field;
}

function isForbiddenNull(value: unknown, schema: JSONSchemaProps | undefined): schema is JSONSchemaProps {
  return value === null && schema !== undefined && schema.nullable !== true;
}
