import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../../field-error.ts';
import { isNonNegative, isUnchanged } from '../../field-rules.ts';
import {
  type IntOrString,
  percentOf,
  validateCountOrPercent,
  validateNotMoreThanHundredPercent,
} from '../../int-or-string.ts';
import type { Deployment, DeploymentStrategy, RollingUpdateDeployment } from '../../schema/apps-v1.ts';
import { validateReplicaCounts } from './replica-counts.ts';
import { validateTemplateSelector } from './template-selector.ts';

/** Upstream ValidateDeploymentSpec. */
export function validateDeployment({ spec }: Deployment): readonly FieldError[] {
  const { minReadySeconds = 0, progressDeadlineSeconds: deadline } = spec;
  return [
    ...isNonNegative(spec.replicas ?? 0, 'spec.replicas'),
    ...validateTemplateSelector(spec.selector, spec.template, 'spec'),
    ...validateStrategy(spec.strategy ?? {}, 'spec.strategy'),
    ...isNonNegative(minReadySeconds, 'spec.minReadySeconds'),
    ...isNonNegative(spec.revisionHistoryLimit ?? 0, 'spec.revisionHistoryLimit'),
    ...isNonNegative(deadline ?? 0, 'spec.progressDeadlineSeconds'),
    ...(deadline !== undefined && deadline <= minReadySeconds
      ? [invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')]
      : []),
  ];
}

function validateStrategy(strategy: DeploymentStrategy, path: string): readonly FieldError[] {
  const { type = '', rollingUpdate } = strategy;
  switch (type) {
    case 'Recreate': {
      const why = "may not be specified when strategy `type` is 'Recreate'";
      return rollingUpdate === undefined ? [] : [forbiddenField(`${path}.rollingUpdate`, why)];
    }
    case 'RollingUpdate':
      return rollingUpdate === undefined
        ? [required(`${path}.rollingUpdate`, 'this should be defaulted and never be nil')]
        : validateRollingUpdate(rollingUpdate, `${path}.rollingUpdate`);
    default: {
      // In the words of upstream's own structs.
      const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
      const amounts = rollingUpdate === undefined ? null : { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge };
      const shown = { Type: type, RollingUpdate: amounts };
      return [notSupported(path, shown, ['Recreate', 'RollingUpdate'])];
    }
  }
}

function validateRollingUpdate(
  { maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment,
  path: string,
): readonly FieldError[] {
  const at = `${path}.maxUnavailable`;
  const isNothing = (amount: IntOrString): boolean =>
    typeof amount === 'number' ? amount === 0 : (percentOf(amount) ?? (Number(amount) || 0)) === 0;
  return [
    ...validateCountOrPercent(maxUnavailable, at),
    ...validateCountOrPercent(maxSurge, `${path}.maxSurge`),
    ...(isNothing(maxUnavailable) && isNothing(maxSurge)
      ? [invalidValue(at, maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...validateNotMoreThanHundredPercent(maxUnavailable, at),
  ];
}

export function validateDeploymentUpdate(deployment: Deployment, old: Deployment): readonly FieldError[] {
  return [
    ...validateDeployment(deployment),
    ...isUnchanged(deployment.spec.selector, old.spec.selector, 'spec.selector'),
  ];
}

const counts = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'collisionCount',
] as const;

export function validateDeploymentStatusUpdate({ status }: Deployment, old: Deployment): readonly FieldError[] {
  const { collisionCount = 0 } = status;
  return [
    ...counts.flatMap((count) => isNonNegative(status[count] ?? 0, `status.${count}`)),
    ...validateReplicaCounts({ ...status }, ['updatedReplicas', 'readyReplicas', 'availableReplicas']),
    ...(old.status.collisionCount !== undefined && collisionCount < old.status.collisionCount
      ? [invalidValue('status.collisionCount', collisionCount, 'cannot be decremented')]
      : []),
  ];
}
