import { compareQuantity, zeroQuantity } from '../../quantity.ts';
import type { Pod, ResourceList } from '../../schema/core-v1.ts';
import { type Resources, parseResources, sumResources } from './pod-resources.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** The class by CPU and memory alone, as upstream's qos.ComputePodQOS; stored once in status.qosClass. */
export function podQosClass(pod: Pick<Pod, 'spec'>): QosClass {
  const holders =
    pod.spec.resources === undefined
      ? [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map((container) => container.resources)
      : [pod.spec.resources];
  const limitLists = holders.map((resources) => computeResources(resources.limits));
  const requests = sumResources(...holders.map((resources) => computeResources(resources.requests)));
  const limits = sumResources(...limitLists);
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  const everyoneIsLimited = limitLists.every((list) => list.has('cpu') && list.has('memory'));
  return everyoneIsLimited && areEqual(requests, limits) ? 'Guaranteed' : 'Burstable';
}

function computeResources(list: ResourceList | undefined): Resources {
  const resources = [...parseResources(list)].filter(
    ([name, quantity]) => (name === 'cpu' || name === 'memory') && compareQuantity(quantity, zeroQuantity) > 0,
  );
  return new Map(resources);
}

function areEqual(a: Resources, b: Resources): boolean {
  return a.size === b.size && [...a].every(([name, quantity]) => b.get(name)?.nanos === quantity.nanos);
}
