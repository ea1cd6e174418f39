import { type FieldError, forbiddenField, invalidValue, notSupported } from '../../field-error.ts';
import type { JSONSchemaProps } from '../../schema/apiextensions-v1.ts';
import { validateListType, validateMapType } from './schema-lists.ts';
import { itemsOf } from './structural-schema.ts';

/**
 * What a custom resource's schema may say at all (upstream
 * ValidateCustomResourceDefinitionOpenAPISchema). CEL rules are refused: nothing here runs them yet.
 */
export function validateSchemaRules(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  return validateNode(schema, path, { isRoot: true });
}

interface Place {
  readonly isRoot: boolean;
  /** Inside kind, apiVersion or metadata of an object. */
  readonly isMetadata?: boolean;
  /** Why no default may stand here. */
  readonly noDefault?: string;
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

function validateNode(schema: JSONSchemaProps, path: string, place: Place): readonly FieldError[] {
  return [
    ...validateKeywords(schema, path, place),
    ...validateChildren(schema, path, place),
    ...validateMapType(schema, path),
    ...validateListType(schema, path),
    ...(schema['x-kubernetes-validations'] ?? []).map((_, index) =>
      forbiddenField(`${path}.x-kubernetes-validations[${index}]`, 'CEL rules are not supported yet'),
    ),
  ];
}

const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;

function validateKeywords(schema: JSONSchemaProps, path: string, place: Place): readonly FieldError[] {
  const { type = '', properties = {}, additionalProperties, items, uniqueItems } = schema;
  const errors: FieldError[] = [];
  if (type !== '' && !types.includes(type)) errors.push(notSupported(`${path}.type`, type, types));
  if (schema.default !== undefined && place.noDefault !== undefined)
    errors.push(forbiddenField(`${path}.default`, `must not be set ${place.noDefault}`));
  for (const keyword of unsupported)
    if (schema[keyword] !== undefined && schema[keyword] !== '')
      errors.push(forbiddenField(`${path}.${keyword}`, `${keyword} is not supported`));
  if (type === 'null')
    errors.push(forbiddenField(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (Array.isArray(items))
    errors.push(forbiddenField(`${path}.items`, 'items must be a schema object and not an array'));
  if (place.isMetadata === true && schema['x-kubernetes-embedded-resource'] === true)
    errors.push(forbiddenField(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'));
  if (uniqueItems === true) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbiddenField(`${path}.uniqueItems`, why));
  }
  const isExclusive = additionalProperties !== undefined && additionalProperties !== true;
  if (isExclusive && Object.keys(properties).length > 0)
    errors.push(
      forbiddenField(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    );
  const preserves = schema['x-kubernetes-preserve-unknown-fields'];
  if (preserves === false)
    errors.push(invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, preserves, 'must be true or undefined'));
  return errors;
}

const metaFields = new Set(['metadata', 'kind', 'apiVersion']);

function validateChildren(schema: JSONSchemaProps, path: string, place: Place): readonly FieldError[] {
  const { properties = {}, additionalProperties, not, allOf = [], oneOf = [], anyOf = [] } = schema;
  const inner: Place = { ...place, isRoot: false };
  const isObject = place.isRoot || schema['x-kubernetes-embedded-resource'] === true;
  const items = itemsOf(schema);
  return [
    ...(typeof additionalProperties === 'object'
      ? validateNode(additionalProperties, `${path}.additionalProperties`, {
          ...inner,
          ...(place.isMetadata === true
            ? { noDefault: 'inside additionalProperties applying to object metadata' }
            : {}),
        })
      : []),
    ...Object.entries(properties).flatMap(([name, property]) =>
      validateNode(property, `${path}.properties[${name}]`, {
        ...inner,
        ...(isObject && metaFields.has(name) ? { isMetadata: true } : {}),
        ...(place.isRoot && metaFields.has(name) ? { noDefault: `in top-level ${name}` } : {}),
      }),
    ),
    ...(not === undefined ? [] : validateNode(not, `${path}.not`, inner)),
    ...Object.entries({ allOf, oneOf, anyOf }).flatMap(([keyword, list]) =>
      list.flatMap((one, index) => validateNode(one, `${path}.${keyword}[${index}]`, inner)),
    ),
    ...(items === undefined ? [] : validateNode(items, `${path}.items`, inner)),
  ];
}

const allowedAtRoot = new Set([
  'description',
  'type',
  'format',
  'title',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'multipleOf',
  'required',
  'items',
  'properties',
  'externalDocs',
  'example',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
]);

const allowedAtRootText =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations';

/** The root must stay plain where a status is cut out of it. */
export function validateRootWithStatus(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const enabled = 'of the schema if the status subresource is enabled';
  const { type = '' } = schema;
  if (type !== '' && type !== 'object')
    return [invalidValue(`${path}.type`, type, `only "object" is allowed as the type at the root ${enabled}`)];
  const isForeign = Object.entries(schema).some(
    ([keyword, value]) => value !== undefined && !allowedAtRoot.has(keyword),
  );
  return isForeign
    ? [invalidValue(path, schema, `only [${allowedAtRootText}] fields are allowed at the root ${enabled}`)]
    : [];
}

/** A root that may be null would be no object. */
export function validateRootNullable({ nullable }: JSONSchemaProps, path: string): readonly FieldError[] {
  return nullable === true ? [forbiddenField(`${path}.nullable`, 'nullable cannot be true at the root')] : [];
}
