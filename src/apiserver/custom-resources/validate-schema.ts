import { forbiddenField, invalidValue, notSupported, required, type FieldError } from '../../api/field-error.ts';
import type { JSONSchemaProps } from '../../api/schema/apiextensions-v1.ts';
import { copyJson, equalJson, isJsonObject } from '../../api/schema/json-value.ts';
import { prune } from './prune.ts';
import { regularExpression, validateValue } from './validate-value.ts';

type Level = 'root' | 'item' | 'field';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/**
 * Whether a schema is structural, and says nothing that is not honoured (apiextensions-apiserver
 * pkg/apiserver/schema/validation.go and pkg/apis/apiextensions/validation).
 */
export function validateSchema(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (schema.nullable === true) errors.push(forbiddenField(`${path}.nullable`, 'nullable cannot be true at the root'));
  errors.push(...structure(schema, 'root', path));
  return errors;
}

function structure(schema: JSONSchemaProps, level: Level, path: string): readonly FieldError[] {
  const { items, properties = {}, additionalProperties, type = '' } = schema;
  const errors: FieldError[] = [...unsupported(schema, path)];
  if (type === 'array' && items === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  if (Array.isArray(items))
    errors.push(forbiddenField(`${path}.items`, 'items must be a schema object and not an array'));
  else if (items !== undefined) errors.push(...structure(items as JSONSchemaProps, 'item', `${path}.items`));
  for (const [name, field] of Object.entries(properties)) {
    errors.push(...structure(field, 'field', `${path}.properties[${name}]`));
  }
  if (additionalProperties !== undefined) {
    const at = `${path}.additionalProperties`;
    if (level === 'root') errors.push(forbiddenField(at, 'must not be used at the root'));
    if (Object.keys(properties).length > 0 && additionalProperties !== true) {
      errors.push(forbiddenField(at, 'additionalProperties and properties are mutual exclusive'));
    }
    if (typeof additionalProperties === 'object') errors.push(...structure(additionalProperties, 'field', at));
  }
  errors.push(...typeErrors(schema, level, path), ...extensionErrors(schema, path), ...listErrors(schema, path));
  errors.push(...metadataErrors(schema, level, path), ...defaultErrors(schema, level, path));
  errors.push(...junctorErrors(schema, path));
  return errors;
}

function unsupported(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const) {
    if (schema[field] !== undefined) errors.push(forbiddenField(`${path}.${field}`, `${field} is not supported`));
  }
  if (schema.uniqueItems === true) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbiddenField(`${path}.uniqueItems`, why));
  }
  if ((schema['x-kubernetes-validations'] ?? []).length > 0) {
    const why = 'CEL rules are not supported by this server yet';
    errors.push(forbiddenField(`${path}.x-kubernetes-validations`, why));
  }
  const { pattern = '' } = schema;
  if (pattern !== '') {
    try {
      regularExpression(pattern);
    } catch (error) {
      const why = `must be a valid regular expression, but isn't: ${(error as Error).message}`;
      errors.push(invalidValue(`${path}.pattern`, pattern, why));
    }
  }
  return errors;
}

function typeErrors(schema: JSONSchemaProps, level: Level, path: string): readonly FieldError[] {
  const { type = '' } = schema;
  const at = `${path}.type`;
  if (type === 'null') return [forbiddenField(at, 'type cannot be set to null, use nullable as an alternative')];
  if (type !== '' && !types.includes(type)) return [notSupported(at, type, types)];
  if (schema['x-kubernetes-embedded-resource'] === true && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true';
    return [type === '' ? required(at, why) : invalidValue(at, type, why)];
  }
  const mayBeEmpty =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (type === '' && !mayBeEmpty) return [required(at, `must not be empty ${places[level]}`)];
  return level === 'root' && type !== '' && type !== 'object'
    ? [invalidValue(at, type, 'must be object at the root')]
    : [];
}

const places: Readonly<Record<Level, string>> = {
  root: 'at the root',
  item: 'for specified array items',
  field: 'for specified object fields',
};

function extensionErrors(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const preserve = 'x-kubernetes-preserve-unknown-fields';
  const embedded = 'x-kubernetes-embedded-resource';
  if (schema[preserve] === false) errors.push(invalidValue(`${path}.${preserve}`, false, 'must be true or undefined'));
  if (schema['x-kubernetes-int-or-string'] === true) {
    for (const field of [preserve, embedded] as const) {
      if (schema[field] !== true) continue;
      errors.push(invalidValue(`${path}.${field}`, true, 'must be false if x-kubernetes-int-or-string is true'));
    }
  }
  if (schema[embedded] === true) {
    if (schema.additionalProperties !== undefined) {
      const why = 'must not be used if x-kubernetes-embedded-resource is set';
      errors.push(forbiddenField(`${path}.additionalProperties`, why));
    }
    if (schema[preserve] !== true && Object.keys(schema.properties ?? {}).length === 0) {
      const why =
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
      errors.push(required(`${path}.properties`, why));
    }
  }
  return errors;
}

function listErrors(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const listType = schema['x-kubernetes-list-type'];
  const mapType = schema['x-kubernetes-map-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keysAt = `${path}.x-kubernetes-list-map-keys`;
  const needsType = (extension: string, type: string): void => {
    if (schema.type === type) return;
    const why = `must be ${type} if ${extension} is specified`;
    const at = `${path}.type`;
    errors.push((schema.type ?? '') === '' ? required(at, why) : invalidValue(at, schema.type, why));
  };
  if (mapType !== undefined) {
    needsType('x-kubernetes-map-type', 'object');
    if (!['atomic', 'granular'].includes(mapType)) {
      errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
    }
  }
  if (listType !== undefined) {
    needsType('x-kubernetes-list-type', 'array');
    const known = ['atomic', 'set', 'map'];
    if (!known.includes(listType)) errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, known));
  }
  if (keys.length > 0 && listType !== 'map') {
    const at = `${path}.x-kubernetes-list-type`;
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(listType === undefined ? required(at, why) : invalidValue(at, listType, why));
  }
  if (listType === 'map') errors.push(...mapKeyErrors(schema, keys, keysAt, path));
  const items = schema.items as JSONSchemaProps | undefined;
  if ((listType === 'map' || listType === 'set') && items?.nullable === true) {
    const why = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    errors.push(forbiddenField(`${path}.items.nullable`, why));
  }
  return errors;
}

function mapKeyErrors(
  schema: JSONSchemaProps,
  keys: readonly string[],
  keysAt: string,
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const items = schema.items as JSONSchemaProps | undefined;
  if (keys.length === 0) errors.push(required(keysAt, 'must not be empty if x-kubernetes-list-type is map'));
  if (items !== undefined && items.type !== 'object') {
    errors.push(
      invalidValue(
        `${path}.items.type`,
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    );
  }
  for (const [index, key] of keys.entries()) {
    const field = items?.properties?.[key];
    const at = `${keysAt}[${index}]`;
    if (field === undefined) {
      errors.push(invalidValue(at, key, 'entries must all be names of item properties'));
      continue;
    }
    if (
      !['string', 'boolean', 'integer', 'number'].includes(field.type ?? '') &&
      field['x-kubernetes-int-or-string'] !== true
    ) {
      errors.push(invalidValue(at, key, 'entries must all be names of scalar properties'));
    }
    const fieldAt = `${path}.items.properties[${key}]`;
    if (items?.required?.includes(key) !== true && field.default === undefined) {
      const why = 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(required(`${fieldAt}.default`, why));
    }
    if (field.nullable === true) {
      const why = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable';
      errors.push(forbiddenField(`${fieldAt}.nullable`, why));
    }
  }
  return errors;
}

function metadataErrors(schema: JSONSchemaProps, level: Level, path: string): readonly FieldError[] {
  const { properties = {} } = schema;
  if (level !== 'root' && schema['x-kubernetes-embedded-resource'] !== true) return [];
  const errors: FieldError[] = [];
  for (const field of ['kind', 'apiVersion']) {
    const type = properties[field]?.type;
    if (properties[field] !== undefined && type !== 'string') {
      errors.push(invalidValue(`${path}.properties[${field}].type`, type ?? '', 'must be string'));
    }
  }
  const { metadata } = properties;
  if (metadata === undefined) return errors;
  const at = `${path}.properties[metadata]`;
  if (metadata.type !== 'object') errors.push(invalidValue(`${at}.type`, metadata.type ?? '', 'must be object'));
  if (level !== 'root') return errors;
  const { type: _type, description: _description, properties: known = {}, ...others } = metadata;
  const isMore = Object.keys(known).some((name) => name !== 'name' && name !== 'generateName');
  if (isMore || Object.keys(others).length > 0) {
    const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(forbiddenField(at, why));
  }
  return errors;
}

/** A default must be what it would be after pruning, and valid. */
function defaultErrors(schema: JSONSchemaProps, level: Level, path: string): readonly FieldError[] {
  const value = schema.default;
  if (value === undefined) return [];
  const at = `${path}.default`;
  if (level === 'root') return [forbiddenField(at, 'must not be set')];
  const { default: _default, ...rest } = schema;
  if (isJsonObject(value)) {
    const copy = copyJson(value) as Record<string, unknown>;
    prune(copy, rest);
    if (!equalJson(copy, value)) return [invalidValue(at, value, 'must not have unknown fields')];
  }
  return validateValue(value, rest).map((error) => ({ ...error, field: at }));
}

/** Inside of allOf, anyOf, oneOf and not there are only rules for values, for fields that are specified outside. */
function junctorErrors(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [index, one] of (schema[junctor] ?? []).entries()) {
      if (isIntOrString(schema, junctor, one)) continue;
      errors.push(...nestedErrors(one, schema, `${path}.${junctor}[${index}]`));
    }
  }
  if (schema.not !== undefined) errors.push(...nestedErrors(schema.not, schema, `${path}.not`));
  return errors;
}

/** The two exceptions that int-or-string fields are written with. */
function isIntOrString(schema: JSONSchemaProps, junctor: string, one: JSONSchemaProps): boolean {
  const both = [{ type: 'integer' }, { type: 'string' }];
  if (schema['x-kubernetes-int-or-string'] !== true) return false;
  return junctor === 'anyOf' ? equalJson(schema.anyOf, both) : junctor === 'allOf' && equalJson(one.anyOf, both);
}

const forbiddenInside = {
  type: 'must be empty to be structural',
  additionalProperties: 'must be undefined to be structural',
  default: 'must be undefined to be structural',
  title: 'must be empty to be structural',
  description: 'must be empty to be structural',
  nullable: 'must be false to be structural',
  'x-kubernetes-preserve-unknown-fields': 'must be false to be structural',
  'x-kubernetes-embedded-resource': 'must be false to be structural',
  'x-kubernetes-int-or-string': 'must be false to be structural',
  'x-kubernetes-list-map-keys': 'must be empty to be structural',
  'x-kubernetes-list-type': 'must be undefined to be structural',
  'x-kubernetes-map-type': 'must be undefined to be structural',
} as const;

function nestedErrors(schema: JSONSchemaProps, outside: JSONSchemaProps, path: string): readonly FieldError[] {
  const errors: FieldError[] = [...unsupported(schema, path)];
  for (const [field, why] of Object.entries(forbiddenInside)) {
    const value = schema[field as keyof typeof forbiddenInside];
    if (value !== undefined && value !== '' && value !== false) errors.push(forbiddenField(`${path}.${field}`, why));
  }
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const at = `${path}.properties[${name}]`;
    const specified = outside.properties?.[name];
    if (specified === undefined) {
      const where = at.replace(/\.(allOf|anyOf|oneOf)\[\d+\]|\.not/g, '');
      errors.push(required(where, `because it is defined in ${at.slice(0, at.length)}`));
    } else errors.push(...nestedErrors(field, specified, at));
  }
  const items = schema.items as JSONSchemaProps | undefined;
  const outsideItems = outside.items as JSONSchemaProps | undefined;
  if (items !== undefined && outsideItems !== undefined)
    errors.push(...nestedErrors(items, outsideItems, `${path}.items`));
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [index, one] of (schema[junctor] ?? []).entries()) {
      errors.push(...nestedErrors(one, outside, `${path}.${junctor}[${index}]`));
    }
  }
  if (schema.not !== undefined) errors.push(...nestedErrors(schema.not, outside, `${path}.not`));
  return errors;
}
