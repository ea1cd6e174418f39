import type { Mutable } from '../../kind.ts';
import { canonical } from '../../resource-list.ts';
import type {
  HPAScalingRules,
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricTarget,
} from '../../schema/autoscaling-v2.ts';

const defaultCpuUtilization = 80;

/** Upstream's SetDefaults_HorizontalPodAutoscaler (pkg/apis/autoscaling/v2/defaults.go). */
export function setHorizontalPodAutoscalerDefaults(autoscaler: Mutable<HorizontalPodAutoscaler>): void {
  autoscaler.spec ??= {} as typeof autoscaler.spec;
  autoscaler.status ??= {} as typeof autoscaler.status;
  const { spec } = autoscaler;
  spec.scaleTargetRef ??= { kind: '', name: '' };
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) {
    const target = { type: 'Utilization', averageUtilization: defaultCpuUtilization };
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  for (const metric of spec.metrics ?? []) canonicalTarget(targetOf(metric));
  if (spec.behavior === undefined) return;
  spec.behavior.scaleUp = withDefaults(defaultScaleUp(), spec.behavior.scaleUp);
  spec.behavior.scaleDown = withDefaults(defaultScaleDown(), spec.behavior.scaleDown);
}

/** The rules that hold where `spec.behavior` says nothing; four pods or a doubling every 15 s, at once. */
export function defaultScaleUp(): Mutable<HPAScalingRules> {
  return {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  };
}

/** Down to nothing within 15 s; the window is the controller's own (300 s) unless told. */
export function defaultScaleDown(): Mutable<HPAScalingRules> {
  return { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };
}

function withDefaults(
  defaults: Mutable<HPAScalingRules>,
  rules: Mutable<HPAScalingRules> | undefined,
): Mutable<HPAScalingRules> {
  if (rules?.tolerance !== undefined) rules.tolerance = canonical(rules.tolerance);
  return { ...defaults, ...rules };
}

export function targetOf<M extends MetricSpec | Mutable<MetricSpec>>(metric: M): MetricTarget | undefined {
  return (metric.resource ?? metric.containerResource ?? metric.pods ?? metric.object ?? metric.external)?.target;
}

function canonicalTarget(target: Mutable<MetricTarget> | undefined): void {
  if (target?.value !== undefined) target.value = canonical(target.value);
  if (target?.averageValue !== undefined) target.averageValue = canonical(target.averageValue);
}
