import { isPodReady, isPodTerminal } from '../../api/core/v1/pod-readiness.ts';
import { parseIp } from '../../api/ip-address.ts';
import type { Node, Pod, PodStatus, Service } from '../../api/schema/core-v1.ts';
import type { Endpoint, EndpointHints, EndpointPort } from '../../api/schema/discovery-v1.ts';
import { targetPortOf } from './service-port.ts';

export type AddressType = 'IPv4' | 'IPv6';

const zoneLabel = 'topology.kubernetes.io/zone';

/** It has an address and may still run. Upstream: ShouldPodBeInEndpoints. */
export function mayBeEndpoint(pod: Pod, { includeTerminating }: { readonly includeTerminating: boolean }): boolean {
  if (isPodTerminal(pod) || addressesIn(pod.status).length === 0) return false;
  return includeTerminating || pod.metadata.deletionTimestamp === undefined;
}

/** Its host name is part of the Service's DNS names. */
export const hasHostname = (pod: Pod, service: Service): boolean =>
  (pod.spec.hostname ?? '') !== '' && pod.spec.subdomain === service.metadata.name;

/** Upstream: podToEndpoint. */
export function endpointOf(pod: Pod, service: Service, node: Node | undefined, addressType: AddressType): Endpoint {
  const { namespace, name, uid } = pod.metadata;
  const { nodeName, hostname } = pod.spec;
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const zone = node?.metadata.labels?.[zoneLabel] ?? '';
  const hints = ready ? hintsFor(service, { zone, nodeName }) : undefined;
  return {
    addresses: addressesIn(pod.status, addressType),
    conditions: { ready, serving, terminating },
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === '' ? {} : { zone }),
    ...(hasHostname(pod, service) ? { hostname } : {}),
    ...(hints === undefined ? {} : { hints }),
  };
}

function hintsFor(
  { spec: { trafficDistribution = '' } }: Service,
  { zone, nodeName }: { readonly zone: string; readonly nodeName: string | undefined },
): EndpointHints | undefined {
  const prefersNode = trafficDistribution === 'PreferSameNode';
  if (!prefersNode && trafficDistribution !== 'PreferClose' && trafficDistribution !== 'PreferSameZone')
    return undefined;
  const hints = {
    ...(zone === '' ? {} : { forZones: [{ name: zone }] }),
    ...(prefersNode && nodeName !== undefined ? { forNodes: [{ name: nodeName }] } : {}),
  };
  return Object.keys(hints).length === 0 ? undefined : hints;
}

/** Of one family, or of both; in canonical form. */
export function addressesIn({ podIP, podIPs }: PodStatus, addressType?: AddressType): readonly string[] {
  const texts = podIPs === undefined ? (podIP === undefined ? [] : [podIP]) : podIPs.map(({ ip }) => ip);
  return texts.flatMap((text) => {
    const address = parseIp(text);
    const isWanted = addressType === undefined || addressType === `IPv${address?.family}`;
    return address === undefined || !isWanted ? [] : [address.canonical];
  });
}

/** The Service's ports as this pod has them; those it lacks are left out. */
export function endpointPortsOf(pod: Pod, { spec }: Service): readonly EndpointPort[] {
  return (spec.ports ?? []).flatMap((servicePort) => {
    const port = targetPortOf(pod, servicePort);
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    return port === undefined ? [] : [{ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

/** The families that a Service speaks. Upstream: getAddressTypesForService. */
export function addressTypesOf({ spec: { ipFamilies = [], clusterIP = '' } }: Service): readonly AddressType[] {
  const known = (['IPv4', 'IPv6'] as const).filter((family) => ipFamilies.includes(family));
  if (known.length > 0) return known;
  if (clusterIP === '' || clusterIP === 'None') return ['IPv4', 'IPv6'];
  return [clusterIP.includes(':') ? 'IPv6' : 'IPv4'];
}
