import { ageText } from '../../api/duration-text.ts';
import { invalidValue, type FieldError } from '../../api/field-error.ts';
import type { Column, KindDefinition } from '../../api/kind.ts';
import { dns1123Subdomain } from '../../api/names.ts';
import type { KubernetesObject, Resource } from '../../api/resource.ts';
import type { CustomResourceDefinitionVersion, JSONSchemaProps } from '../../api/schema/apiextensions-v1.ts';
import { isJsonObject } from '../../api/schema/json-value.ts';
import { setDefaultValues } from './default-values.ts';
import { validateEmbedded } from './embedded-resources.ts';
import { fieldNames, parseJsonPath, valuesAt } from './json-path.ts';
import { validateListTypes } from './list-types.ts';
import { validateValue } from './validate-value.ts';

/** What a version of a CustomResourceDefinition makes of a kind (apiextensions-apiserver pkg/registry/customresource). */
export function customKind(resource: Resource, version: CustomResourceDefinitionVersion): KindDefinition {
  const schema: JSONSchemaProps = version.schema?.openAPIV3Schema ?? { type: 'object' };
  const { status, scale } = version.subresources ?? {};
  const replicas = (path: string): readonly string[] => fieldNames(parseJsonPath(path)) ?? [];
  const specErrors = (object: KubernetesObject): readonly FieldError[] =>
    scale === undefined ? [] : replicasErrors(object, scale.specReplicasPath, replicas(scale.specReplicasPath));
  const statusErrors = (object: KubernetesObject): readonly FieldError[] =>
    scale === undefined ? [] : replicasErrors(object, scale.statusReplicasPath, replicas(scale.statusReplicasPath));
  const whole = (object: KubernetesObject): readonly FieldError[] => [
    ...validateValue(object, schema),
    ...specErrors(object),
    ...statusErrors(object),
    ...validateEmbedded(object, schema),
    ...validateListTypes(object, schema),
  ];
  const statusOnly = (object: KubernetesObject): readonly FieldError[] => {
    const value = (object as { readonly status?: unknown }).status;
    const statusSchema = schema.properties?.['status'];
    return [
      ...(value === undefined || statusSchema === undefined ? [] : validateValue(value, statusSchema, 'status')),
      ...statusErrors(object),
      ...validateListTypes(object, schema),
    ];
  };
  return {
    resource,
    subresources: [...(status === undefined ? [] : ['status']), ...(scale === undefined ? [] : ['scale'])],
    hasGeneration: true,
    allowsUnconditionalUpdate: false,
    selectableFields: Object.fromEntries(
      (version.selectableFields ?? []).map(({ jsonPath }) => [jsonPath.replace(/^\./, ''), selectable(jsonPath)]),
    ),
    columns: columnsOf(version),
    validateName: dns1123Subdomain,
    setDefaults: (object) => setDefaultValues(object, schema),
    validateCreate: whole,
    validateUpdate: (object, old) => withoutOld(whole(object), () => whole(old)),
    validateStatusUpdate: (object, old) => withoutOld(statusOnly(object), () => statusOnly(old)),
  };
}

/** What was wrong before and is the same now is let be: a schema that grew stricter must not freeze objects. */
function withoutOld(errors: readonly FieldError[], before: () => readonly FieldError[]): readonly FieldError[] {
  if (errors.length === 0) return errors;
  const old = before();
  return errors.filter(({ field, detail }) => !old.some((one) => one.field === field && one.detail === detail));
}

/** Upstream reads the number with unstructured.NestedInt64, whose words these are. */
function replicasErrors(object: KubernetesObject, path: string, names: readonly string[]): readonly FieldError[] {
  const wrong = (value: unknown, detail: string): readonly FieldError[] => [invalidValue(path, value, detail)];
  const mismatch = (depth: number, value: unknown, wanted: string): readonly FieldError[] => {
    const where = `.${names.slice(0, depth).join('.')}`;
    return wrong(0, `${where} accessor error: ${goText(value)} is of the type ${goType(value)}, expected ${wanted}`);
  };
  let value: unknown = object;
  for (const [index, name] of names.entries()) {
    if (value === null) return [];
    if (!isJsonObject(value)) return mismatch(index + 1, value, 'map[string]interface{}');
    if (!Object.hasOwn(value, name)) return [];
    value = value[name];
  }
  if (typeof value !== 'number' || !Number.isInteger(value)) return mismatch(names.length, value, 'int64');
  if (value < 0) return wrong(value, 'should be a non-negative integer');
  return value >= 2 ** 31 ? wrong(value, `should be less than or equal to ${2 ** 31 - 1}`) : [];
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : value === null ? '<nil>' : 'map[string]interface {}';
}

function goText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function selectable(jsonPath: string): (object: KubernetesObject) => string {
  const path = parseJsonPath(jsonPath) ?? [];
  return (object) => {
    const [value] = valuesAt(object, path);
    return typeof value === 'string'
      ? value
      : value === undefined || value === null
        ? ''
        : String(value as number | boolean);
  };
}

type PrinterColumn = NonNullable<CustomResourceDefinitionVersion['additionalPrinterColumns']>[number];

const age: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
};

function columnsOf({
  additionalPrinterColumns = [],
}: CustomResourceDefinitionVersion): readonly Column<KubernetesObject>[] {
  const columns = additionalPrinterColumns.length === 0 ? [age] : additionalPrinterColumns;
  return [
    { name: 'Name', type: 'string', format: 'name', cell: ({ metadata }) => metadata.name },
    ...columns.map((column): Column<KubernetesObject> => {
      const path = parseJsonPath(column.jsonPath) ?? [];
      return {
        name: column.name,
        type: column.type as Column<KubernetesObject>['type'],
        ...(column.format === undefined ? {} : { format: column.format }),
        description: column.description ?? `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
        ...(column.priority === undefined ? {} : { priority: column.priority }),
        cell: (object, nowMs) => cellOf(column.type, valuesAt(object, path)[0], nowMs),
      };
    }),
  ];
}

function cellOf(type: string, value: unknown, nowMs: number): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageText(value, nowMs);
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}
