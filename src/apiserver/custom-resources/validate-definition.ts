import { duplicate, invalidValue, notSupported, required, tooMany, type FieldError } from '../../api/field-error.ts';
import { dns1035Label, dns1123Subdomain } from '../../api/names.ts';
import { isConditionTrue } from '../../api/conditions.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from '../../api/schema/apiextensions-v1.ts';
import { equalJson } from '../../api/schema/json-value.ts';
import { fieldNames, parseJsonPath } from './json-path.ts';
import { validateSchema } from './validate-schema.ts';

// apiextensions-apiserver pkg/apis/apiextensions/validation: MaxSelectableFields.
const selectableFieldsMax = 8;

/** The rules of a CustomResourceDefinition (apiextensions-apiserver pkg/apis/apiextensions/validation). */
export function validateDefinition({ metadata, spec, status }: CustomResourceDefinition): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { group, names, scope, versions, conversion } = spec;
  if (metadata.name !== `${names.plural}.${group}`) {
    errors.push(invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (group === '') errors.push(required('spec.group'));
  else {
    const wrong = dns1123Subdomain(group).join(',');
    if (wrong !== '') errors.push(invalidValue('spec.group', group, wrong));
    else if (!group.includes('.')) {
      errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
    }
  }
  if (scope === '') errors.push(required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced') {
    errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  }
  if (spec.preserveUnknownFields === true) {
    const why = 'cannot set to true, set x-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.push(invalidValue('spec.preserveUnknownFields', true, why));
  }
  for (const [index, version] of versions.entries()) {
    errors.push(...versionErrors(version, `spec.versions[${index}]`));
  }
  if (new Set(versions.map(({ name }) => name)).size !== versions.length) {
    errors.push(invalidValue('spec.versions', versions, 'must contain unique version names'));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const why = 'must have exactly one version marked as storage version';
    errors.push(invalidValue('spec.versions', versions, why));
  }
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    if ((names[field] ?? '') === '') errors.push(required(`spec.names.${field}`));
  }
  errors.push(...nameErrors(names, 'spec.names'));
  const strategy = conversion?.strategy ?? '';
  if (strategy === '') errors.push(required('spec.conversion.strategy'));
  // Upstream knows Webhook, too; it cannot be honoured here.
  else if (strategy !== 'None') errors.push(notSupported('spec.conversion.strategy', strategy, ['None']));
  errors.push(...storedVersionErrors(status.storedVersions, versions));
  return errors;
}

export function validateDefinitionUpdate(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition,
): readonly FieldError[] {
  const errors = [...validateDefinition(definition)];
  const fixed = (field: string, value: unknown, before: unknown): void => {
    if (!equalJson(value, before)) errors.push(invalidValue(field, value, 'field is immutable'));
  };
  if (isConditionTrue(old.status.conditions, 'Established')) {
    fixed('spec.scope', definition.spec.scope, old.spec.scope);
    fixed('spec.names.kind', definition.spec.names.kind, old.spec.names.kind);
  }
  fixed('spec.group', definition.spec.group, old.spec.group);
  fixed('spec.names.plural', definition.spec.names.plural, old.spec.names.plural);
  return errors;
}

function versionErrors(version: CustomResourceDefinitionVersion, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const wrong = dns1035Label(version.name).join(',');
  if (wrong !== '') errors.push(invalidValue(`${path}.name`, version.name, wrong));
  if (version.deprecated !== true && version.deprecationWarning !== undefined) {
    const why = 'can only be set for deprecated versions';
    errors.push(invalidValue(`${path}.deprecationWarning`, version.deprecationWarning, why));
  }
  const schema = version.schema?.openAPIV3Schema;
  const schemaPath = `${path}.schema.openAPIV3Schema`;
  if (schema === undefined) errors.push(required(schemaPath));
  else errors.push(...validateSchema(schema, schemaPath));
  errors.push(...scaleErrors(version, `${path}.subresources`));
  for (const [index, column] of (version.additionalPrinterColumns ?? []).entries()) {
    errors.push(...columnErrors(column, `${path}.additionalPrinterColumns[${index}]`));
  }
  errors.push(...selectableErrors(version, schema, `${path}.selectableFields`));
  return errors;
}

function scaleErrors({ subresources }: CustomResourceDefinitionVersion, path: string): readonly FieldError[] {
  const scale = subresources?.scale;
  if (scale === undefined) return [];
  const errors: FieldError[] = [];
  const check = (field: string, value: string | undefined, roots: readonly string[], isNeeded: boolean): void => {
    const at = `${path}.scale.${field}`;
    if (value === undefined || value === '') {
      if (isNeeded) errors.push(required(at));
    } else if (!value.startsWith('.'))
      errors.push(invalidValue(at, value, 'must be a simple json path starting with .'));
    else if (!roots.some((root) => value.startsWith(`.${root}.`))) {
      const where = roots.length === 1 ? `.${roots[0]}` : 'either .spec or .status';
      errors.push(invalidValue(at, value, `should be a json path under ${where}`));
    } else if (fieldNames(parseJsonPath(value)) === undefined) {
      errors.push(invalidValue(at, value, 'must be a json path in the dot notation'));
    }
  };
  check('specReplicasPath', scale.specReplicasPath, ['spec'], true);
  check('statusReplicasPath', scale.statusReplicasPath, ['status'], true);
  check('labelSelectorPath', scale.labelSelectorPath, ['spec', 'status'], false);
  return errors;
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function columnErrors(
  column: NonNullable<CustomResourceDefinitionVersion['additionalPrinterColumns']>[number],
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const oneOf = `must be one of ${columnTypes.join(',')}`;
  if (column.name === '') errors.push(required(`${path}.name`));
  if (column.type === '') errors.push(required(`${path}.type`, oneOf));
  else if (!columnTypes.includes(column.type)) errors.push(invalidValue(`${path}.type`, column.type, oneOf));
  const { format = '' } = column;
  if (format !== '' && !columnFormats.includes(format)) {
    errors.push(invalidValue(`${path}.format`, format, `must be one of ${columnFormats.join(',')}`));
  }
  const at = `${path}.JSONPath`;
  if (column.jsonPath === '') errors.push(required(at));
  else if (!column.jsonPath.startsWith('.')) {
    errors.push(invalidValue(at, column.jsonPath, 'must be a simple json path starting with .'));
  } else if (parseJsonPath(column.jsonPath) === undefined) {
    errors.push(invalidValue(at, column.jsonPath, 'must be a json path in the dot notation'));
  }
  return errors;
}

function selectableErrors(
  { selectableFields = [] }: CustomResourceDefinitionVersion,
  schema: JSONSchemaProps | undefined,
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { jsonPath }] of selectableFields.entries()) {
    const at = `${path}[${index}].jsonPath`;
    const names = jsonPath.startsWith('.') ? fieldNames(parseJsonPath(jsonPath)) : undefined;
    if (jsonPath === '') errors.push(required(at));
    else if (names === undefined)
      errors.push(invalidValue(at, jsonPath, 'is an invalid path: it must name fields alone'));
    else {
      let field = schema;
      for (const name of names) field = field?.properties?.[name];
      if (names[0] === 'metadata') errors.push(invalidValue(at, jsonPath, 'must not point to fields in metadata'));
      if (!['string', 'boolean', 'integer'].includes(field?.type ?? '')) {
        const why =
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
        errors.push(invalidValue(at, jsonPath, why));
      }
      if (seen.has(jsonPath)) errors.push(duplicate(at, jsonPath));
      seen.add(jsonPath);
    }
  }
  if (seen.size > selectableFieldsMax) errors.push(tooMany(path, seen.size, selectableFieldsMax));
  return errors;
}

function nameErrors(names: CustomResourceDefinitionNames, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const label = (field: string, value: string | undefined): void => {
    const wrong = value === undefined || value === '' ? '' : dns1035Label(value).join(',');
    if (wrong !== '') errors.push(invalidValue(`${path}.${field}`, value, wrong));
  };
  const kind = (field: string, value: string | undefined): void => {
    const wrong = value === undefined || value === '' ? '' : dns1035Label(value.toLowerCase()).join(',');
    const why = `may have mixed case, but should otherwise match: ${wrong}`;
    if (wrong !== '') errors.push(invalidValue(`${path}.${field}`, value, why));
  };
  label('plural', names.plural);
  label('singular', names.singular);
  kind('kind', names.kind);
  kind('listKind', names.listKind);
  for (const [index, name] of (names.shortNames ?? []).entries()) label(`shortNames[${index}]`, name);
  if (names.kind !== '' && names.kind === names.listKind) {
    errors.push(invalidValue(`${path}.listKind`, names.listKind, 'kind and listKind may not be the same'));
  }
  for (const [index, name] of (names.categories ?? []).entries()) label(`categories[${index}]`, name);
  return errors;
}

function storedVersionErrors(
  stored: readonly string[],
  versions: readonly CustomResourceDefinitionVersion[],
): readonly FieldError[] {
  const path = 'status.storedVersions';
  if (stored.length === 0) return [invalidValue(path, stored, 'must have at least one stored version')];
  return [
    ...versions
      .filter(({ storage, name }) => storage && !stored.includes(name))
      .map(({ name }) => invalidValue(path, stored, `must have the storage version ${name}`)),
    ...stored.flatMap((name, index) => {
      if (versions.some((version) => version.name === name)) return [];
      const why = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
      return [invalidValue(`${path}[${index}]`, name, why)];
    }),
  ];
}
