import { validateAnnotations } from '../../annotations.ts';
import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../../field-error.ts';
import { byRule, isOneOfOrAbsent } from '../../field-rules.ts';
import { validateLabels, validateLabelSelector } from '../../label-selector.ts';
import { dns1123Subdomain } from '../../names.ts';
import { compareQuantity, formatQuantity, zeroQuantity } from '../../quantity.ts';
import type { PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate } from '../../schema/core-v1.ts';
import { quantityOrError } from './resource-requirements.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** The claim that an ephemeral volume makes (upstream ValidatePersistentVolumeClaimTemplate). */
export function validateClaimTemplate(
  { metadata, spec }: PersistentVolumeClaimTemplate,
  path: string,
): readonly FieldError[] {
  const others = Object.keys(metadata).filter((field) => field !== 'labels' && field !== 'annotations');
  return [
    ...validateAnnotations(metadata.annotations, `${path}.metadata.annotations`),
    ...validateLabels(metadata.labels, `${path}.metadata.labels`),
    ...others.map((field) => forbiddenField(`${path}.metadata.${field}`, 'cannot be set')),
    ...validateClaimSpec(spec, `${path}.spec`),
  ];
}

function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: string): readonly FieldError[] {
  const {
    accessModes: modes = [],
    storageClassName: storageClass = '',
    volumeAttributesClassName: attributes = '',
  } = spec;
  const known = modes.filter((mode) => accessModes.includes(mode));
  const isMixed = known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod');
  const at = `${path}.accessModes`;
  return [
    ...(modes.length === 0 ? [required(at, 'at least 1 access mode is required')] : []),
    ...validateLabelSelector(spec.selector, `${path}.selector`),
    ...modes.filter((mode) => !accessModes.includes(mode)).map((mode) => notSupported(at, mode, accessModes)),
    ...(isMixed ? [forbiddenField(at, 'may not use ReadWriteOncePod with other access modes')] : []),
    ...validateStorage(spec.resources.requests?.['storage'], `${path}.resources[storage]`),
    ...(storageClass === '' ? [] : byRule(dns1123Subdomain, storageClass, `${path}.storageClassName`)),
    ...isOneOfOrAbsent(spec.volumeMode, ['Block', 'Filesystem'], `${path}.volumeMode`),
    ...(attributes === '' ? [] : byRule(dns1123Subdomain, attributes, `${path}.volumeAttributesClassName`)),
  ];
}

function validateStorage(text: string | undefined, path: string): readonly FieldError[] {
  if (text === undefined) return [required(path)];
  const amount = quantityOrError(text, path);
  if ('reason' in amount) return [amount];
  return compareQuantity(amount, zeroQuantity) > 0
    ? []
    : [invalidValue(path, formatQuantity(amount), 'must be greater than zero')];
}
