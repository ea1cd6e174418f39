import { invalidValue, type FieldError } from '../../api/field-error.ts';
import type { JSONSchemaProps } from '../../api/schema/apiextensions-v1.ts';
import { copyJson, equalJson, isJsonObject } from '../../api/schema/json-value.ts';
import { itemsOf, prune } from './prune.ts';
import { validateValue } from './validate-value.ts';

/** Defaults must be valid and hold nothing that pruning would take away (apiextensions-apiserver pkg/apiserver/schema/defaulting). */
export function validateDefaults(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const { properties = {}, additionalProperties } = schema;
  const items = itemsOf(schema);
  return [
    ...ownDefault(schema, `${path}.default`),
    ...Object.entries(properties).flatMap(([name, field]) => validateDefaults(field, `${path}.properties[${name}]`)),
    ...(typeof additionalProperties === 'object'
      ? validateDefaults(additionalProperties, `${path}.additionalProperties`)
      : []),
    ...(items === undefined ? [] : validateDefaults(items, `${path}.items`)),
  ];
}

function ownDefault(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const { default: value, ...rules } = schema;
  if (value === undefined) return [];
  if (isJsonObject(value)) {
    const copy = copyJson(value) as Record<string, unknown>;
    prune(copy, rules);
    if (!equalJson(copy, value)) return [invalidValue(path, value, 'must not have unknown fields')];
  }
  return validateValue(value, rules, path);
}
