import type { Behavior, ScalingRules } from './behavior.ts';

/** One change that was made: how many replicas, never negative, and when (milliseconds since the epoch). */
export interface ScaleEvent {
  readonly replicas: number;
  readonly at: number;
}

export interface ScaleEvents {
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
}

/** Replicas changed within the last `periodSeconds`. */
export function changeWithin(events: readonly ScaleEvent[], periodSeconds: number, now: number): number {
  const cutoff = now - periodSeconds * 1000;
  return events.reduce((total, { replicas, at }) => (at > cutoff ? total + replicas : total), 0);
}

/**
 * Adds a change to the side it belongs to; events older than the side's longest policy are forgotten.
 * Without `behavior` nothing reads them, so nothing is kept. Upstream: horizontal.go storeScaleEvent.
 */
export function recordScaleEvent(
  events: ScaleEvents,
  behavior: Behavior | undefined,
  { from, to, now }: { readonly from: number; readonly to: number; readonly now: number },
): ScaleEvents {
  if (behavior === undefined) return events;
  if (to > from) return { ...events, ups: append(events.ups, behavior.scaleUp, { replicas: to - from, at: now }) };
  return { ...events, downs: append(events.downs, behavior.scaleDown, { replicas: from - to, at: now }) };
}

function append(events: readonly ScaleEvent[], rules: ScalingRules, latest: ScaleEvent): readonly ScaleEvent[] {
  const longestMs = Math.max(0, ...rules.policies.map(({ periodSeconds }) => periodSeconds)) * 1000;
  return [...events.filter(({ at }) => at >= latest.at - longestMs), latest];
}
