import { type FieldError, invalidValue } from '../../field-error.ts';

/** A subset of the pods cannot be larger than the whole. */
export function validateReplicaCounts(
  status: Readonly<Partial<Record<string, unknown>>>,
  parts: readonly string[],
): readonly FieldError[] {
  const count = (field: string): number => Number(status[field] ?? 0);
  const errors = parts
    .filter((part) => count(part) > count('replicas'))
    .map((part) => invalidValue(`status.${part}`, count(part), 'cannot be greater than status.replicas'));
  if (count('availableReplicas') <= count('readyReplicas')) return errors;
  const available = count('availableReplicas');
  return [...errors, invalidValue('status.availableReplicas', available, 'cannot be greater than readyReplicas')];
}
