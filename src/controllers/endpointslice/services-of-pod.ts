import { isPodReady, isPodTerminal } from '../../api/core/v1/pod-readiness.ts';
import type { Pod, Service } from '../../api/schema/core-v1.ts';
import { requestFor } from '../../machinery/controller-runner.ts';
import type { Request } from '../../machinery/controller.ts';
import type { Change } from '../../machinery/informer.ts';
import type { Lister } from '../../machinery/lister.ts';
import { isEqual } from '../../std/is-equal.ts';

/** The Services whose endpoints a change of a pod may alter: none when nothing changed that an endpoint shows. */
export function* servicesOf({ old, current }: Change<Pod>, services: Lister<Service>): Iterable<Request> {
  if (old !== undefined && current !== undefined && isEqual(shownOf(old), shownOf(current))) return;
  const either = (current ?? old)!;
  for (const service of services.list(either.metadata.namespace))
    if ([old, current].some((pod) => pod !== undefined && selects(service, pod))) yield requestFor(service);
}

/** A Service without a selector selects nothing. */
export function selects({ spec }: Service, { metadata }: Pod): boolean {
  const wanted = Object.entries(spec.selector ?? {});
  return wanted.length > 0 && wanted.every(([label, value]) => metadata.labels?.[label] === value);
}

const shownOf = (pod: Pod): unknown => [
  pod.metadata.labels,
  pod.metadata.deletionTimestamp,
  pod.spec.nodeName,
  pod.spec.hostname,
  pod.spec.subdomain,
  pod.status.podIP,
  pod.status.podIPs,
  isPodReady(pod),
  isPodTerminal(pod),
];
