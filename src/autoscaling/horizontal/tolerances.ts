import type { HorizontalPodAutoscalerBehavior } from '../../api/schema/autoscaling-v2.ts';
import { parseQuantity } from '../../api/quantity.ts';

/** How far the usage ratio may be from 1 before anything happens: 0.1 is ten percent. */
export interface Tolerances {
  readonly scaleUp: number;
  readonly scaleDown: number;
}

/** The HPA's own tolerances where it has some, else the controller's (KEP-4951). */
export function tolerancesOf(behavior: HorizontalPodAutoscalerBehavior | undefined, tolerance: number): Tolerances {
  const own = (text: string | undefined): number =>
    text === undefined ? tolerance : Number(parseQuantity(text).nanos) / 1e9;
  return { scaleUp: own(behavior?.scaleUp?.tolerance), scaleDown: own(behavior?.scaleDown?.tolerance) };
}

export function isWithin({ scaleUp, scaleDown }: Tolerances, usageRatio: number): boolean {
  return 1 - scaleDown <= usageRatio && usageRatio <= 1 + scaleUp;
}
