import { type FieldError, duplicate, invalidValue, notSupported, required, tooLong } from './field-error.ts';
import { validateLabelName } from './label-selector.ts';
import { byteLength, mismatch } from './names.ts';
import type { Condition } from './schema/meta-v1.ts';

const reason = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reasonPattern = new RegExp(`^${reason}$`);
const statuses = ['False', 'True', 'Unknown'];

/** metav1.Condition lists: one of a type, each complete (apimachinery pkg/apis/meta/v1/validation). */
export function validateConditions(conditions: readonly Condition[], path: string): readonly FieldError[] {
  const types = new Set<string>();
  return conditions.flatMap((condition, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = types.has(condition.type) ? [duplicate(`${at}.type`, condition.type)] : [];
    types.add(condition.type);
    return [...errors, ...validateCondition(condition, at)];
  });
}

function validateCondition(condition: Condition, path: string): readonly FieldError[] {
  const { type, status, observedGeneration = 0, lastTransitionTime, message } = condition;
  return [
    ...validateLabelName(type, `${path}.type`),
    ...(statuses.includes(status) ? [] : [notSupported(`${path}.status`, status, statuses)]),
    ...(observedGeneration < 0
      ? [invalidValue(`${path}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero')]
      : []),
    ...((lastTransitionTime ?? '') === '' ? [required(`${path}.lastTransitionTime`)] : []),
    ...validateReason(condition.reason ?? '', `${path}.reason`),
    ...(byteLength(message ?? '') > 32_768 ? [tooLong(`${path}.message`, 32_768)] : []),
  ];
}

function validateReason(value: string, path: string): readonly FieldError[] {
  if (value === '') return [required(path)];
  const rule = mismatch(
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
    reason,
    'my_name',
    'MY_NAME',
    'MyName',
    'ReasonA,ReasonB',
    'ReasonA:ReasonB',
  );
  return [
    ...(reasonPattern.test(value) ? [] : [invalidValue(path, value, rule)]),
    ...(byteLength(value) > 1024 ? [tooLong(path, 1024)] : []),
  ];
}
