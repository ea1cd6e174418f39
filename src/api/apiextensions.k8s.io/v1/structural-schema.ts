import { type FieldError, forbiddenField, invalidValue, required } from '../../field-error.ts';
import { isEqual } from '../../field-rules.ts';
import type { JSONSchemaProps } from '../../schema/apiextensions-v1.ts';
import { patternError } from './schema-pattern.ts';

/**
 * A schema is structural when every field has its type outside of logic: then values can be pruned
 * and filled without guessing (upstream apiextensions-apiserver pkg/apiserver/schema ValidateStructural).
 */
export function validateStructural(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  return [...validateNode(schema, 'root', path), ...validateCompleteness(schema, schema, path, path)];
}

type Level = 'root' | 'item' | 'field';

const emptyType = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function validateNode(schema: JSONSchemaProps, level: Level, path: string): readonly FieldError[] {
  const { type = '', properties = {}, additionalProperties } = schema;
  const items = itemsOf(schema);
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const errors: FieldError[] = [];
  if (type === 'array' && schema.items === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  if (items !== undefined) errors.push(...validateNode(items, 'item', `${path}.items`));
  for (const [name, property] of Object.entries(properties))
    errors.push(...validateNode(property, 'field', `${path}.properties[${name}]`));
  if (additionalProperties !== undefined) {
    const at = `${path}.additionalProperties`;
    if (level === 'root') errors.push(forbiddenField(at, 'must not be used at the root'));
    if (typeof additionalProperties === 'object') errors.push(...validateNode(additionalProperties, 'field', at));
    if (embedded) errors.push(forbiddenField(at, 'must not be used if x-kubernetes-embedded-resource is set'));
  }
  return [
    ...errors,
    ...validateExtensions(schema, path),
    ...validateLogic(schema, { mayBeIntOrString: true }, path),
    ...validateType(schema, level, path),
    ...validateMetadata(schema, level, path),
  ];
}

function validateExtensions(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  if (schema['x-kubernetes-int-or-string'] !== true) return [];
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    .filter((extension) => schema[extension] === true)
    .map((extension) =>
      invalidValue(`${path}.${extension}`, true, 'must be false if x-kubernetes-int-or-string is true'),
    );
}

function validateType(schema: JSONSchemaProps, level: Level, path: string): readonly FieldError[] {
  const { type = '', properties = {} } = schema;
  const at = `${path}.type`;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const errors: FieldError[] = [];
  if (embedded && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(at, why) : invalidValue(at, type, why));
  } else if (type === '' && schema['x-kubernetes-int-or-string'] !== true && !preserves)
    errors.push(required(at, emptyType[level]));
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalidValue(at, type, 'must be object at the root'));
  if (embedded && !preserves && Object.keys(properties).length === 0) {
    const why =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(`${path}.properties`, why));
  }
  return errors;
}

/** kind, apiVersion and metadata of an object are Kubernetes' own. */
function validateMetadata(schema: JSONSchemaProps, level: Level, path: string): readonly FieldError[] {
  if (level !== 'root' && schema['x-kubernetes-embedded-resource'] !== true) return [];
  const { kind, apiVersion, metadata } = schema.properties ?? {};
  const errors: FieldError[] = [];
  for (const [name, property] of Object.entries({ kind, apiVersion }))
    if (property !== undefined && property.type !== 'string')
      errors.push(invalidValue(`${path}.properties[${name}].type`, property.type ?? '', 'must be string'));
  if (metadata === undefined) return errors;
  const at = `${path}.properties[metadata]`;
  if (metadata.type !== 'object') errors.push(invalidValue(`${at}.type`, metadata.type ?? '', 'must be object'));
  const { type: _type, default: _default, properties = {}, ...rest } = metadata;
  const isOnlyNames = Object.keys(properties).every((name) => name === 'name' || name === 'generateName');
  if (level === 'root' && !(isOnlyNames && Object.keys(rest).length === 0)) {
    const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(forbiddenField(at, why));
  }
  return errors;
}

const intOrString = [{ type: 'integer' }, { type: 'string' }];

const isIntOrString = (schema: JSONSchemaProps | undefined): boolean =>
  schema?.anyOf?.length === 2 && isEqual(schema.anyOf, intOrString);

/** allOf, anyOf, oneOf and not, in which nothing structural may stand but the one pattern of int-or-string. */
function validateLogic(
  schema: JSONSchemaProps,
  { mayBeIntOrString }: { readonly mayBeIntOrString: boolean },
  path: string,
): readonly FieldError[] {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern = '' } = schema;
  const skipsAnyOf = mayBeIntOrString && isIntOrString(schema);
  const wrong = pattern === '' ? undefined : patternError(pattern);
  return [
    ...(skipsAnyOf ? [] : anyOf.flatMap((one, index) => validateNested(one, `${path}.anyOf[${index}]`))),
    ...allOf.flatMap((one, index) =>
      validateNested(one, `${path}.allOf[${index}]`, mayBeIntOrString && index === 0 && isIntOrString(one)),
    ),
    ...oneOf.flatMap((one, index) => validateNested(one, `${path}.oneOf[${index}]`)),
    ...(not === undefined ? [] : validateNested(not, `${path}.not`)),
    ...(wrong === undefined
      ? []
      : [invalidValue(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${wrong}`)]),
  ];
}

const forbiddenInLogic = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
] as const;

function validateNested(schema: JSONSchemaProps, path: string, isIntOrStringPart = false): readonly FieldError[] {
  const items = itemsOf(schema);
  const errors: FieldError[] = [...validateLogic(schema, { mayBeIntOrString: isIntOrStringPart }, path)];
  if (items !== undefined) errors.push(...validateNested(items, `${path}.items`));
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    errors.push(...validateNested(property, `${path}.properties[${name}]`));
  for (const [field, why] of forbiddenInLogic) {
    const value = schema[field];
    if (value !== undefined && value !== '' && value !== false) errors.push(forbiddenField(`${path}.${field}`, why));
  }
  if (schema.properties?.['metadata'] !== undefined)
    errors.push(forbiddenField(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
  return errors;
}

/** What logic speaks of must be there outside of it. */
function validateCompleteness(
  logic: JSONSchemaProps,
  schema: JSONSchemaProps,
  path: string,
  logicPath: string,
): readonly FieldError[] {
  const { not, allOf = [], anyOf = [], oneOf = [] } = logic;
  const parts: [JSONSchemaProps, string][] = [
    ...(not === undefined ? [] : [[not, `${logicPath}.not`] satisfies [JSONSchemaProps, string]]),
    ...allOf.map((one, index): [JSONSchemaProps, string] => [one, `${logicPath}.allOf[${index}]`]),
    ...anyOf.map((one, index): [JSONSchemaProps, string] => [one, `${logicPath}.anyOf[${index}]`]),
    ...oneOf.map((one, index): [JSONSchemaProps, string] => [one, `${logicPath}.oneOf[${index}]`]),
  ];
  return parts.flatMap(([part, at]) => validatePart(part, schema, path, at));
}

function validatePart(
  part: JSONSchemaProps,
  schema: JSONSchemaProps | undefined,
  path: string,
  partPath: string,
): readonly FieldError[] {
  if (schema === undefined) return [required(path, `because it is defined in ${partPath}`)];
  const items = itemsOf(part);
  return [
    ...validateCompleteness(part, schema, path, partPath),
    ...(items === undefined ? [] : validatePart(items, itemsOf(schema), `${path}.items`, `${partPath}.items`)),
    ...Object.entries(part.properties ?? {}).flatMap(([name, property]) => {
      const at = `properties[${name}]`;
      return validatePart(property, schema.properties?.[name], `${path}.${at}`, `${partPath}.${at}`);
    }),
  ];
}

export function itemsOf({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return items === undefined || Array.isArray(items) ? undefined : (items as JSONSchemaProps);
}
