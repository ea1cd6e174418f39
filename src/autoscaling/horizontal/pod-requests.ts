import { milliValue, parseQuantity } from '../../api/quantity.ts';
import type { Container, Pod } from '../../api/schema/core-v1.ts';
import { MetricFailure } from './metric-failure.ts';

/**
 * Each pod's request of a resource in thousandths: of one container when it is named, else the
 * pod-level request when the pod has any, else the sum over containers and sidecars.
 * Throws MetricFailure when a container has no request. Upstream: replica_calculator.go calculateRequests.
 */
export function podRequests(pods: readonly Pod[], container: string, resource: string): ReadonlyMap<string, bigint> {
  return new Map(pods.map((pod) => [pod.metadata.name, podRequest(pod, container, resource)]));
}

/** The resources that a pod-level request can be set for (KEP-2837). */
const podLevel = (resource: string): boolean =>
  resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-');

function podRequest(pod: Pod, container: string, resource: string): bigint {
  const own = pod.spec.resources?.requests;
  const hasPodLevel = own !== undefined && Object.keys(own).some(podLevel);
  if (container === '' && hasPodLevel) return podLevelRequest(pod, own, resource);
  return containersRequest(pod, container, resource);
}

function podLevelRequest(pod: Pod, own: Readonly<Record<string, string>>, resource: string): bigint {
  const request = own[resource];
  if (request !== undefined) return milliOf(request);
  // What the pod level leaves open is the sum of what the containers ask for.
  const asked = scalingContainers(pod).flatMap(({ resources }) => resources?.requests?.[resource] ?? []);
  if (asked.length === 0)
    throw new MetricFailure(`missing pod-level request for ${resource} in Pod ${pod.metadata.name}`);
  return asked.reduce((total, text) => total + milliOf(text), 0n);
}

function containersRequest(pod: Pod, container: string, resource: string): bigint {
  let total = 0n;
  let found = false;
  for (const candidate of scalingContainers(pod)) {
    if (container !== '' && container !== candidate.name) continue;
    found = true;
    const request = candidate.resources?.requests?.[resource];
    if (request === undefined)
      throw new MetricFailure(
        `missing request for ${resource} in container ${candidate.name} of Pod ${pod.metadata.name}`,
      );
    total += milliOf(request);
  }
  if (container !== '' && !found)
    throw new MetricFailure(`container ${container} not found in Pod ${pod.metadata.name}`);
  return total;
}

function scalingContainers({ spec }: Pod): readonly Container[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...spec.containers, ...sidecars];
}

const milliOf = (text: string): bigint => milliValue(parseQuantity(text));
