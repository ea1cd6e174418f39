import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../../field-error.ts';
import { isEqual, isUnchanged } from '../../field-rules.ts';
import { dns1035Label, dns1123Subdomain } from '../../names.ts';
import { isConditionTrue } from '../../conditions.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from '../../schema/apiextensions-v1.ts';
import { validateApproval } from './definition-approval.ts';
import { validateDefinitionNames, validateGivenNames } from './definition-names.ts';
import { validateDeprecation, validateVersionParts } from './definition-version.ts';
import { subschemasOf } from './subschemas.ts';

/** Upstream apiextensions-apiserver pkg/apis/apiextensions/validation. */
export function validateDefinition(definition: CustomResourceDefinition): readonly FieldError[] {
  const { metadata, spec } = definition;
  const name = `${spec.names.plural ?? ''}.${spec.group ?? ''}`;
  const nameErrors =
    metadata.name === name
      ? []
      : [invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')];
  return [...nameErrors, ...validateAnyTime(definition), ...validateApproval(definition)];
}

export function validateDefinitionUpdate(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition,
): readonly FieldError[] {
  const { spec } = definition;
  const isEstablished = isConditionTrue(old.status.conditions, 'Established');
  return [
    ...validateAnyTime(definition),
    ...(isEstablished
      ? [
          ...isUnchanged(spec.scope, old.spec.scope, 'spec.scope'),
          ...isUnchanged(spec.names.kind, old.spec.names.kind, 'spec.names.kind'),
        ]
      : []),
    ...isUnchanged(spec.group, old.spec.group, 'spec.group'),
    ...isUnchanged(spec.names.plural, old.spec.names.plural, 'spec.names.plural'),
    ...validateApproval(definition, old),
  ];
}

export function validateDefinitionStatus({ status }: CustomResourceDefinition): readonly FieldError[] {
  return validateGivenNames(status.acceptedNames, 'status.acceptedNames');
}

function validateAnyTime(definition: CustomResourceDefinition): readonly FieldError[] {
  const { spec } = definition;
  const { preserveUnknownFields } = spec;
  const why = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  return [
    ...validateGroup(spec.group ?? ''),
    ...((spec.scope ?? '') === ''
      ? [required('spec.scope')]
      : spec.scope === 'Cluster' || spec.scope === 'Namespaced'
        ? []
        : [notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced'])]),
    ...validateVersions(spec),
    ...validateDefinitionNames(spec.names, 'spec.names'),
    ...validateConversion(spec),
    ...validateDefinitionStatus(definition),
    ...validateStoredVersions(definition),
    ...(preserveUnknownFields === true ? [invalidValue('spec.preserveUnknownFields', true, why)] : []),
    ...(preserveUnknownFields === true && spec.versions.some(({ schema }) => hasDefaults(schema?.openAPIV3Schema))
      ? [invalidValue('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema')]
      : []),
  ];
}

function hasDefaults(schema: JSONSchemaProps | undefined): boolean {
  return schema !== undefined && (schema.default !== undefined || subschemasOf(schema).some(hasDefaults));
}

function validateGroup(group: string): readonly FieldError[] {
  if (group === '') return [required('spec.group')];
  const wrong = dns1123Subdomain(group).join(',');
  if (wrong !== '') return [invalidValue('spec.group', group, wrong)];
  return group.includes('.') ? [] : [invalidValue('spec.group', group, 'should be a domain with at least one dot')];
}

const hoistable = {
  schema: 'spec.validation',
  subresources: 'spec.subresources',
  additionalPrinterColumns: 'spec.additionalPrinterColumns',
  selectableFields: 'spec.selectableFields',
} as const;

type Hoistable = keyof typeof hoistable;

/**
 * What is the same in all versions is reported once, at the top, as upstream stores it: with a single
 * version that is everything.
 */
function validateVersions(spec: CustomResourceDefinitionSpec): readonly FieldError[] {
  const { versions } = spec;
  const [first] = versions;
  const names = new Set(versions.map(({ name }) => name));
  const errors: FieldError[] = [];
  if (names.size < versions.length)
    errors.push(invalidValue('spec.versions', versions, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'));
  const isHoisted = (part: Hoistable): boolean =>
    first !== undefined && versions.every((version) => isEqual(version[part], first[part]));
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    const wrong = dns1035Label(version.name).join(',');
    if (wrong !== '') errors.push(invalidValue(`${at}.name`, version.name, wrong));
    // The first version is the older field `spec.version`, too.
    if (wrong !== '' && index === 0 && version.name !== '')
      errors.push(invalidValue('spec.version', version.name, wrong));
    if (version.schema?.openAPIV3Schema === undefined) errors.push(required(`${at}.schema.openAPIV3Schema`));
    errors.push(...validateDeprecation(version, at));
    errors.push(
      ...validateParts(
        version,
        (part) => !isHoisted(part),
        (part) => `${at}.${part}`,
      ),
    );
  }
  if (first === undefined) return errors;
  const hasStatus = versions.some(({ subresources }) => subresources?.status !== undefined);
  return [...errors, ...validateParts(first, isHoisted, (part) => hoistable[part], hasStatus)];
}

function validateParts(
  version: CustomResourceDefinitionVersion,
  isWanted: (part: Hoistable) => boolean,
  pathOf: (part: Hoistable) => string,
  hasStatus: boolean = version.subresources?.status !== undefined,
): readonly FieldError[] {
  const schema = version.schema?.openAPIV3Schema;
  return validateVersionParts(
    {
      schema: isWanted('schema') ? schema : undefined,
      subresources: isWanted('subresources') ? version.subresources : undefined,
      additionalPrinterColumns: isWanted('additionalPrinterColumns') ? version.additionalPrinterColumns : [],
      selectableFields: isWanted('selectableFields') ? version.selectableFields : [],
    },
    {
      schema: pathOf('schema'),
      subresources: pathOf('subresources'),
      additionalPrinterColumns: pathOf('additionalPrinterColumns'),
      selectableFields: pathOf('selectableFields'),
    },
    { hasStatus, wholeSchema: schema },
  );
}

/** Webhooks are refused, because nothing here calls them yet. */
function validateConversion({ conversion }: CustomResourceDefinitionSpec): readonly FieldError[] {
  if (conversion === undefined) return [];
  const { strategy, webhook } = conversion;
  const errors: FieldError[] = [];
  if (strategy === '') errors.push(required('spec.conversion.strategy'));
  else if (strategy === 'Webhook')
    errors.push(forbiddenField('spec.conversion.strategy', 'conversion webhooks are not supported yet'));
  else if (strategy !== 'None') errors.push(notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook']));
  if (strategy !== 'Webhook' && webhook !== undefined) {
    const why = 'should not be set when strategy is not set to Webhook';
    if (webhook.clientConfig !== undefined) errors.push(forbiddenField('spec.conversion.webhookClientConfig', why));
    if ((webhook.conversionReviewVersions ?? []).length > 0)
      errors.push(forbiddenField('spec.conversion.conversionReviewVersions', why));
  }
  return errors;
}

/** A version that has ever stored objects stays until they are migrated. */
function validateStoredVersions({ spec, status }: CustomResourceDefinition): readonly FieldError[] {
  const path = 'status.storedVersions';
  const { storedVersions: stored } = status;
  if (stored.length === 0) return [invalidValue(path, null, 'must have at least one stored version')];
  const served = new Set((spec.versions ?? []).map(({ name }) => name));
  const storage = (spec.versions ?? []).filter((version) => version.storage && !stored.includes(version.name));
  return [
    ...storage.map(({ name }) => invalidValue(path, stored, `must have the storage version ${name}`)),
    ...stored.flatMap((name, index) => {
      const why = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
      return served.has(name) ? [] : [invalidValue(`${path}[${index}]`, name, why)];
    }),
  ];
}
