import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../../field-error.ts';
import type { JSONSchemaProps } from '../../schema/apiextensions-v1.ts';
import { itemsOf } from './structural-schema.ts';

/** How lists and maps merge: `x-kubernetes-map-type`, `-list-type`, `-list-map-keys`. */
export function validateMapType(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const { 'x-kubernetes-map-type': mapType } = schema;
  if (mapType === undefined) return [];
  return [
    ...needsType(schema, 'object', 'x-kubernetes-map-type', path),
    ...(mapType === 'atomic' || mapType === 'granular'
      ? []
      : [notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular'])]),
  ];
}

function needsType(
  { type = '' }: JSONSchemaProps,
  wanted: string,
  because: string,
  path: string,
): readonly FieldError[] {
  const why = `must be ${wanted} if ${because} is specified`;
  if (type === wanted) return [];
  return [type === '' ? required(`${path}.type`, why) : invalidValue(`${path}.type`, type, why)];
}

export function validateListType(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const { 'x-kubernetes-list-type': listType, 'x-kubernetes-list-map-keys': keys = [] } = schema;
  const at = `${path}.x-kubernetes-list-type`;
  const errors: FieldError[] = [];
  if (listType !== undefined) {
    errors.push(...needsType(schema, 'array', 'x-kubernetes-list-type', path));
    if (errors.length === 0 && listType === 'set') errors.push(...validateSetItems(schema, path));
    if (!['atomic', 'set', 'map'].includes(listType)) errors.push(notSupported(at, listType, ['atomic', 'set', 'map']));
  }
  const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
  if (keys.length > 0 && listType === undefined) errors.push(required(at, why));
  else if (keys.length > 0 && listType !== 'map') errors.push(invalidValue(at, listType, why));
  if (listType === 'map') errors.push(...validateKeys(schema, keys, path));
  if (listType === 'map' || listType === 'set') errors.push(...validateNullability(schema, listType, keys, path));
  return errors;
}

function validateSetItems(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const items = itemsOf(schema);
  const { 'x-kubernetes-list-type': listType, 'x-kubernetes-map-type': mapType } = items ?? {};
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalidValue(`${path}.items.x-kubernetes-list-type`, listType, why)];
  if (items?.type === 'object' && mapType !== 'atomic')
    return [invalidValue(`${path}.items.x-kubernetes-map-type`, listType ?? null, why)];
  return [];
}

function validateKeys(schema: JSONSchemaProps, keys: readonly string[], path: string): readonly FieldError[] {
  const items = itemsOf(schema);
  const at = `${path}.x-kubernetes-list-map-keys`;
  const errors: FieldError[] = [];
  if (keys.length === 0) errors.push(required(at, 'must not be empty if x-kubernetes-list-type is map'));
  if (schema.items === undefined)
    errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
  if (Array.isArray(schema.items))
    errors.push(
      invalidValue(`${path}.items`, schema.items, 'must only have a single schema if x-kubernetes-list-type is map'),
    );
  if (items === undefined) return errors;
  if (items.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map";
    return [...errors, invalidValue(`${path}.items.type`, items.type ?? '', why)];
  }
  for (const [index, key] of keys.entries()) {
    const property = items.properties?.[key];
    const scalar = "must be a scalar type if parent array's x-kubernetes-list-type is map";
    if (property === undefined) errors.push(invalidValue(at, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object')
      errors.push(invalidValue(`${path}.items.properties[${key}].type`, items.type, scalar));
    if (keys.indexOf(key) < index) errors.push(invalidValue(at, keys, 'must not contain duplicate entries'));
  }
  return errors;
}

/** Keys must always be there. */
function validateNullability(
  schema: JSONSchemaProps,
  listType: string,
  keys: readonly string[],
  path: string,
): readonly FieldError[] {
  const items = itemsOf(schema);
  if (items === undefined) return [];
  const errors: FieldError[] = [];
  if (items.nullable === true)
    errors.push(
      forbiddenField(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`),
    );
  for (const key of listType === 'map' ? keys : []) {
    const property = items.properties?.[key];
    const at = `${path}.items.properties[${key}]`;
    const inKeys = 'this property is in x-kubernetes-list-map-keys';
    if (property === undefined) continue;
    if (items.required?.includes(key) !== true && property.default === undefined)
      errors.push(required(`${at}.default`, `${inKeys}, so it must have a default or be a required property`));
    if (property.nullable === true)
      errors.push(forbiddenField(`${at}.nullable`, `${inKeys}, so it cannot be nullable`));
  }
  return errors;
}
