import { type FieldError, invalidValue, required } from '../../field-error.ts';
import type { CustomResourceDefinition } from '../../schema/apiextensions-v1.ts';

const annotation = 'api-approved.kubernetes.io';
const path = `metadata.annotations[${annotation}]`;
const reference = 'see https://github.com/kubernetes/enhancements/pull/1111';

/** Groups of the Kubernetes community need a word that they are approved (upstream validateAPIApproval). */
export function validateApproval(
  { metadata, spec }: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): readonly FieldError[] {
  const { group } = spec;
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return [];
  const value = metadata.annotations?.[annotation] ?? '';
  if (old !== undefined && stateOf(old.metadata.annotations?.[annotation] ?? '') === stateOf(value)) return [];
  const must = `protected groups must have approval annotation "${annotation}"`;
  switch (stateOf(value)) {
    case 'missing':
      return [required(path, `${must}, ${reference}`)];
    case 'invalid':
      return [
        invalidValue(path, value, `${must} with either a URL or a reason starting with "unapproved", ${reference}`),
      ];
    case 'approved':
    case 'bypassed':
      return [];
  }
}

function stateOf(value: string): 'missing' | 'bypassed' | 'approved' | 'invalid' {
  if (value === '') return 'missing';
  if (value.startsWith('unapproved')) return 'bypassed';
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/\s]+/.test(value) ? 'approved' : 'invalid';
}
