import type { Service } from '../../api/schema/core-v1.ts';

type Variable = readonly [name: string, value: string];

/**
 * What a pod is told of the services that have an address: those of its own namespace when it wants
 * links, and `default/kubernetes` where there is one (the local world has none). Upstream: pkg/kubelet/envvars, getServiceEnvVarMap.
 */
export function serviceVariables(
  services: readonly Service[],
  { namespace, enableServiceLinks }: { readonly namespace: string; readonly enableServiceLinks: boolean },
): readonly Variable[] {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { name, namespace: its = '' } = service.metadata;
    if (!hasAddress(service)) continue;
    if (its === 'default' && name === 'kubernetes') {
      if (!chosen.has(name)) chosen.set(name, service);
    } else if (its === namespace && enableServiceLinks) chosen.set(name, service);
  }
  return [...chosen.values()].toSorted(byName).flatMap(variablesOf);
}

function hasAddress({ spec }: Service): boolean {
  const { clusterIP = '' } = spec;
  return clusterIP !== '' && clusterIP !== 'None';
}

const byName = (a: Service, b: Service): number => (a.metadata.name < b.metadata.name ? -1 : 1);

function variablesOf({ metadata, spec }: Service): readonly Variable[] {
  const prefix = variableName(metadata.name);
  const { clusterIP = '', ports = [] } = spec;
  const variables: Variable[] = [[`${prefix}_SERVICE_HOST`, clusterIP]];
  if (ports[0] !== undefined) variables.push([`${prefix}_SERVICE_PORT`, String(ports[0].port)]);
  for (const { name = '', port } of ports)
    if (name !== '') variables.push([`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port)]);
  // As Docker's links named them.
  for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
    const host = clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP;
    const url = `${protocol.toLowerCase()}://${host}:${port}`;
    const own = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    if (index === 0) variables.push([`${prefix}_PORT`, url]);
    variables.push(
      [own, url],
      [`${own}_PROTO`, protocol.toLowerCase()],
      [`${own}_PORT`, String(port)],
      [`${own}_ADDR`, clusterIP],
    );
  }
  return variables;
}

const variableName = (name: string): string => name.replaceAll('-', '_').toUpperCase();
