import { isConflict } from '../../api/error.ts';
import { type Selector, matchesLabels } from '../../api/label-selector.ts';
import { parseLabelSelector } from '../../api/label-selector-grammar.ts';
import type { Resource } from '../../api/resource.ts';
import {
  customResourceDefinitions,
  deployments,
  horizontalPodAutoscalers,
  pods,
  replicaSets,
} from '../../api/resources.ts';
import { equalJson } from '../../api/schema/json-value.ts';
import type { Scale } from '../../api/schema/autoscaling-v1.ts';
import type { HorizontalPodAutoscaler } from '../../api/schema/autoscaling-v2.ts';
import type { Client } from '../../machinery/client.ts';
import { type Reconciler, type Request, type Result, again, done } from '../../machinery/controller.ts';
import { ControllerRunner, type Source, readsFrom, requestFor } from '../../machinery/controller-runner.ts';
import { EventRecorder } from '../../machinery/event-recorder.ts';
import type { Informer } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import { keyText } from '../../machinery/lister.ts';
import type { Log } from '../../machinery/log.ts';
import type { World } from '../../machinery/world.ts';
import { backoffMs } from '../../std/backoff.ts';
import { type Clock, sleep } from '../../std/clock.ts';
import type { MetricsSource } from '../metrics/metrics-source.ts';
import { decide, defaultSettings, metricsOf, needsMetrics, noHistory } from './decide.ts';
import type { EventDraft, History, ObservedMetrics, Plan, Settings } from './decide.ts';
import { observeMetric } from './observe-metric.ts';
import { reasons } from './reasons.ts';
import { type ScaleTarget, scaleTargetOf } from './scale-target.ts';

export interface HorizontalAutoscalerOptions {
  readonly metrics: MetricsSource;
  readonly settings?: Partial<Settings>;
  /** Built-in resources that have a scale; custom ones are found by their definitions. */
  readonly scalable?: readonly Resource[];
}

/** Upstream: pkg/controller/podautoscaler/config, ConcurrentHorizontalPodAutoscalerSyncs. */
const workers = 5;

/** The controller, ready to start. */
export function horizontalAutoscaler(
  world: World,
  informers: Informers,
  options: HorizontalAutoscalerOptions,
): ControllerRunner {
  const autoscalers = informers.for(horizontalPodAutoscalers);
  const reconciler = new HorizontalAutoscaler(world, informers, options);
  return new ControllerRunner(world, {
    name: 'horizontal-pod-autoscaler',
    reconciler,
    sources: [
      everyPeriod(autoscalers, reconciler.settings.syncPeriodMs),
      readsFrom(informers.for(pods)),
      readsFrom(informers.for(customResourceDefinitions)),
    ],
    workers,
  });
}

/**
 * A change asks for a sync one period later and never sooner, so that an HPA's own status does not
 * make it sync more often. Upstream: rate_limiters.go.
 */
function everyPeriod(informer: Informer<HorizontalPodAutoscaler>, periodMs: number): Source {
  return {
    attach: (enqueue) => informer.onChange(({ old, current }) => enqueue(requestFor((current ?? old)!), periodMs)),
    whenReady: () => informer.whenSynced(),
  };
}

class HorizontalAutoscaler implements Reconciler {
  readonly settings: Settings;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #events: EventRecorder;
  readonly #metrics: MetricsSource;
  readonly #scalable: readonly Resource[];
  readonly #autoscalers;
  readonly #pods;
  readonly #definitions;
  readonly #histories = new Map<string, History>();
  /** The selector of each HPA's target, as last seen: two HPAs must not have one pod. */
  readonly #selectors = new Map<string, Selector>();

  constructor(
    world: World,
    informers: Informers,
    { metrics, settings = {}, scalable = [deployments, replicaSets] }: HorizontalAutoscalerOptions,
  ) {
    this.settings = { ...defaultSettings, ...settings };
    this.#client = world.client;
    this.#clock = world.clock;
    this.#log = world.log.with({ component: 'horizontal-pod-autoscaler' });
    this.#events = new EventRecorder(world, 'horizontal-pod-autoscaler');
    this.#metrics = metrics;
    this.#scalable = scalable;
    this.#autoscalers = informers.for(horizontalPodAutoscalers).lister;
    this.#pods = informers.for(pods).lister;
    this.#definitions = informers.for(customResourceDefinitions).lister;
  }

  async reconcile(request: Request): Promise<Result> {
    const key = keyText(request);
    const hpa = this.#autoscalers.get(request);
    if (hpa === undefined) {
      this.#histories.delete(key);
      this.#selectors.delete(key);
      return done;
    }
    const target = scaleTargetOf(hpa.spec.scaleTargetRef, this.#scalable, this.#definitions.list());
    const scale = 'error' in target ? target : await this.#readScale(target, hpa);
    const current = 'error' in scale ? 0 : (scale.spec.replicas ?? 0);
    const plan = decide({
      hpa,
      scale,
      metrics: 'error' in scale || !needsMetrics(hpa, current) ? undefined : await this.#observe(hpa, scale),
      history: this.#histories.get(key) ?? noHistory,
      settings: this.settings,
      now: this.#clock.now(),
    });
    await this.#carryOut(hpa, plan, target, scale);
    return again(this.settings.syncPeriodMs);
  }

  async #readScale(target: ScaleTarget, hpa: HorizontalPodAutoscaler): Promise<Scale | { readonly error: string }> {
    const { namespace } = hpa.metadata;
    const { name } = hpa.spec.scaleTargetRef;
    try {
      return await this.#client.get(target, { namespace, name }, { subresource: 'scale' });
    } catch (error) {
      return { error: messageOf(error) };
    }
  }

  async #observe(hpa: HorizontalPodAutoscaler, scale: Scale): Promise<ObservedMetrics> {
    const { namespace = '' } = hpa.metadata;
    const text = scale.status.selector ?? '';
    let selector: Selector;
    try {
      selector = parseLabelSelector(text);
    } catch (error) {
      return { selectorError: messageOf(error), pods: [], controlledBy: [], observations: [] };
    }
    if (text !== '') this.#selectors.set(keyText(hpa.metadata), selector);
    const selected = this.#pods.matching(namespace, selector);
    const controlledBy = [...this.#selectors]
      .filter(
        ([key, other]) =>
          key.startsWith(`${namespace}/`) && selected.some((pod) => matchesLabels(other, pod.metadata.labels)),
      )
      .map(([key]) => key);
    // Nothing is asked that would not be used.
    const isUsable = text !== '' && controlledBy.length <= 1;
    const query = { namespace, labelSelector: text };
    return {
      pods: selected,
      controlledBy,
      observations: isUsable
        ? await Promise.all(metricsOf(hpa).map((spec) => observeMetric(this.#metrics, spec, query)))
        : [],
    };
  }

  async #carryOut(
    hpa: HorizontalPodAutoscaler,
    planned: Plan,
    target: ScaleTarget | { readonly error: string },
    scale: Scale | { readonly error: string },
  ): Promise<void> {
    const key = keyText(hpa.metadata);
    let plan = planned;
    if (plan.rescale !== undefined && !('error' in target) && !('error' in scale)) {
      const { replicas, reason, failed } = plan.rescale;
      try {
        await this.#rescale(target, scale, replicas);
        this.#log.info('rescaled', { hpa: key, from: scale.spec.replicas ?? 0, to: replicas, reason });
      } catch (error) {
        plan = failed(messageOf(error));
      }
    }
    this.#histories.set(key, plan.history);
    for (const event of plan.events) this.#tell(hpa, event);
    if (plan.error !== undefined) this.#log.warn('not everything could be decided', { hpa: key, why: plan.error });
    if (equalJson(plan.status, hpa.status)) return;
    try {
      await this.#client.update(horizontalPodAutoscalers, { ...hpa, status: plan.status }, { subresource: 'status' });
    } catch (error) {
      // The next sync sees the newer object; what was scaled is scaled.
      this.#tell(hpa, { type: 'Warning', reason: reasons.failedUpdateStatus, message: messageOf(error) });
    }
  }

  /** Tries again on conflict as client-go's retry.DefaultRetry does: five times from 10 ms. */
  async #rescale(target: ScaleTarget, read: Scale, replicas: number): Promise<void> {
    let scale = read;
    for (let tries = 1; ; tries++) {
      try {
        await this.#client.update(target, { ...scale, spec: { ...scale.spec, replicas } }, { subresource: 'scale' });
        return;
      } catch (error) {
        if (!isConflict(error) || tries === 5) throw error;
      }
      await sleep(this.#clock, backoffMs(tries - 1, { baseMs: 10, maxMs: 1_000 }));
      scale = await this.#client.get(target, scale.metadata, { subresource: 'scale' });
    }
  }

  #tell(hpa: HorizontalPodAutoscaler, { type, reason, message }: EventDraft): void {
    this.#events.event(horizontalPodAutoscalers, hpa, type, reason, message);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
