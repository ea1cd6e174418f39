import { nodes, pods } from '../../api/resources.ts';
import type { Component } from '../../machinery/controller.ts';
import type { Informers } from '../../machinery/informers.ts';
import type { World } from '../../machinery/world.ts';
import { inFlightByPod } from './in-flight.ts';
import { InFlightWindow } from './in-flight-window.ts';
import { MeasuredMetrics } from './measured-metrics.ts';
import { MetricsApi } from './metrics-api.ts';
import type { MetricsSource } from './metrics-source.ts';
import { type HttpGet, Scraper } from './scraper.ts';
import { UsageCollector, type UsageSource } from './usage-collector.ts';
import { UsageStore } from './usage-store.ts';

export interface MetricsPipelineOptions {
  readonly usage: UsageSource;
  readonly http: HttpGet;
  /** Whose pods may say what is in flight elsewhere: the gateways'. */
  readonly gatewayNamespace: string;
  readonly usageResolutionMs?: number;
  readonly scrapeIntervalMs?: number;
}

/** Five rounds of the scraper. */
const inFlightWindowMs = 10_000;

/** All of a world's metrics: start the components, hand `source` to the autoscaler and `api` to the API server. */
export interface MetricsPipeline {
  readonly source: MetricsSource;
  readonly api: MetricsApi;
  readonly components: readonly Component[];
}

export function metricsPipeline(world: World, informers: Informers, options: MetricsPipelineOptions): MetricsPipeline {
  const { clock } = world;
  const podLister = informers.for(pods).lister;
  const resolutionMs = options.usageResolutionMs ?? 15_000;
  const usage = new UsageStore({ resolutionMs });
  const inFlight = new InFlightWindow({ windowMs: inFlightWindowMs });
  const scraper = new Scraper(world, {
    http: options.http,
    pods: podLister,
    ...(options.scrapeIntervalMs === undefined ? {} : { intervalMs: options.scrapeIntervalMs }),
    onRound: (scrapes, now) =>
      inFlight.record(inFlightByPod(scrapes, podLister.list(), { gatewayNamespace: options.gatewayNamespace }), now),
  });
  return {
    source: new MeasuredMetrics({ usage, scraper, inFlight, pods: podLister, clock }),
    api: new MetricsApi({ usage, pods: podLister, nodes: informers.for(nodes).lister, clock }),
    components: [new UsageCollector(world, { source: options.usage, store: usage, resolutionMs }), scraper],
  };
}
