import type { NodeMetrics, PodMetrics } from '../../api/metrics/v1beta1/pod-metrics.ts';
import { formatQuantity, quantityOf } from '../../api/quantity.ts';
import type { Node, Pod } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { formatDuration } from '../../std/duration.ts';
import { keyOf } from '../../machinery/lister.ts';
import type { Usage, UsageStore } from './usage-store.ts';

/** A pod's usage in the API's form, or undefined when it is not known. `now` is milliseconds since the epoch. */
export function podMetrics(store: UsageStore, pod: Pod, now: number): PodMetrics | undefined {
  const usages = store.pod(keyOf(pod));
  if (usages === undefined || usages.size === 0) return undefined;
  // The window of the container that was measured first: the pod's is no younger.
  const earliest = [...usages.values()].reduce((a, b) => (b.timestamp < a.timestamp ? b : a));
  const { name, namespace = '', labels } = pod.metadata;
  return {
    kind: 'PodMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name, namespace, creationTimestamp: timestamp(now), ...(labels === undefined ? {} : { labels }) },
    ...windowOf(earliest),
    containers: [...usages].map(([container, usage]) => ({ name: container, usage: amounts(usage) })),
  };
}

export function nodeMetrics(store: UsageStore, node: Node, now: number): NodeMetrics | undefined {
  const usage = store.node(node.metadata.name);
  if (usage === undefined) return undefined;
  const { name, labels } = node.metadata;
  return {
    kind: 'NodeMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name, creationTimestamp: timestamp(now), ...(labels === undefined ? {} : { labels }) },
    ...windowOf(usage),
    usage: amounts(usage),
  };
}

const windowOf = ({ timestamp: at, windowMs }: Usage): { timestamp: string; window: string } => ({
  timestamp: timestamp(at),
  window: formatDuration(windowMs),
});

function amounts({ cpuNanos, memoryBytes }: Usage): { cpu: string; memory: string } {
  return {
    cpu: formatQuantity({ nanos: BigInt(cpuNanos), format: 'DecimalSI' }),
    memory: formatQuantity(quantityOf(BigInt(Math.trunc(memoryBytes)), 'BinarySI')),
  };
}
