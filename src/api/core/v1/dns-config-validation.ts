import { type FieldError, invalidValue, required } from '../../field-error.ts';
import { byRule } from '../../field-rules.ts';
import { ipAddress } from '../../ip-address.ts';
import { byteLength, dns1123SubdomainWithUnderscore } from '../../names.ts';
import type { PodSpec } from '../../schema/core-v1.ts';

/** The pod's own resolver settings (upstream validatePodDNSConfig). */
export function validateDnsConfig({ dnsConfig, dnsPolicy }: PodSpec, path: string): readonly FieldError[] {
  if (dnsPolicy === 'None') {
    if (dnsConfig === undefined) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    const why = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    if ((dnsConfig.nameservers ?? []).length === 0) return [required(`${path}.nameservers`, why)];
  }
  if (dnsConfig === undefined) return [];
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  const tooMany = (why: string): FieldError => invalidValue(`${path}.searches`, searches, why);
  return [
    ...(nameservers.length > 3
      ? [invalidValue(`${path}.nameservers`, nameservers, 'must not have more than 3 nameservers')]
      : []),
    ...nameservers.flatMap((address, index) => byRule(ipAddress, address, `${path}.nameservers[${index}]`)),
    ...(searches.length > 32 ? [tooMany('must not have more than 32 search paths')] : []),
    ...(byteLength(searches.join(' ')) > 2048
      ? [tooMany('must not have more than 2048 characters (including spaces) in the search list')]
      : []),
    ...searches.flatMap((search, index) =>
      search === '.'
        ? []
        : byRule(dns1123SubdomainWithUnderscore, search.replace(/\.$/, ''), `${path}.searches[${index}]`),
    ),
    ...options.flatMap(({ name = '' }, index) =>
      name === '' ? [required(`${path}.options[${index}]`, 'must not be empty')] : [],
    ),
  ];
}
