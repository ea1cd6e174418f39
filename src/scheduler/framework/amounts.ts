import { podRequests } from '../../api/core/v1/pod-resources.ts';
import { milliValue, parseQuantity, value, type Quantity } from '../../api/quantity.ts';
import type { Pod, ResourceList } from '../../api/schema/core-v1.ts';

/** Amounts of resources as whole numbers: millis of cpu, units (bytes) of everything else. */
export type Amounts = ReadonlyMap<string, number>;

const whole = (name: string, quantity: Quantity): number =>
  Number(name === 'cpu' ? milliValue(quantity) : value(quantity));

export function amountsOf(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, whole(name, parseQuantity(text))]));
}

/** What the pod asks a node for. */
export function requestOf(pod: Pick<Pod, 'spec'>): Amounts {
  return new Map([...podRequests(pod)].map(([name, quantity]) => [name, whole(name, quantity)]));
}

// Scores count containers without a request as if they asked for this (pkg/scheduler/util/pod_resources.go).
const scoredCpuMillis = 100;
const scoredMemoryBytes = 200 * 1024 * 1024;

/** The like for scores, where a container that asks for nothing weighs something. */
export function scoredRequestOf(pod: Pick<Pod, 'spec'>): Amounts {
  const withDefaults = (list: ResourceList | undefined): ResourceList => ({
    cpu: `${scoredCpuMillis}m`,
    memory: String(scoredMemoryBytes),
    ...list,
  });
  const fill = <C extends Pod['spec']['containers'][number]>(container: C): C => ({
    ...container,
    resources: { ...container.resources, requests: withDefaults(container.resources.requests) },
  });
  const { containers, initContainers } = pod.spec;
  return requestOf({
    spec: { ...pod.spec, containers: containers.map(fill), initContainers: initContainers?.map(fill) },
  });
}
