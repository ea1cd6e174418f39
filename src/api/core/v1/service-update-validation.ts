import { type FieldError, forbiddenField, invalidValue } from '../../field-error.ts';
import type { Service } from '../../schema/core-v1.ts';
import { isHeadless, needsHealthCheckPort } from './service-addresses.ts';
import { validateService } from './service-validation.ts';

/** Addresses and classes that have been given once stay (upstream ValidateServiceUpdate). */
export function validateServiceUpdate(service: Service, old: Service): readonly FieldError[] {
  return [
    ...validateClusterIPChange(service, old),
    ...validateFamilyChange(service, old),
    ...validateClassChange(service, old),
    ...(needsHealthCheckPort(service) &&
    needsHealthCheckPort(old) &&
    service.spec.healthCheckNodePort !== old.spec.healthCheckNodePort
      ? [forbiddenField('spec.healthCheckNodePort', 'field is immutable')]
      : []),
    ...validateService(service, old),
  ];
}

const isExternalName = ({ spec }: Service): boolean => spec.type === 'ExternalName';

function validateClusterIPChange(service: Service, old: Service): readonly FieldError[] {
  if (isExternalName(service) || isExternalName(old) || (isHeadless(service) && isHeadless(old))) return [];
  const [now, before] = [service.spec.clusterIPs ?? [], old.spec.clusterIPs ?? []];
  const changed = (index: number): FieldError =>
    invalidValue(`spec.clusterIPs[${index}]`, now, 'may not change once set');
  if (now.length === before.length)
    return before.flatMap((address, index) => (address === now[index] ? [] : [changed(index)]));
  const errors: FieldError[] = [];
  if (now.length === 0) errors.push(invalidValue('spec.clusterIPs[0]', null, 'primary clusterIP can not be unset'));
  else if (before.length > 0 && now[0] !== before[0]) errors.push(changed(0));
  const isReleasing = before.length > now.length && now.length === 1;
  return [...errors, ...(isReleasing ? validateRelease(service, 'clusterIP') : [])];
}

function validateRelease({ spec: { ipFamilyPolicy } }: Service, what: string): readonly FieldError[] {
  if (ipFamilyPolicy === 'SingleStack') return [];
  const why = `must be set to 'SingleStack' when releasing the secondary ${what}`;
  return [invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy ?? null, why)];
}

function validateFamilyChange(service: Service, old: Service): readonly FieldError[] {
  if (isExternalName(service) || isExternalName(old) || isHeadless(service) || isHeadless(old)) return [];
  const [now, before] = [service.spec.ipFamilies ?? [], old.spec.ipFamilies ?? []];
  const path = 'spec.ipFamilies[0]';
  if (now.length === before.length)
    return before.flatMap((family, index) =>
      family === now[index] ? [] : [invalidValue(path, now, 'may not change once set')],
    );
  const { clusterIPs = [] } = service.spec;
  const errors: FieldError[] = [];
  if (before.length > now.length && clusterIPs.length === 0)
    errors.push(invalidValue(path, now, 'primary ipFamily can not be unset'));
  if (now.length > 0 && before.length > 0 && now[0] !== before[0])
    errors.push(invalidValue(path, clusterIPs, 'may not change once set'));
  const isReleasing = before.length > now.length && now.length === 1;
  return [...errors, ...(isReleasing ? validateRelease(service, 'ipFamily') : [])];
}

function validateClassChange(service: Service, old: Service): readonly FieldError[] {
  const both = service.spec.type === 'LoadBalancer' && old.spec.type === 'LoadBalancer';
  if (!both || service.spec.loadBalancerClass === old.spec.loadBalancerClass) return [];
  return [invalidValue('spec.loadBalancerClass', service.spec.loadBalancerClass ?? null, 'may not change once set')];
}
