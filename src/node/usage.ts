import type { Pod } from '../api/schema/core-v1.ts';
import { keyOf } from '../machinery/lister.ts';
import type { Clock } from '../std/clock.ts';
import type { ContainerRuntime, ContainerUsage, SandboxStatus } from './container-runtime.ts';

/** Cumulative usage since `startedAt`; times in milliseconds since the epoch. */
export interface UsageSample {
  readonly startedAt: number;
  readonly timestamp: number;
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
}

export interface NodeUsage {
  readonly node: UsageSample;
  /** By `namespace/name` of the pod, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, UsageSample>>;
}

/**
 * What a node's pods use, as the kubelet's resource metrics tell it. The node's own figure is the sum of
 * its containers' and only grows: what ended containers used stays in it.
 */
export class UsageMeter {
  readonly #clock: Clock;
  readonly #runtime: Pick<ContainerRuntime, 'list' | 'usage'>;
  readonly #startedAt: number;
  /** CPU of each container at the last look, by its id. */
  #counted: ReadonlyMap<string, number> = new Map();
  #nodeCpuNanoseconds = 0;

  constructor({
    clock,
    runtime,
  }: {
    readonly clock: Clock;
    readonly runtime: Pick<ContainerRuntime, 'list' | 'usage'>;
  }) {
    this.#clock = clock;
    this.#runtime = runtime;
    this.#startedAt = clock.now();
  }

  /** `podOf` knows the pods of the node by uid. */
  async read(podOf: (uid: string) => Pod | undefined): Promise<NodeUsage> {
    const pods = new Map<string, ReadonlyMap<string, UsageSample>>();
    const counted = new Map<string, number>();
    let memoryBytes = 0;
    for (const sandbox of await this.#runtime.list()) {
      const pod = podOf(sandbox.podUid);
      const samples = samplesOf(sandbox, await this.#runtime.usage(sandbox.podUid));
      for (const [containerID, sample] of samples) {
        counted.set(containerID, sample.cpuNanoseconds);
        this.#nodeCpuNanoseconds += Math.max(0, sample.cpuNanoseconds - (this.#counted.get(containerID) ?? 0));
        memoryBytes += sample.memoryBytes;
      }
      if (pod !== undefined && samples.size > 0)
        pods.set(keyOf(pod), new Map([...samples.values()].map(({ name, ...sample }) => [name, sample])));
    }
    this.#counted = counted;
    const timestamp = this.#clock.now();
    return {
      node: { startedAt: this.#startedAt, timestamp, cpuNanoseconds: this.#nodeCpuNanoseconds, memoryBytes },
      pods,
    };
  }
}

/** By container id. */
function samplesOf(
  { containers }: SandboxStatus,
  usage: Readonly<Record<string, ContainerUsage>>,
): ReadonlyMap<string, UsageSample & { readonly name: string }> {
  const samples = new Map<string, UsageSample & { readonly name: string }>();
  for (const { name, state, containerID, startedAt } of containers) {
    const used = usage[name];
    if (state === 'running' && used !== undefined) samples.set(containerID, { name, startedAt, ...used });
  }
  return samples;
}
