import { validateConditions } from '../../conditions-validation.ts';
import { type FieldError, invalidValue, notSupported } from '../../field-error.ts';
import { isNonNegative } from '../../field-rules.ts';
import { type IntOrString, validateCountOrPercent, validateNotMoreThanHundredPercent } from '../../int-or-string.ts';
import { validateLabelSelector } from '../../label-selector.ts';
import type { PodDisruptionBudget } from '../../schema/policy-v1.ts';

const policies = ['AlwaysAllow', 'IfHealthyBudget'];

/** Upstream ValidatePodDisruptionBudget. */
export function validatePodDisruptionBudget({ spec }: PodDisruptionBudget): readonly FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  const shown = {
    MinAvailable: minAvailable ?? null,
    Selector: selector ?? null,
    MaxUnavailable: maxUnavailable ?? null,
    UnhealthyPodEvictionPolicy: policy ?? null,
  };
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...validateAmount(minAvailable, 'spec.minAvailable'),
    ...validateAmount(maxUnavailable, 'spec.maxUnavailable'),
    ...validateLabelSelector(selector, 'spec.selector'),
    ...(policy === undefined || policies.includes(policy)
      ? []
      : [notSupported('spec.unhealthyPodEvictionPolicy', policy, policies)]),
  ];
}

function validateAmount(amount: IntOrString | undefined, path: string): readonly FieldError[] {
  if (amount === undefined) return [];
  return [...validateCountOrPercent(amount, path), ...validateNotMoreThanHundredPercent(amount, path)];
}

const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

export function validatePodDisruptionBudgetStatus({ status }: PodDisruptionBudget): readonly FieldError[] {
  return [
    ...validateConditions(status.conditions ?? [], 'status.conditions'),
    ...counts.flatMap((count) => isNonNegative(status[count], `status.${count}`)),
  ];
}
