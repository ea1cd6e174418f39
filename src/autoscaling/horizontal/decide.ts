import { type AnyCondition, withCondition } from '../../api/conditions.ts';
import type { Scale } from '../../api/schema/autoscaling-v1.ts';
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  MetricSpec,
  MetricStatus,
} from '../../api/schema/autoscaling-v2.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { behaviorOf } from './behavior.ts';
import { proposeForMetric } from './metric-proposal.ts';
import type { MetricObservation } from './observe-metric.ts';
import { limit, limitWithBehavior } from './rate-limit.ts';
import { reasons } from './reasons.ts';
import type { Recommendation } from './recommendations.ts';
import { stabilize, stabilizeWithBehavior } from './recommendations.ts';
import { recordScaleEvent } from './scale-events.ts';
import type { ScaleEvents } from './scale-events.ts';
import { tolerancesOf } from './tolerances.ts';

/** The flags of kube-controller-manager that the autoscaler has. */
export interface Settings {
  readonly syncPeriodMs: number;
  readonly tolerance: number;
  readonly downscaleStabilizationMs: number;
  readonly cpuInitializationPeriodMs: number;
  readonly initialReadinessDelayMs: number;
}

/** Upstream: pkg/controller/podautoscaler/config/v1alpha1/defaults.go. */
export const defaultSettings: Settings = {
  syncPeriodMs: 15_000,
  tolerance: 0.1,
  downscaleStabilizationMs: 300_000,
  cpuInitializationPeriodMs: 300_000,
  initialReadinessDelayMs: 30_000,
};

/** What the autoscaler remembers of one HPA between syncs; lost at a restart, as upstream's is. */
export interface History {
  readonly recommendations: readonly Recommendation[];
  readonly scaleEvents: ScaleEvents;
}

export const noHistory: History = { recommendations: [], scaleEvents: { ups: [], downs: [] } };

export interface Observed {
  readonly hpa: HorizontalPodAutoscaler;
  /** The target's scale, or why it could not be read. */
  readonly scale: Scale | { readonly error: string };
  /** Only when `needsMetrics` says so. */
  readonly metrics?: ObservedMetrics | undefined;
  readonly history: History;
  readonly settings: Settings;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface ObservedMetrics {
  /** Why the scale's selector is no selector. */
  readonly selectorError?: string | undefined;
  /** What the selector selects. */
  readonly pods: readonly Pod[];
  /** Every HPA, `namespace/name`, whose target has some of these pods. */
  readonly controlledBy: readonly string[];
  /** One for each of spec.metrics. */
  readonly observations: readonly MetricObservation[];
}

export interface EventDraft {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface Plan {
  readonly status: HorizontalPodAutoscalerStatus;
  readonly events: readonly EventDraft[];
  readonly history: History;
  /** To be written to the scale before the status; `failed` is what becomes of the plan when that write fails. */
  readonly rescale?: {
    readonly replicas: number;
    readonly reason: string;
    readonly failed: (error: string) => Plan;
  };
  /** Why nothing, or not everything, could be decided. */
  readonly error?: string | undefined;
}

/** The API server puts CPU at 80 % where there are none (pkg/apis/autoscaling/v2/defaults.go). */
export function metricsOf({ spec: { metrics = [] } }: HorizontalPodAutoscaler): readonly MetricSpec[] {
  if (metrics.length > 0) return metrics;
  return [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];
}

/** Whether the metrics have a say at this count. Upstream: horizontal.go reconcileAutoscaler. */
export function needsMetrics(hpa: HorizontalPodAutoscaler, currentReplicas: number): boolean {
  const { minReplicas = 1, maxReplicas } = hpa.spec;
  return currentReplicas !== 0 && currentReplicas <= maxReplicas && currentReplicas >= minReplicas;
}

/**
 * What to do about one HPA. Upstream: pkg/controller/podautoscaler/horizontal.go reconcileAutoscaler
 * of v1.36 with its default feature gates: HPAConfigurableTolerance on, HPAScaleToZero off.
 */
export function decide(observed: Observed): Plan {
  const { hpa, scale, settings, now } = observed;
  const draft = new StatusDraft(hpa.status, now);
  if ('error' in scale) {
    draft.event('Warning', reasons.failedGetScale, scale.error);
    draft.condition(
      'AbleToScale',
      'False',
      reasons.failedGetScale,
      `the HPA controller was unable to get the target's current scale: ${scale.error}`,
    );
    return { ...draft.unchanged(), history: observed.history, error: scale.error };
  }
  draft.condition(
    'AbleToScale',
    'True',
    reasons.succeededGetScale,
    "the HPA controller was able to get the target's current scale",
  );
  const current = scale.spec.replicas ?? 0;
  const { minReplicas = 1, maxReplicas, behavior } = hpa.spec;
  const rules = behavior === undefined ? undefined : behaviorOf(behavior, settings.downscaleStabilizationMs);
  let history = observed.history;
  if (history.recommendations.length === 0) history = { ...history, recommendations: [{ replicas: current, at: now }] };

  let desired = current;
  let rescaleReason = '';
  let currentMetrics: readonly MetricStatus[] = [];
  let error: string | undefined;
  if (current === 0) {
    draft.condition(
      'ScalingActive',
      'False',
      reasons.scalingDisabled,
      'scaling is disabled since the replica count of the target is zero',
    );
  } else if (current > maxReplicas) {
    rescaleReason = 'Current number of replicas above Spec.MaxReplicas';
    desired = maxReplicas;
  } else if (current < minReplicas) {
    rescaleReason = 'Current number of replicas below Spec.MinReplicas';
    desired = minReplicas;
  } else {
    if (observed.metrics === undefined) throw new Error('bug: the metrics were needed and not observed');
    const proposal = proposeForMetrics(hpa, scale, observed.metrics, observed, draft);
    currentMetrics = proposal.statuses;
    error = proposal.error;
    if (proposal.replicas === undefined) {
      draft.event('Warning', reasons.failedComputeMetricsReplicas, proposal.error);
      return { ...draft.counted(current, hpa.status.desiredReplicas, currentMetrics), history, error };
    }
    desired = proposal.replicas;
    if (desired > current) rescaleReason = `${proposal.metric} above target`;
    else if (desired < current) rescaleReason = 'All metrics below target';

    const stabilized =
      rules === undefined
        ? stabilize(history.recommendations, desired, { now, windowMs: settings.downscaleStabilizationMs })
        : stabilizeWithBehavior(
            history.recommendations,
            { current, desired },
            {
              now,
              upWindowMs: rules.scaleUp.stabilizationWindowMs,
              downWindowMs: rules.scaleDown.stabilizationWindowMs,
            },
          );
    history = { ...history, recommendations: stabilized.recommendations };
    draft.condition('AbleToScale', 'True', stabilized.reason, stabilized.message);
    const range = { current, desired: stabilized.replicas, min: minReplicas, max: maxReplicas };
    const limited = rules === undefined ? limit(range) : limitWithBehavior(range, rules, history.scaleEvents, now);
    const isLimited = limited.replicas !== stabilized.replicas;
    draft.condition('ScalingLimited', isLimited ? 'True' : 'False', limited.reason, limited.message);
    desired = limited.replicas;
  }

  if (desired === current) return { ...draft.counted(current, current, currentMetrics), history, error };
  return rescale(draft, { current, desired, reason: rescaleReason, currentMetrics, error }, history, {
    previousDesired: hpa.status.desiredReplicas,
    scaleEvents: recordScaleEvent(history.scaleEvents, rules, { from: current, to: desired, now }),
  });
}

function rescale(
  draft: StatusDraft,
  move: {
    readonly current: number;
    readonly desired: number;
    readonly reason: string;
    readonly currentMetrics: readonly MetricStatus[];
    readonly error: string | undefined;
  },
  history: History,
  { previousDesired, scaleEvents }: { readonly previousDesired: number; readonly scaleEvents: ScaleEvents },
): Plan {
  const { current, desired, reason, currentMetrics, error } = move;
  const failure = draft.fork();
  draft.condition(
    'AbleToScale',
    'True',
    reasons.succeededRescale,
    `the HPA controller was able to update the target scale to ${desired}`,
  );
  draft.event('Normal', reasons.successfulRescale, `New size: ${desired}; reason: ${reason}`);
  return {
    ...draft.counted(current, desired, currentMetrics, true),
    history: { ...history, scaleEvents },
    error,
    rescale: {
      replicas: desired,
      reason,
      failed(why) {
        failure.event('Warning', reasons.failedRescale, `New size: ${desired}; reason: ${reason}; error: ${why}`);
        failure.condition(
          'AbleToScale',
          'False',
          reasons.failedUpdateScale,
          `the HPA controller was unable to update the target scale: ${why}`,
        );
        return { ...failure.counted(current, previousDesired, currentMetrics), history, error: why };
      },
    },
  };
}

/** The largest valid proposal; an invalid one forbids going down. Upstream: horizontal.go computeReplicasForMetrics. */
function proposeForMetrics(
  hpa: HorizontalPodAutoscaler,
  scale: Scale,
  { selectorError, pods, controlledBy, observations }: ObservedMetrics,
  { settings, now }: Pick<Observed, 'settings' | 'now'>,
  draft: StatusDraft,
):
  | { replicas: undefined; error: string; statuses: readonly MetricStatus[] }
  | { replicas: number; metric: string; error: string | undefined; statuses: readonly MetricStatus[] } {
  const refuse = (reason: string, eventReason: string, message: string, shown = message) => {
    draft.event('Warning', eventReason, message);
    draft.condition('ScalingActive', 'False', reason, shown);
    return { replicas: undefined, error: message, statuses: [] };
  };
  const selector = scale.status.selector ?? '';
  if (selector === '') {
    const shown = "the HPA target's scale is missing a selector";
    return refuse(reasons.invalidSelector, reasons.selectorRequired, 'selector is required', shown);
  }
  if (selectorError !== undefined) {
    const message = `couldn't convert selector into a corresponding internal selector object: ${selectorError}`;
    return refuse(reasons.invalidSelector, reasons.invalidSelector, message);
  }
  if (controlledBy.length > 1) {
    const message = `pods by selector ${selector} are controlled by multiple HPAs: [${controlledBy.join(' ')}]`;
    return refuse(reasons.ambiguousSelector, reasons.ambiguousSelector, message);
  }

  const specs = metricsOf(hpa);
  const specReplicas = scale.spec.replicas ?? 0;
  const statuses: MetricStatus[] = [];
  let best: { readonly replicas: number; readonly metric: string } | undefined;
  let first: { readonly reason: string; readonly message: string; readonly error: string } | undefined;
  let invalid = 0;
  for (const [index, spec] of specs.entries()) {
    const observation = observations[index];
    if (observation === undefined) throw new Error('bug: fewer observations than metrics');
    const proposal = proposeForMetric(spec, observation, {
      namespace: hpa.metadata.namespace ?? '',
      specReplicas,
      statusReplicas: scale.status.replicas,
      pods,
      tolerances: tolerancesOf(hpa.spec.behavior, settings.tolerance),
      periods: { now, ...settings },
    });
    if (proposal.ok) {
      statuses.push(proposal.status);
      if (best === undefined || best.replicas === 0 || proposal.replicas > best.replicas) best = proposal;
      continue;
    }
    // Go's zero value stands for a metric whose status is unknown.
    statuses.push({ type: '' });
    draft.event('Warning', proposal.reason, proposal.message);
    first ??= proposal;
    invalid++;
  }
  const error =
    first === undefined
      ? undefined
      : `invalid metrics (${invalid} invalid out of ${specs.length}), first error is: ${first.error}`;
  if (first !== undefined && (best === undefined || best.replicas < specReplicas)) {
    draft.condition(
      'ScalingActive',
      'False',
      first.reason,
      `the HPA was unable to compute the replica count: ${first.message}`,
    );
    return { replicas: undefined, error: error ?? '', statuses };
  }
  if (best === undefined) throw new Error('bug: an HPA without metrics');
  draft.condition(
    'ScalingActive',
    'True',
    reasons.validMetricFound,
    `the HPA was able to successfully calculate a replica count from ${best.metric}`,
  );
  return { replicas: best.replicas, metric: best.metric, error, statuses };
}

type StatusPlan = Pick<Plan, 'status' | 'events'>;

/** The status in the making, and the events beside it. */
class StatusDraft {
  readonly #old: HorizontalPodAutoscalerStatus;
  readonly #now: string;
  #conditions: readonly HorizontalPodAutoscalerCondition[];
  #events: readonly EventDraft[] = [];

  constructor(old: HorizontalPodAutoscalerStatus, now: number) {
    this.#old = old;
    this.#now = timestamp(now);
    this.#conditions = old.conditions ?? [];
  }

  fork(): StatusDraft {
    const copy = new StatusDraft(this.#old, Date.parse(this.#now));
    copy.#conditions = this.#conditions;
    copy.#events = this.#events;
    return copy;
  }

  event(type: EventDraft['type'], reason: string, message: string): void {
    this.#events = [...this.#events, { type, reason, message }];
  }

  condition(type: string, status: 'True' | 'False', reason: string, message: string): void {
    const condition: HorizontalPodAutoscalerCondition & AnyCondition = { type, status, reason, message };
    this.#conditions = withCondition(this.#conditions, condition, this.#now);
  }

  /** Only the conditions move. */
  unchanged(): StatusPlan {
    return { status: { ...this.#old, conditions: this.#conditions }, events: this.#events };
  }

  counted(
    currentReplicas: number,
    desiredReplicas: number,
    currentMetrics: readonly MetricStatus[],
    rescaled = false,
  ): StatusPlan {
    const lastScaleTime = rescaled ? this.#now : this.#old.lastScaleTime;
    return {
      status: {
        ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
        currentReplicas,
        desiredReplicas,
        currentMetrics,
        conditions: this.#conditions,
      },
      events: this.#events,
    };
  }
}
