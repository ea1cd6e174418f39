import { everything, matchesLabels, selectorOf } from '../../api/label-selector.ts';
import { parseLabelSelector } from '../../api/label-selector-grammar.ts';
import type { PodMetrics } from '../../api/metrics/v1beta1/pod-metrics.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import { type Lister, keyOf } from '../../machinery/lister.ts';
import type { Clock } from '../../std/clock.ts';
import { inFlightMetric } from './in-flight.ts';
import type { InFlightWindow } from './in-flight-window.ts';
import type { MetricQuery, MetricsSource, MetricValue, PodMetricValue, PodQuery } from './metrics-source.ts';
import { type PodScrape, type Scraper, isCounter, seriesKey } from './scraper.ts';
import { podMetrics } from './usage-metrics.ts';
import type { UsageStore } from './usage-store.ts';

export interface MeasuredMetricsOptions {
  readonly usage: UsageStore;
  readonly scraper: Pick<Scraper, 'fresh'>;
  readonly inFlight: InFlightWindow;
  readonly pods: Lister<Pod>;
  readonly clock: Clock;
}

/**
 * Metrics without a metrics stack: usage as the nodes tell it, and whatever the pods themselves export.
 * A Pods metric is, in this order: `slipway_in_flight_requests`; a gauge by its own name; a counter
 * `NAME_total` as `NAME_per_second`. Several series of a pod are summed.
 */
export class MeasuredMetrics implements MetricsSource {
  readonly #usage: UsageStore;
  readonly #scraper: Pick<Scraper, 'fresh'>;
  readonly #inFlight: InFlightWindow;
  readonly #pods: Lister<Pod>;
  readonly #clock: Clock;

  constructor({ usage, scraper, inFlight, pods, clock }: MeasuredMetricsOptions) {
    this.#usage = usage;
    this.#scraper = scraper;
    this.#inFlight = inFlight;
    this.#pods = pods;
    this.#clock = clock;
  }

  async podUsage(query: PodQuery): Promise<readonly PodMetrics[]> {
    const now = this.#clock.now();
    return this.#select(query).flatMap((pod) => podMetrics(this.#usage, pod, now) ?? []);
  }

  async podMetric({
    metric,
    ...query
  }: PodQuery & { readonly metric: MetricQuery }): Promise<readonly PodMetricValue[]> {
    const pods = this.#select(query);
    if (metric.name === inFlightMetric && metric.selector === undefined) {
      const now = this.#clock.now();
      return pods.flatMap((pod) => {
        const value = this.#inFlight.read(keyOf(pod), now);
        return value === undefined ? [] : { ...milli(value.mean), ...value, pod: pod.metadata.name };
      });
    }
    const scrapes = new Map(this.#scraper.fresh().map((scrape) => [scrape.pod.metadata.uid, scrape]));
    return pods.flatMap((pod) => {
      const scrape = scrapes.get(pod.metadata.uid);
      const value = scrape === undefined ? undefined : exported(scrape, metric);
      return scrape === undefined || value === undefined
        ? []
        : { ...milli(value), timestamp: scrape.at, pod: pod.metadata.name };
    });
  }

  async objectMetric(): Promise<MetricValue> {
    throw notServed();
  }

  async externalMetric(): Promise<readonly MetricValue[]> {
    throw notServed();
  }

  #select({ namespace, labelSelector }: PodQuery): readonly Pod[] {
    return this.#pods.matching(namespace, parseLabelSelector(labelSelector));
  }
}

/** The sum over the series that the selector picks; undefined when the pod has none of them. */
function exported({ samples, types, rates }: PodScrape, { name, selector }: MetricQuery): number | undefined {
  const picked = selector === undefined ? everything : selectorOf(selector);
  let sum: number | undefined;
  for (const sample of samples) {
    if (!matchesLabels(picked, sample.labels)) continue;
    const isRate = isCounter(sample.name, types);
    const shownAs = isRate ? `${sample.name.replace(/_total$/, '')}_per_second` : sample.name;
    if (shownAs !== name) continue;
    const value = isRate ? rates.get(seriesKey(sample)) : sample.value;
    if (value !== undefined && Number.isFinite(value)) sum = (sum ?? 0) + value;
  }
  return sum;
}

const milli = (value: number): { readonly value: bigint } => ({ value: BigInt(Math.round(value * 1000)) });

/** As the autoscaler of a cluster without such an API hears it. */
const notServed = (): Error => new Error('the server could not find the requested resource');
