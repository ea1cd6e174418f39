import { type FieldError, duplicate, invalidValue, notSupported, required } from '../../field-error.ts';
import { byRule } from '../../field-rules.ts';
import { ipAddress, parseIp } from '../../ip-address.ts';
import type { Service } from '../../schema/core-v1.ts';
import { isHeadless } from './service-addresses.ts';

const families = ['IPv4', 'IPv6'];
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const path = 'spec.clusterIPs';

/** A service's own addresses and their families (upstream ValidateServiceClusterIPsRelatedFields). */
export function validateClusterIPs(service: Service, old: Service | undefined): readonly FieldError[] {
  const { type, clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = service.spec;
  if (type === 'ExternalName') return [];
  const errors: FieldError[] = [];
  if (clusterIP !== '' && clusterIPs.length === 0) errors.push(required(path));
  else if (clusterIP !== '' && clusterIPs[0] !== clusterIP)
    errors.push(invalidValue(path, clusterIPs, 'first value must match `clusterIP`'));
  else if (clusterIP === '' && clusterIPs.length > 0)
    errors.push(invalidValue(path, clusterIPs, 'must be empty when `clusterIP` is not specified'));
  for (const [index, family] of ipFamilies.entries()) {
    const at = `spec.ipFamilies[${index}]`;
    if (!families.includes(family)) errors.push(notSupported(at, family, families));
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(at, family));
  }
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy))
    errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, policies));
  return [...errors, ...validateAddresses(service, old?.spec.clusterIPs ?? [])];
}

function validateAddresses(service: Service, old: readonly string[]): readonly FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = service.spec;
  const wrong: FieldError[] = clusterIPs.flatMap((address, index) => {
    if (index > 0 || address !== 'None')
      return old.includes(address) ? [] : byRule(ipAddress, address, `${path}[${index}]`);
    return clusterIPs.length > 1 ? [invalidValue(path, clusterIPs, "'None' must be the first and only value")] : [];
  });
  const tooMany = clusterIPs.length > 2 ? [invalidValue(path, clusterIPs, 'may only hold up to 2 values')] : [];
  if (wrong.length > 0) return [...wrong, ...tooMany];
  const found = clusterIPs.map((address) => `IPv${parseIp(address)?.family}`);
  const isDualStack = new Set(found).size === found.length;
  const errors: FieldError[] = [...tooMany];
  if (clusterIPs.length > 1 && !isDualStack)
    errors.push(invalidValue(path, clusterIPs, 'may specify no more than one IP for each IP family'));
  if (isHeadless(service)) return errors;
  for (const [index, address] of clusterIPs.entries()) {
    const family = ipFamilies[index];
    if (family === undefined || family === found[index] || !families.includes(family)) continue;
    const why = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    errors.push(invalidValue(`${path}[${index}]`, address, why));
  }
  return errors;
}
