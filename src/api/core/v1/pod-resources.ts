import { type Quantity, addQuantity, compareQuantity, formatQuantity, parseQuantity } from '../../quantity.ts';
import type { Container, Pod, ResourceList } from '../../schema/core-v1.ts';

/** Parsed amounts by resource name. */
export type Resources = ReadonlyMap<string, Quantity>;

export function parseResources(list: ResourceList | undefined): Resources {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

export function formatResources(resources: Resources): ResourceList {
  return Object.fromEntries([...resources].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

export function sumResources(...lists: readonly Resources[]): Resources {
  return combine(lists, addQuantity);
}

export function maxResources(...lists: readonly Resources[]): Resources {
  return combine(lists, (a, b) => (compareQuantity(a, b) < 0 ? b : a));
}

function combine(lists: readonly Resources[], join: (a: Quantity, b: Quantity) => Quantity): Resources {
  const result = new Map<string, Quantity>();
  for (const list of lists)
    for (const [name, quantity] of list) {
      const old = result.get(name);
      result.set(name, old === undefined ? quantity : join(old, quantity));
    }
  return result;
}

/** An init container that goes on running beside the main ones. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

/**
 * What a pod takes from a node, before in-place resizes (component-helpers resource.PodRequests):
 * the main containers and sidecars together, or the neediest moment of initialisation where that is
 * more; pod-level requests replace it; the overhead of its runtime class comes on top.
 */
export function podRequests(pod: Pick<Pod, 'spec'>): Resources {
  const aggregate = new Map(containerTotal(pod, ({ resources }) => resources.requests));
  for (const [name, quantity] of parseResources(pod.spec.resources?.requests))
    if (isPodLevelResource(name)) aggregate.set(name, quantity);
  return sumResources(aggregate, parseResources(pod.spec.overhead));
}

/** The like for limits; overhead counts only where a limit is. */
export function podLimits(pod: Pick<Pod, 'spec'>): Resources {
  const limits = new Map(containerTotal(pod, ({ resources }) => resources.limits));
  for (const [name, quantity] of parseResources(pod.spec.resources?.limits))
    if (isPodLevelResource(name)) limits.set(name, quantity);
  for (const [name, quantity] of parseResources(pod.spec.overhead)) {
    const limit = limits.get(name);
    if (limit !== undefined && limit.nanos !== 0n) limits.set(name, addQuantity(limit, quantity));
  }
  return limits;
}

/** The containers' own part, without pod-level resources and overhead. */
export function containerTotal(
  pod: Pick<Pod, 'spec'>,
  listOf: (container: Container) => ResourceList | undefined,
): Resources {
  const running = pod.spec.containers.map((container) => parseResources(listOf(container)));
  let sidecars: Resources = new Map();
  let initialising: Resources = new Map();
  for (const container of pod.spec.initContainers ?? []) {
    const own = parseResources(listOf(container));
    const withSidecars = sumResources(sidecars, own);
    initialising = maxResources(initialising, withSidecars);
    if (isSidecar(container)) sidecars = withSidecars;
  }
  return maxResources(sumResources(...running, sidecars), initialising);
}
