import type { Behavior, ScalingRules } from './behavior.ts';
import { reasons } from './reasons.ts';
import type { Reasoned } from './reasons.ts';
import { changeWithin } from './scale-events.ts';
import type { ScaleEvents } from './scale-events.ts';

export interface Limited extends Reasoned {
  readonly replicas: number;
}

interface Range {
  readonly current: number;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
}

const withinRange: Reasoned = {
  reason: reasons.desiredWithinRange,
  message: 'the desired count is within the acceptable range',
};
const tooMany: Reasoned = {
  reason: reasons.tooManyReplicas,
  message: 'the desired replica count is more than the maximum replica count',
};
const tooFew: Reasoned = {
  reason: reasons.tooFewReplicas,
  message: 'the desired replica count is less than the minimum replica count',
};
const tooFastUp: Reasoned = {
  reason: reasons.scaleUpLimit,
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const tooFastDown: Reasoned = {
  reason: reasons.scaleDownLimit,
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};

/**
 * Without `behavior`: at most double, and four may always be asked for.
 * Upstream: horizontal.go convertDesiredReplicasWithRules.
 */
export function limit({ current, desired, min, max }: Range): Limited {
  const fastest = Math.max(2 * current, 4);
  const most = Math.min(max, fastest);
  if (desired < min) return { replicas: min, ...tooFew };
  if (desired > most) return { replicas: most, ...(max > fastest ? tooFastUp : tooMany) };
  return { replicas: desired, ...withinRange };
}

/** With `behavior`: what its policies allow now. Upstream: horizontal.go convertDesiredReplicasWithBehaviorRate. */
export function limitWithBehavior(
  { current, desired, min, max }: Range,
  behavior: Behavior,
  events: ScaleEvents,
  now: number,
): Limited {
  if (desired > current) {
    const fastest = Math.max(current, scaleUpLimit(current, behavior.scaleUp, events, now));
    const most = Math.min(max, fastest);
    if (desired > most) return { replicas: most, ...(max > fastest ? tooFastUp : tooMany) };
  } else if (desired < current) {
    const fastest = Math.min(current, scaleDownLimit(current, behavior.scaleDown, events, now));
    const least = Math.max(min, fastest);
    if (desired < least) return { replicas: least, ...(min < fastest ? tooFastDown : tooFew) };
  }
  return { replicas: desired, ...withinRange };
}

/** The count that `current` may grow to. Percentages round up, or a single replica could never grow. */
export function scaleUpLimit(current: number, rules: ScalingRules, events: ScaleEvents, now: number): number {
  return policyLimit(current, rules, events, now, {
    propose: (type, start, value) => (type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100))),
    loosest: Math.max,
    tightest: Math.min,
  });
}

/** The count that `current` may shrink to. */
export function scaleDownLimit(current: number, rules: ScalingRules, events: ScaleEvents, now: number): number {
  return policyLimit(current, rules, events, now, {
    propose: (type, start, value) => (type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100))),
    loosest: Math.min,
    tightest: Math.max,
  });
}

/** Each policy counts from where the target stood at the start of its period. */
function policyLimit(
  current: number,
  { selectPolicy, policies }: ScalingRules,
  { ups, downs }: ScaleEvents,
  now: number,
  direction: {
    readonly propose: (type: string, start: number, value: number) => number;
    readonly loosest: (...counts: readonly number[]) => number;
    readonly tightest: (...counts: readonly number[]) => number;
  },
): number {
  if (selectPolicy === 'Disabled') return current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const start = current - changeWithin(ups, periodSeconds, now) + changeWithin(downs, periodSeconds, now);
    return direction.propose(type, start, value);
  });
  return selectPolicy === 'Min' ? direction.tightest(...proposals) : direction.loosest(...proposals);
}
