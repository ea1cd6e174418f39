import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../../field-error.ts';
import { isNonNegative } from '../../field-rules.ts';
import { compareQuantity, parseQuantity, zeroQuantity } from '../../quantity.ts';
import type {
  HPAScalingPolicy,
  HPAScalingRules,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
} from '../../schema/autoscaling-v2.ts';
import { validateMetricSpec } from './metric-validation.ts';
import { validateReference } from './reference-validation.ts';

/** Upstream ValidateHorizontalPodAutoscaler. `minReplicas: 0` takes a feature that is off. */
export function validateHorizontalPodAutoscaler({ spec }: HorizontalPodAutoscaler): readonly FieldError[] {
  return validateSpec(spec, { leastMin: 1, anyApiVersion: false });
}

/** What once was allowed stays so. */
export function validateHorizontalPodAutoscalerUpdate(
  { spec }: HorizontalPodAutoscaler,
  old: HorizontalPodAutoscaler,
): readonly FieldError[] {
  const [now, before] = [spec.scaleTargetRef, old.spec.scaleTargetRef];
  return validateSpec(spec, {
    leastMin: old.spec.minReplicas === 0 ? 0 : 1,
    anyApiVersion: now.apiVersion === before.apiVersion && now.kind === before.kind,
  });
}

interface Leniency {
  readonly leastMin: number;
  readonly anyApiVersion: boolean;
}

function validateSpec(spec: HorizontalPodAutoscalerSpec, { leastMin, anyApiVersion }: Leniency): readonly FieldError[] {
  const { minReplicas: min, maxReplicas: max, scaleTargetRef, metrics = [], behavior } = spec;
  const errors: FieldError[] = [];
  if (min !== undefined && min < leastMin)
    errors.push(invalidValue('spec.minReplicas', min, `must be greater than or equal to ${leastMin}`));
  if (max === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  else if (max < 0) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to 1'));
  if (min !== undefined && max < min)
    errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  errors.push(
    ...validateReference(scaleTargetRef, 'spec.scaleTargetRef', {
      groupMayBeEmpty: anyApiVersion || scaleTargetRef.kind === 'ReplicationController',
    }),
    ...metrics.flatMap((metric, index) => validateMetricSpec(metric, `spec.metrics[${index}]`)),
  );
  const canLeaveZero = metrics.some(({ type }) => type === 'Object' || type === 'External');
  if (min === 0 && !canLeaveZero) {
    const why = 'must specify at least one Object or External metric to support scaling to zero replicas';
    errors.push(forbiddenField('spec.metrics', why));
  }
  return [
    ...errors,
    ...validateRules(behavior?.scaleUp, 'spec.behavior.scaleUp'),
    ...validateRules(behavior?.scaleDown, 'spec.behavior.scaleDown'),
  ];
}

const maxWindowSeconds = 3600;
const maxPeriodSeconds = 1800;
const selections = ['Disabled', 'Max', 'Min'];

function validateRules(rules: HPAScalingRules | undefined, path: string): readonly FieldError[] {
  if (rules === undefined) return [];
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules;
  const at = `${path}.stabilizationWindowSeconds`;
  return [
    ...(window < 0 ? [invalidValue(at, window, 'must be greater than or equal to zero')] : []),
    ...(window > maxWindowSeconds
      ? [invalidValue(at, window, `must be less than or equal to ${maxWindowSeconds}`)]
      : []),
    ...(selectPolicy === undefined || selections.includes(selectPolicy)
      ? []
      : [notSupported(`${path}.selectPolicy`, selectPolicy, selections)]),
    ...(policies.length === 0 ? [required(`${path}.policies`, 'must specify at least one Policy')] : []),
    ...policies.flatMap((policy, index) => validatePolicy(policy, `${path}.policies[${index}]`)),
    ...(tolerance !== undefined && compareQuantity(parseQuantity(tolerance), zeroQuantity) < 0
      ? [invalidValue(`${path}.tolerance`, tolerance, 'must be greater than or equal to 0')]
      : []),
  ];
}

function validatePolicy({ type, value, periodSeconds }: HPAScalingPolicy, path: string): readonly FieldError[] {
  const at = `${path}.periodSeconds`;
  return [
    ...(type === 'Pods' || type === 'Percent' ? [] : [notSupported(`${path}.type`, type, ['Percent', 'Pods'])]),
    ...(value <= 0 ? [invalidValue(`${path}.value`, value, 'must be greater than zero')] : []),
    ...(periodSeconds <= 0 ? [invalidValue(at, periodSeconds, 'must be greater than zero')] : []),
    ...(periodSeconds > maxPeriodSeconds
      ? [invalidValue(at, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`)]
      : []),
  ];
}

export function validateHorizontalPodAutoscalerStatus({ status }: HorizontalPodAutoscaler): readonly FieldError[] {
  return [
    ...isNonNegative(status.currentReplicas ?? 0, 'status.currentReplicas'),
    ...isNonNegative(status.desiredReplicas ?? 0, 'status.desiredReplicas'),
  ];
}
