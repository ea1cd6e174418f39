import type { Mutable } from '../../kind.ts';
import type { Service } from '../../schema/core-v1.ts';

/**
 * What a service has been given and its writers need not repeat, before anything new is given out
 * (upstream pkg/registry/core/service/storage: patchAllocatedValues, normalizeClusterIPs). In place.
 */
export function keepAllocatedValues(service: Mutable<Service>, old: Service | undefined): void {
  if (old !== undefined) {
    keepAddresses(service, old);
    keepNodePorts(service, old);
  }
  normalizeClusterIPs(service, old);
}

export const needsClusterIP = ({ spec }: Pick<Service, 'spec'>): boolean => spec.type !== 'ExternalName';
export const needsNodePort = ({ spec }: Pick<Service, 'spec'>): boolean =>
  spec.type === 'NodePort' || spec.type === 'LoadBalancer';
export const needsHealthCheckPort = ({ spec }: Pick<Service, 'spec'>): boolean =>
  spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
export const isHeadless = ({ spec }: Pick<Service, 'spec'>): boolean =>
  spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None';

function keepAddresses({ spec }: Mutable<Service>, old: Service): void {
  const both = needsClusterIP({ spec }) && needsClusterIP(old);
  if (both && (spec.clusterIP ?? '') === '' && old.spec.clusterIP !== undefined) spec.clusterIP = old.spec.clusterIP;
  if (both && (spec.clusterIPs ?? []).length === 0 && (old.spec.clusterIPs ?? []).length > 0)
    spec.clusterIPs = [...(old.spec.clusterIPs ?? [])];
}

/** By the ports' names; a port that the new spec gives to another stays with that one. */
function keepNodePorts({ spec }: Mutable<Service>, old: Service): void {
  if (needsNodePort({ spec }) && needsNodePort(old)) {
    const used = new Set((spec.ports ?? []).map(({ nodePort = 0 }) => nodePort));
    const before = new Map((old.spec.ports ?? []).map(({ name = '', nodePort = 0 }) => [name, nodePort]));
    for (const port of spec.ports ?? []) {
      const given = before.get(port.name ?? '') ?? 0;
      if ((port.nodePort ?? 0) === 0 && given !== 0 && !used.has(given)) port.nodePort = given;
    }
  }
  const keepsHealthCheck = needsHealthCheckPort({ spec }) && needsHealthCheckPort(old);
  if (keepsHealthCheck && (spec.healthCheckNodePort ?? 0) === 0 && old.spec.healthCheckNodePort !== undefined)
    spec.healthCheckNodePort = old.spec.healthCheckNodePort;
}

/** `clusterIP` is the older name of the first of `clusterIPs`. */
function normalizeClusterIPs({ spec }: Mutable<Service>, old: Service | undefined): void {
  const { clusterIP = '', clusterIPs = [] } = spec;
  if (old === undefined) {
    if (clusterIP !== '' && clusterIPs.length === 0) spec.clusterIPs = [clusterIP];
    return;
  }
  const { clusterIP: oldIP = '', clusterIPs: oldIPs = [] } = old.spec;
  const sameList = clusterIPs.length === oldIPs.length && clusterIPs.every((ip, index) => ip === oldIPs[index]);
  if (clusterIP === oldIP) {
    if (oldIPs.length > 0 && clusterIPs.length === 0) spec.clusterIPs = [...oldIPs];
  } else if (sameList && clusterIP === '' && oldIP !== '') delete spec.clusterIPs;
  else if (sameList) spec.clusterIPs = [clusterIP];
}

/** What no longer belongs to the new type goes, unless its writer changed it too (upstream dropTypeDependentFields). */
export function dropTypeDependentFields({ spec, status }: Mutable<Service>, old: Service): void {
  const isSame = (field: keyof Service['spec']): boolean =>
    JSON.stringify(spec[field]) === JSON.stringify(old.spec[field]);
  const drop = (...fields: readonly (keyof Service['spec'])[]): void => {
    for (const field of fields) delete (spec as Record<string, unknown>)[field];
  };
  if (needsClusterIP(old) && !needsClusterIP({ spec })) {
    if (isSame('clusterIP') && isSame('clusterIPs')) drop('clusterIP', 'clusterIPs');
    if (isSame('ipFamilies')) drop('ipFamilies');
    if (isSame('ipFamilyPolicy')) drop('ipFamilyPolicy');
  }
  if (needsNodePort(old) && !needsNodePort({ spec })) dropNodePorts(spec, old);
  if (needsHealthCheckPort(old) && !needsHealthCheckPort({ spec }) && isSame('healthCheckNodePort'))
    drop('healthCheckNodePort');
  if (old.spec.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (isSame('allocateLoadBalancerNodePorts')) drop('allocateLoadBalancerNodePorts');
    if (isSame('loadBalancerClass')) drop('loadBalancerClass');
  }
  const isOutside = (service: Pick<Service, 'spec'>): boolean =>
    needsNodePort(service) || (service.spec.type === 'ClusterIP' && (service.spec.externalIPs ?? []).length > 0);
  if (isOutside(old) && !isOutside({ spec }) && isSame('externalTrafficPolicy')) drop('externalTrafficPolicy');
  if (spec.type !== 'LoadBalancer') status.loadBalancer = {};
}

function dropNodePorts(spec: Mutable<Service>['spec'], old: Service): void {
  const before = new Set((old.spec.ports ?? []).map(({ nodePort }) => nodePort));
  const isSubset = (spec.ports ?? []).every(({ nodePort }) => (nodePort ?? 0) === 0 || before.has(nodePort));
  if (isSubset) for (const port of spec.ports ?? []) delete port.nodePort;
}
