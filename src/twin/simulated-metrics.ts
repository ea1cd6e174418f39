import type { MetricsSource, PodMetricValue, PodQuery } from '../autoscaling/metrics/metrics-source.ts';
import type { PodMetrics } from '../api/metrics/v1beta1/pod-metrics.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import type { Clock } from '../std/clock.ts';
import type { SimulatedModelServer } from './model-server.ts';

export interface SimulatedMetricsOptions {
  readonly clock: Clock;
  readonly pods: (query: PodQuery) => readonly Pod[];
  readonly serverOf: (pod: Pod) => SimulatedModelServer | undefined;
}

/** What the scraper would know, straight from the simulated servers. */
export function simulatedMetrics({ clock, pods, serverOf }: SimulatedMetricsOptions): MetricsSource {
  /** busyMs at the last look, a pod. */
  const looked = new Map<string, { readonly atMs: number; readonly busyMs: number }>();
  return {
    async podUsage(query) {
      const usage: PodMetrics[] = [];
      for (const pod of pods(query)) {
        const server = serverOf(pod);
        if (server === undefined) continue;
        const now = { atMs: clock.now(), busyMs: server.busyMs };
        const before = looked.get(pod.metadata.uid);
        looked.set(pod.metadata.uid, now);
        if (before === undefined || before.atMs === now.atMs) continue;
        const millis = Math.round(((now.busyMs - before.busyMs) / (now.atMs - before.atMs)) * 1000);
        usage.push(podMetrics(pod, now.atMs, now.atMs - before.atMs, millis));
      }
      return usage;
    },
    async podMetric({ metric, ...query }) {
      if (metric.name !== 'slipway_in_flight_requests') throw new Error(`the twin has no metric ${metric.name}`);
      const values: PodMetricValue[] = [];
      for (const pod of pods(query)) {
        const server = serverOf(pod);
        if (server === undefined) continue;
        values.push({ pod: pod.metadata.name, value: BigInt(server.inFlight) * 1000n, timestamp: clock.now() });
      }
      return values;
    },
    objectMetric: () => Promise.reject(new Error('the twin has no object metrics')),
    externalMetric: () => Promise.reject(new Error('the twin has no external metrics')),
  };
}

function podMetrics(pod: Pod, atMs: number, windowMs: number, cpuMillis: number): PodMetrics {
  const { name, namespace = '', labels } = pod.metadata;
  const timestamp = new Date(atMs).toISOString();
  const [container] = pod.spec.containers;
  return {
    kind: 'PodMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name, namespace, creationTimestamp: timestamp, labels },
    timestamp,
    window: `${Math.round(windowMs / 1000)}s`,
    containers: [{ name: container?.name ?? '', usage: { cpu: `${cpuMillis}m`, memory: '512Mi' } }],
  };
}
