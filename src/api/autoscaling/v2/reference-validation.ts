import { type FieldError, invalidValue, required } from '../../field-error.ts';
import { pathSegment } from '../../names.ts';
import type { CrossVersionObjectReference } from '../../schema/autoscaling-v2.ts';

/** What is scaled or measured (upstream ValidateCrossVersionObjectReference). */
export function validateReference(
  { kind, name, apiVersion = '' }: CrossVersionObjectReference,
  path: string,
  { groupMayBeEmpty }: { readonly groupMayBeEmpty: boolean },
): readonly FieldError[] {
  const segment = (field: string, value: string): readonly FieldError[] =>
    value === ''
      ? [required(`${path}.${field}`)]
      : pathSegment(value).map((message) => invalidValue(`${path}.${field}`, value, message));
  const wrong = apiVersionError(apiVersion, groupMayBeEmpty);
  return [
    ...segment('kind', kind),
    ...segment('name', name),
    ...(wrong === undefined ? [] : [invalidValue(`${path}.apiVersion`, apiVersion, wrong)]),
  ];
}

function apiVersionError(apiVersion: string, groupMayBeEmpty: boolean): string | undefined {
  const slashes = apiVersion.split('/').length - 1;
  if (slashes > 1) return `unexpected GroupVersion string: ${apiVersion}`;
  const hasGroup = slashes === 1 && !apiVersion.startsWith('/');
  return hasGroup || groupMayBeEmpty ? undefined : 'apiVersion must specify API group';
}
