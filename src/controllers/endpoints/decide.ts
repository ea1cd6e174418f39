import type { Endpoints, Pod, Service } from '../../api/schema/core-v1.ts';
import { isPodReady } from '../../api/core/v1/pod-readiness.ts';
import type { Draft } from '../../api/schema/draft.ts';
import { addressTypesOf, addressesIn, endpointPortsOf, hasHostname, mayBeEndpoint } from '../endpointslice/endpoint.ts';
import { truncated } from './capacity.ts';
import { type Served, subsetsOf } from './subsets.ts';

export const managedByLabel = 'endpoints.kubernetes.io/managed-by';
export const managedBy = 'endpoint-controller';
const headlessLabel = 'service.kubernetes.io/headless';
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity';

/** What the Endpoints of a Service with these pods say; what others noted on the present object stays. */
export function desiredEndpoints(
  service: Service,
  pods: readonly Pod[],
  current: Endpoints | undefined,
): Draft<Endpoints> {
  const all = subsetsOf(pods.flatMap((pod) => servedBy(service, pod)));
  const subsets = truncated(all);
  const { [overCapacityAnnotation]: _, ...annotations } = current?.metadata.annotations ?? {};
  const noted = subsets === all ? annotations : { ...annotations, [overCapacityAnnotation]: 'truncated' };
  const { namespace, name } = service.metadata;
  return {
    ...current,
    metadata: {
      ...current?.metadata,
      namespace,
      name,
      labels: labelsFor(service),
      annotations: Object.keys(noted).length === 0 ? undefined : noted,
    },
    subsets: subsets.length === 0 ? undefined : subsets,
  };
}

function servedBy(service: Service, pod: Pod): readonly Served[] {
  const publishesAll = service.spec.publishNotReadyAddresses === true;
  if (!mayBeEndpoint(pod, { includeTerminating: publishesAll })) return [];
  const [ip] = addressesIn(pod.status, addressTypesOf(service)[0]);
  if (ip === undefined) return [];
  const { namespace, name, uid } = pod.metadata;
  const { nodeName, hostname } = pod.spec;
  const address = {
    ip,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(hasHostname(pod, service) ? { hostname } : {}),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
  };
  const isReady = publishesAll || isPodReady(pod);
  const isPortless = (service.spec.ports ?? []).length === 0;
  if (isPortless) return service.spec.clusterIP === 'None' ? [{ address, isReady, port: undefined }] : [];
  return endpointPortsOf(pod, service).map(({ name: portName, port, ...rest }) => ({
    address,
    isReady,
    port: { ...(portName === '' ? {} : { name: portName }), port: port ?? 0, ...rest },
  }));
}

function labelsFor({ metadata, spec }: Service): Readonly<Record<string, string>> {
  const { [headlessLabel]: _, ...labels } = metadata.labels ?? {};
  const isHeadless = (spec.clusterIP ?? '') === '' || spec.clusterIP === 'None';
  return { ...labels, ...(isHeadless ? { [headlessLabel]: '' } : {}), [managedByLabel]: managedBy };
}
