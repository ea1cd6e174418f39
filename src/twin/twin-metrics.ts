import { InFlightWindow } from '../autoscaling/metrics/in-flight-window.ts';
import { gatewayHeldMetric, gatewayInFlightMetric, inFlightByPod } from '../autoscaling/metrics/in-flight.ts';
import { MeasuredMetrics } from '../autoscaling/metrics/measured-metrics.ts';
import type { MetricsSource } from '../autoscaling/metrics/metrics-source.ts';
import type { PodScrape } from '../autoscaling/metrics/scraper.ts';
import { UsageCollector, type UsageSource } from '../autoscaling/metrics/usage-collector.ts';
import { UsageStore } from '../autoscaling/metrics/usage-store.ts';
import { pods } from '../api/resources.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import type { Component } from '../machinery/controller.ts';
import type { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';
import { secondMs, sleep } from '../std/clock.ts';
import type { SimulatedModelServer } from './model-server.ts';
import type { SimulatedGateway } from './simulated-gateway.ts';

export interface TwinMetricsOptions {
  readonly gateway: SimulatedGateway;
  readonly serverAt: (address: string) => SimulatedModelServer | undefined;
  readonly usage: UsageSource;
}

// As metrics-pipeline.ts has them: a look every 2 s, the mean of five; usage every 15 s.
const lookEveryMs = 2 * secondMs;
const windowMs = 10 * secondMs;
const usageResolutionMs = 15 * secondMs;

const gatewayNamespace = 'slipway-system';

/** What the autoscaler reads, by the same rules as from real servers; only the way over the wire is left out. */
export function twinMetrics(
  world: World,
  informers: Informers,
  { gateway, serverAt, usage }: TwinMetricsOptions,
): { readonly source: MetricsSource; readonly components: readonly Component[] } {
  const { clock } = world;
  const podLister = informers.for(pods).lister;
  const store = new UsageStore({ resolutionMs: usageResolutionMs });
  const inFlight = new InFlightWindow({ windowMs });
  const look = (): void => {
    const at = clock.now();
    const list = podLister.list();
    const scrapes = [...gatewayScrapes(gateway, at), ...list.flatMap((pod) => serverScrape(pod, serverAt, at))];
    inFlight.record(inFlightByPod(scrapes, list, { gatewayNamespace }), at);
  };
  return {
    source: new MeasuredMetrics({ usage: store, scraper: { fresh: () => [] }, inFlight, pods: podLister, clock }),
    components: [
      new UsageCollector(world, { source: usage, store, resolutionMs: usageResolutionMs }),
      lookingComponent(world, look),
    ],
  };
}

function lookingComponent({ clock }: World, look: () => void): Component {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      look();
      await sleep(clock, lookEveryMs, stopping.signal);
    }
  };
  return {
    name: 'twin-metrics',
    async start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function gatewayScrapes(gateway: SimulatedGateway, at: number): readonly PodScrape[] {
  const samples = gateway.loads().flatMap(({ route: { namespace, inference }, pods: loads, held }) => [
    { name: gatewayHeldMetric, labels: { namespace, inference }, value: held },
    ...loads.map(({ pod, inFlight }) => ({
      name: gatewayInFlightMetric,
      labels: { namespace, inference, pod },
      value: inFlight,
    })),
  ]);
  const pod = { metadata: { namespace: gatewayNamespace, name: 'slipway-gateway' } } as Pod;
  return [{ pod, samples, types: new Map(), at, rates: new Map() }];
}

function serverScrape(pod: Pod, serverAt: TwinMetricsOptions['serverAt'], at: number): readonly PodScrape[] {
  const server = serverAt(pod.status.podIP ?? '');
  if (server === undefined) return [];
  const samples = [
    { name: 'vllm:num_requests_running', labels: {}, value: server.running },
    { name: 'vllm:num_requests_waiting', labels: {}, value: server.waiting },
  ];
  return [{ pod, samples, types: new Map(), at, rates: new Map() }];
}
