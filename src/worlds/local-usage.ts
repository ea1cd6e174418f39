import type { UsageSource } from '../autoscaling/metrics/usage-collector.ts';
import type { UsagePoint } from '../autoscaling/metrics/usage-store.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import type { Lister } from '../machinery/lister.ts';
import type { ContainerRuntime } from '../node/container-runtime.ts';

export interface LocalUsageOptions {
  readonly pods: Lister<Pod>;
  readonly nodes: readonly string[];
  readonly runtimeOf: (node: string) => ContainerRuntime;
  readonly startedAtMs: number;
}

/** What the pods of this machine use. A node's usage is that of its pods: the machine has other work, too. */
export function localUsage({ pods, nodes, runtimeOf, startedAtMs }: LocalUsageOptions): UsageSource {
  return {
    async collect() {
      const byPod = new Map<string, ReadonlyMap<string, UsagePoint>>();
      const totals = new Map(nodes.map((node) => [node, { cpuNanoseconds: 0, memoryBytes: 0, timestamp: 0 }]));
      for (const node of nodes) {
        const runtime = runtimeOf(node);
        const total = totals.get(node);
        for (const sandbox of await runtime.list()) {
          const pod = pods.get(sandbox);
          if (pod?.metadata.uid !== sandbox.podUid || total === undefined) continue;
          const usage = await runtime.usage(sandbox.podUid);
          const points = new Map<string, UsagePoint>();
          for (const { name, startedAt } of sandbox.containers) {
            const used = usage[name];
            if (used === undefined) continue;
            points.set(name, { startedAt, ...used });
            total.cpuNanoseconds += used.cpuNanoseconds;
            total.memoryBytes += used.memoryBytes;
            total.timestamp = Math.max(total.timestamp, used.timestamp);
          }
          if (points.size > 0) byPod.set(`${sandbox.namespace}/${sandbox.name}`, points);
        }
      }
      const byNode = new Map(
        [...totals]
          .filter(([, { timestamp }]) => timestamp > 0)
          .map(([node, total]) => [node, { startedAt: startedAtMs, ...total }]),
      );
      return { pods: byPod, nodes: byNode };
    },
  };
}
