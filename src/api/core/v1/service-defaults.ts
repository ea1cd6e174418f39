import type { Mutable } from '../../kind.ts';
import type { Service } from '../../schema/core-v1.ts';

const clientIPAffinitySeconds = 10_800;

/** Upstream's SetDefaults_Service. Addresses and families are given out by the API server, not here. */
export function setServiceDefaults(service: Mutable<Service>): void {
  service.spec ??= {};
  service.status ??= { loadBalancer: {} };
  service.status.loadBalancer ??= {};
  const { spec } = service;
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: clientIPAffinitySeconds } };
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  if (isReachableFromOutside(service)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type !== 'LoadBalancer') return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of service.status.loadBalancer.ingress ?? [])
    if ((ingress.ip ?? '') !== '') ingress.ipMode ??= 'VIP';
}

export function isReachableFromOutside({ spec }: Pick<Service, 'spec'>): boolean {
  const hasExternalIPs = spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0;
  return spec.type === 'LoadBalancer' || spec.type === 'NodePort' || hasExternalIPs;
}
