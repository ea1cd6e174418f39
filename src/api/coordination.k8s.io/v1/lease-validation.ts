import { type FieldError, forbiddenField, invalidValue } from '../../field-error.ts';
import type { Lease } from '../../schema/coordination-v1.ts';

/**
 * Upstream ValidateLeaseSpec. Coordinated election is off there by default and its fields are
 * dropped; here they are refused.
 */
export function validateLease({ spec }: Lease): readonly FieldError[] {
  const { leaseDurationSeconds: duration = 1, leaseTransitions: transitions = 0, strategy, preferredHolder } = spec;
  const off = 'may not be set: coordinated leader election is not enabled';
  return [
    ...(duration > 0 ? [] : [invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0')]),
    ...(transitions >= 0
      ? []
      : [invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')]),
    ...(strategy === undefined ? [] : [forbiddenField('spec.strategy', off)]),
    ...(preferredHolder === undefined ? [] : [forbiddenField('spec.preferredHolder', off)]),
  ];
}
