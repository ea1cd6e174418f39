import { invalidValue, required, type FieldError } from '../../api/field-error.ts';
import { dns1035Label } from '../../api/names.ts';
import type { JSONSchemaProps } from '../../api/schema/apiextensions-v1.ts';
import { isJsonObject, type JsonObject } from '../../api/schema/json-value.ts';
import { fieldOf, itemsOf } from './prune.ts';

/** Objects inside an object that are resources themselves must say what they are. */
export function validateEmbedded(
  value: unknown,
  schema: JSONSchemaProps | undefined,
  path = '',
): readonly FieldError[] {
  if (schema === undefined) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => validateEmbedded(item, itemsOf(schema), `${path}[${index}]`));
  }
  if (!isJsonObject(value)) return [];
  const own = schema['x-kubernetes-embedded-resource'] === true ? typeErrors(value, path) : [];
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, field]) => {
      const known = fieldOf(schema, key);
      return known === undefined || known === true ? [] : validateEmbedded(field, known, child(path, key));
    }),
  ];
}

function typeErrors(object: JsonObject, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['apiVersion', 'kind']) {
    const value = object[field];
    const at = child(path, field);
    if (value === undefined) errors.push(required(at));
    else if (typeof value !== 'string') errors.push(invalidValue(at, value, 'must be a string'));
    else if (value === '') errors.push(invalidValue(at, value, 'must not be empty'));
    else if (field === 'kind') {
      const wrong = dns1035Label(value.toLowerCase()).join(',');
      const message = `may have mixed case, but should otherwise match: ${wrong}`;
      if (wrong !== '') errors.push(invalidValue(at, value, message));
    }
  }
  return errors;
}

const child = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
