import { type FieldError, duplicate, invalidValue, required, tooMany } from '../../field-error.ts';
import { byteLength } from '../../names.ts';
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  JSONSchemaProps,
  SelectableField,
} from '../../schema/apiextensions-v1.ts';
import { itemsOf, validateStructural } from './structural-schema.ts';
import { validateRootNullable, validateRootWithStatus, validateSchemaRules } from './schema-rules.ts';

/** Schema, subresources, columns and selectable fields: what a version has, or all versions together. */
export interface VersionParts {
  readonly schema?: JSONSchemaProps | undefined;
  readonly subresources?: CustomResourceSubresources | undefined;
  readonly additionalPrinterColumns?: readonly CustomResourceColumnDefinition[] | undefined;
  readonly selectableFields?: readonly SelectableField[] | undefined;
}

export interface VersionPaths {
  readonly schema: string;
  readonly subresources: string;
  readonly additionalPrinterColumns: string;
  readonly selectableFields: string;
}

export function validateVersionParts(
  parts: VersionParts,
  paths: VersionPaths,
  { hasStatus, wholeSchema }: { readonly hasStatus: boolean; readonly wholeSchema: JSONSchemaProps | undefined },
): readonly FieldError[] {
  const { schema, subresources, additionalPrinterColumns = [], selectableFields = [] } = parts;
  return [
    ...(schema === undefined ? [] : validateSchema(schema, `${paths.schema}.openAPIV3Schema`, hasStatus)),
    ...(subresources === undefined ? [] : validateSubresources(subresources, paths.subresources)),
    ...additionalPrinterColumns.flatMap((column, index) =>
      validateColumn(column, `${paths.additionalPrinterColumns}[${index}]`),
    ),
    ...validateSelectable(selectableFields, wholeSchema, paths.selectableFields),
  ];
}

function validateSchema(schema: JSONSchemaProps, path: string, hasStatus: boolean): readonly FieldError[] {
  return [
    ...(hasStatus ? validateRootWithStatus(schema, path) : []),
    ...validateRootNullable(schema, path),
    ...validateStructural(schema, path),
    ...validateSchemaRules(schema, path),
  ];
}

/** Upstream writes these two levels of the path with one dot. */
function validateSubresources({ scale }: CustomResourceSubresources, path: string): readonly FieldError[] {
  if (scale === undefined) return [];
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = '' } = scale;
  const under = (value: string, field: string, roots: readonly string[], where: string): readonly FieldError[] => {
    const at = `${path}.scale.${field}`;
    const errors = validateJsonPath(value, at);
    if (errors.length > 0 || roots.some((root) => value.startsWith(root))) return errors;
    return [invalidValue(at, value, `should be a json path under ${where}`)];
  };
  return [
    ...(specReplicasPath === ''
      ? [required(`${path}.scale.specReplicasPath`)]
      : under(specReplicasPath, 'specReplicasPath', ['.spec.'], '.spec')),
    ...(statusReplicasPath === ''
      ? [required(`${path}.scale.statusReplicasPath`)]
      : under(statusReplicasPath, 'statusReplicasPath', ['.status.'], '.status')),
    ...(labelSelectorPath === ''
      ? []
      : under(labelSelectorPath, 'labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status')),
  ];
}

function validateJsonPath(value: string, path: string): readonly FieldError[] {
  return value.startsWith('.') ? [] : [invalidValue(path, value, 'must be a simple json path starting with .')];
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function validateColumn(column: CustomResourceColumnDefinition, path: string): readonly FieldError[] {
  const { name, type, format = '', jsonPath } = column;
  const oneOf = (list: readonly string[]): string => `must be one of ${list.join(',')}`;
  return [
    ...(name === '' ? [required(`${path}.name`)] : []),
    ...(type === ''
      ? [required(`${path}.type`, oneOf(columnTypes))]
      : columnTypes.includes(type)
        ? []
        : [invalidValue(`${path}.type`, type, oneOf(columnTypes))]),
    ...(format === '' || columnFormats.includes(format)
      ? []
      : [invalidValue(`${path}.format`, format, oneOf(columnFormats))]),
    ...(jsonPath === '' ? [required(`${path}.JSONPath`)] : validateJsonPath(jsonPath, `${path}.JSONPath`)),
  ];
}

const maxSelectableFields = 8;

function validateSelectable(
  fields: readonly SelectableField[],
  schema: JSONSchemaProps | undefined,
  path: string,
): readonly FieldError[] {
  if (schema === undefined && fields.length > 0) {
    const why = 'may only be set when `version.schema.openAPIV3Schema` is not included';
    return [invalidValue(path, '', why)];
  }
  const seen = new Set<string>();
  const errors: FieldError[] = fields.flatMap(({ jsonPath }, index) => {
    const at = `${path}[${index}].jsonPath`;
    if (jsonPath === '') return [required(at)];
    const field = schema === undefined ? undefined : schemaAt(schema, jsonPath);
    if (field === undefined) {
      const [start] = /^[^.[\]']+/.exec(jsonPath) ?? [];
      const why = start === undefined ? 'does not refer to a valid field' : `expected [ or . but got: ${start}`;
      return [invalidValue(at, jsonPath, `is an invalid path: ${why}`)];
    }
    const wrong: FieldError[] = [];
    if (jsonPath.startsWith('.metadata.'))
      wrong.push(invalidValue(at, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(field.type ?? '')) {
      const why =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      wrong.push(invalidValue(at, jsonPath, why));
    }
    if (seen.has(jsonPath)) wrong.push(duplicate(at, jsonPath));
    seen.add(jsonPath);
    return wrong;
  });
  return seen.size > maxSelectableFields ? [...errors, tooMany(path, seen.size, maxSelectableFields)] : errors;
}

function schemaAt(schema: JSONSchemaProps, jsonPath: string): JSONSchemaProps | undefined {
  if (!/^(\.[A-Za-z_][A-Za-z0-9_-]*)+$/.test(jsonPath)) return undefined;
  let at: JSONSchemaProps | undefined = schema;
  for (const name of jsonPath.slice(1).split('.'))
    at = itemsOf(at ?? {}) === undefined ? at?.properties?.[name] : undefined;
  return at;
}

/** Upstream validateDeprecationWarning. */
export function validateDeprecation(version: CustomResourceDefinitionVersion, path: string): readonly FieldError[] {
  const { deprecated = false, deprecationWarning: warning } = version;
  if (warning === undefined) return [];
  const wrong = (why: string): FieldError => invalidValue(`${path}.deprecationWarning`, warning, why);
  if (!deprecated) return [wrong('can only be set for deprecated versions')];
  const control = Array.from(warning).findIndex((char) => /[\p{C}\p{Zl}\p{Zp}]/u.test(char));
  return [
    ...(byteLength(warning) > 256 ? [wrong('must be <= 256 characters long')] : []),
    ...(warning === '' ? [wrong('must not be an empty string')] : []),
    ...(control < 0
      ? []
      : [wrong(`must only contain printable UTF-8 characters; non-printable character found at index ${control}`)]),
  ];
}
