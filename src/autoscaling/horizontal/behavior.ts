import type { HorizontalPodAutoscalerBehavior, HPAScalingPolicy } from '../../api/schema/autoscaling-v2.ts';

/** One direction's rules with nothing left out. */
export interface ScalingRules {
  readonly stabilizationWindowMs: number;
  readonly selectPolicy: string;
  readonly policies: readonly HPAScalingPolicy[];
}

export interface Behavior {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

const everyFifteenSeconds = (type: string, value: number): HPAScalingPolicy => ({ type, value, periodSeconds: 15 });
const upPolicies = [everyFifteenSeconds('Pods', 4), everyFifteenSeconds('Percent', 100)];
const downPolicies = [everyFifteenSeconds('Percent', 100)];

/**
 * What an HPA with `behavior` leaves open; the API server has filled in most of it already.
 * Upstream: pkg/apis/autoscaling/v2/defaults.go, horizontal.go maybeInitScaleDownStabilizationWindow.
 */
export function behaviorOf(
  { scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior,
  downscaleStabilizationMs: number,
): Behavior {
  const downWindow = scaleDown?.stabilizationWindowSeconds;
  return {
    scaleUp: {
      stabilizationWindowMs: (scaleUp?.stabilizationWindowSeconds ?? 0) * 1000,
      selectPolicy: scaleUp?.selectPolicy ?? 'Max',
      policies: scaleUp?.policies ?? upPolicies,
    },
    scaleDown: {
      stabilizationWindowMs: downWindow === undefined ? downscaleStabilizationMs : downWindow * 1000,
      selectPolicy: scaleDown?.selectPolicy ?? 'Max',
      policies: scaleDown?.policies ?? downPolicies,
    },
  };
}
