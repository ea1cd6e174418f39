import type { EndpointSlice } from '../api/schema/discovery-v1.ts';
import type { Service } from '../api/schema/core-v1.ts';

/** Where connections to one address and port of a Service go. */
export interface ServiceRoute {
  /** Address and port to listen on. */
  readonly ip: string;
  readonly port: number;
  /** `namespace/name:port`, for messages. */
  readonly name: string;
  /** Never empty: a Service without endpoints has no route, so that clients are refused at once. */
  readonly endpoints: readonly Backend[];
  /** How long a client stays with one endpoint; undefined without session affinity. */
  readonly affinityMs: number | undefined;
}

export interface Backend {
  readonly ip: string;
  readonly port: number;
}

/** A port of a Service that cannot be served, and why. */
export interface RouteProblem {
  readonly name: string;
  readonly reason: string;
}

const serviceNameLabel = 'kubernetes.io/service-name';
/** ServiceAffinityConfig's default. */
const affinitySeconds = 10_800;

/**
 * What kube-proxy does with Services and their slices (pkg/proxy/{endpointslicecache,topology}.go, 1.36), for TCP:
 * ready endpoints, or those that serve while they terminate when none is ready.
 */
export function serviceRoutes(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
): { readonly routes: readonly ServiceRoute[]; readonly problems: readonly RouteProblem[] } {
  const slicesOf = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const name = slice.metadata.labels?.[serviceNameLabel];
    if (name === undefined || slice.addressType !== 'IPv4') continue;
    const key = `${slice.metadata.namespace}/${name}`;
    slicesOf.set(key, [...(slicesOf.get(key) ?? []), slice]);
  }
  const routes: ServiceRoute[] = [];
  const problems: RouteProblem[] = [];
  for (const { metadata, spec } of services) {
    const { clusterIP, ports = [], sessionAffinity, sessionAffinityConfig } = spec;
    if (clusterIP === undefined || clusterIP === '' || clusterIP === 'None' || spec.type === 'ExternalName') continue;
    const key = `${metadata.namespace}/${metadata.name}`;
    const affinityMs =
      sessionAffinity === 'ClientIP'
        ? (sessionAffinityConfig?.clientIP?.timeoutSeconds ?? affinitySeconds) * 1000
        : undefined;
    for (const { name: portName = '', port, protocol = 'TCP', nodePort } of ports) {
      const name = `${key}:${portName === '' ? port : portName}`;
      if (protocol !== 'TCP') {
        problems.push({ name, reason: `protocol ${protocol} is not balanced, only TCP is` });
        continue;
      }
      const endpoints = backendsOf(slicesOf.get(key) ?? [], portName);
      if (endpoints.length === 0) continue;
      routes.push({ ip: clusterIP, port, name, endpoints, affinityMs });
      if (nodePort !== undefined && nodePort !== 0)
        routes.push({ ip: '127.0.0.1', port: nodePort, name, endpoints, affinityMs });
    }
  }
  return { routes, problems };
}

function backendsOf(slices: readonly EndpointSlice[], portName: string): readonly Backend[] {
  const ready = new Map<string, Backend>();
  const terminating = new Map<string, Backend>();
  for (const { endpoints, ports } of slices) {
    const port = ports.find(({ name = '', protocol = 'TCP' }) => name === portName && protocol === 'TCP')?.port;
    if (port === undefined || port === null) continue;
    for (const { addresses, conditions } of endpoints) {
      const [ip] = addresses;
      if (ip === undefined) continue;
      const backend = { ip, port };
      // Unset means yes for ready, and ready for serving (discovery/v1 EndpointConditions).
      if (conditions.ready !== false) ready.set(`${ip}:${port}`, backend);
      else if (conditions.terminating === true && conditions.serving === true)
        terminating.set(`${ip}:${port}`, backend);
    }
  }
  return [...(ready.size > 0 ? ready : terminating).values()];
}
