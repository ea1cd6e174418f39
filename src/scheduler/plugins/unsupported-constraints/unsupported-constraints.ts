import type { Pod } from '../../../api/schema/core-v1.ts';

/**
 * Hard constraints that no plugin here can honour yet. Such a pod is not scheduled at all:
 * placing it anywhere would break what it asks for.
 */
export function unsupportedConstraints({ spec }: Pod): readonly string[] {
  const found: string[] = [];
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  if ((podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).length > 0)
    found.push('spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution');
  if ((podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).length > 0)
    found.push('spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution');
  for (const [index, { whenUnsatisfiable }] of (spec.topologySpreadConstraints ?? []).entries()) {
    if (whenUnsatisfiable === 'DoNotSchedule') found.push(`spec.topologySpreadConstraints[${index}].whenUnsatisfiable`);
  }
  if ((spec.resourceClaims ?? []).length > 0) found.push('spec.resourceClaims');
  return found;
}
