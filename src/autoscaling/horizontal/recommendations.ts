import { reasons } from './reasons.ts';
import type { Reasoned } from './reasons.ts';

/** What the metrics once asked for, before any stabilisation. */
export interface Recommendation {
  readonly replicas: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Stabilized extends Reasoned {
  readonly replicas: number;
  readonly recommendations: readonly Recommendation[];
}

const readyForNewScale: Reasoned = {
  reason: reasons.readyForNewScale,
  message: 'recommended size matches current size',
};
const lowered: Reasoned = {
  reason: reasons.scaleDownStabilized,
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const raised: Reasoned = {
  reason: reasons.scaleUpStabilized,
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};

/**
 * Without `behavior`: the highest recommendation of the controller's downscale window.
 * Upstream: horizontal.go stabilizeRecommendation.
 */
export function stabilize(
  recommendations: readonly Recommendation[],
  desired: number,
  { now, windowMs }: { readonly now: number; readonly windowMs: number },
): Stabilized {
  const cutoff = now - windowMs;
  let replicas = desired;
  let outdated = -1;
  for (const [index, { replicas: then, at }] of recommendations.entries()) {
    if (at < cutoff) outdated = index;
    else if (then > replicas) replicas = then;
  }
  return {
    replicas,
    ...(replicas === desired ? readyForNewScale : lowered),
    recommendations: record(recommendations, outdated, { replicas: desired, at: now }),
  };
}

/**
 * With `behavior`: the current count, moved as little as the lowest recommendation of the up
 * window and the highest of the down window demand. Upstream: horizontal.go stabilizeRecommendationWithBehaviors.
 */
export function stabilizeWithBehavior(
  recommendations: readonly Recommendation[],
  { current, desired }: { readonly current: number; readonly desired: number },
  {
    now,
    upWindowMs,
    downWindowMs,
  }: { readonly now: number; readonly upWindowMs: number; readonly downWindowMs: number },
): Stabilized {
  const upCutoff = now - upWindowMs;
  const downCutoff = now - downWindowMs;
  let lowest = desired;
  let highest = desired;
  let outdated = -1;
  for (const [index, { replicas, at }] of recommendations.entries()) {
    if (at > upCutoff) lowest = Math.min(lowest, replicas);
    if (at > downCutoff) highest = Math.max(highest, replicas);
    if (at < upCutoff && at < downCutoff) outdated = index;
  }
  const replicas = Math.min(Math.max(current, lowest), highest);
  const held = desired >= current ? raised : lowered;
  return {
    replicas,
    ...(replicas === desired ? readyForNewScale : held),
    recommendations: record(recommendations, outdated, { replicas: desired, at: now }),
  };
}

/** Takes an outdated one's place, so that the list never outgrows its window. */
function record(
  recommendations: readonly Recommendation[],
  outdated: number,
  latest: Recommendation,
): readonly Recommendation[] {
  return outdated === -1 ? [...recommendations, latest] : recommendations.with(outdated, latest);
}
