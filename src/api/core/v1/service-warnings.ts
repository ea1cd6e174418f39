import type { Service } from '../../schema/core-v1.ts';

/** Upstream pkg/api/service/warnings.go, without its remarks on how addresses are written. */
export function warningsOfService({ metadata, spec }: Service): readonly string[] {
  const { type, externalIPs = [], loadBalancerIP = '', externalName = '', sessionAffinity, trafficDistribution } = spec;
  const isHeadless = type === 'ClusterIP' && spec.clusterIP === 'None';
  const hints = 'service.kubernetes.io/topology-aware-hints';
  const isExternalName = type === 'ExternalName';
  const hasExternalIPs = externalIPs.length > 0;
  const rules: readonly (readonly [applies: boolean, warning: string])[] = [
    [
      metadata.annotations?.[hints] !== undefined,
      `annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`,
    ],
    [isHeadless && loadBalancerIP !== '', 'spec.loadBalancerIP is ignored for headless services'],
    [isHeadless && hasExternalIPs, 'spec.externalIPs is ignored for headless services'],
    [isHeadless && sessionAffinity !== 'None', 'spec.SessionAffinity is ignored for headless services'],
    [
      hasExternalIPs && !isHeadless && !isExternalName,
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    ],
    [isExternalName && hasExternalIPs, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [!isExternalName && externalName !== '', 'spec.externalName is ignored when spec.type is not "ExternalName"'],
    [
      trafficDistribution === 'PreferClose',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  ];
  return rules.filter(([applies]) => applies).map(([, warning]) => warning);
}
