import { validateEndpointIP } from '../../core/v1/endpoint-address.ts';
import { type FieldError, duplicate, invalidValue, required, tooMany } from '../../field-error.ts';
import {
  byRule,
  isDns1123Label,
  isDns1123Subdomain,
  isEqual,
  isOneOf,
  isOneOfOrAbsent,
  isQualifiedName,
  isUnchanged,
} from '../../field-rules.ts';
import { canonicalIpAddress, ipAddress, parseIp } from '../../ip-address.ts';
import { validateLabels } from '../../label-selector.ts';
import { dns1123Label, dns1123Subdomain, validLabelValue } from '../../names.ts';
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../../schema/discovery-v1.ts';

const limits = { addresses: 100, ports: 20_000, endpoints: 1000, hints: 8, topology: 16 };

/** Upstream ValidateEndpointSlice. */
export function validateEndpointSlice(slice: EndpointSlice): readonly FieldError[] {
  return [...validateTypeAndPorts(slice), ...validateEndpoints(slice)];
}

/** Endpoints that have been stored once may stay as they are. */
export function validateEndpointSliceUpdate(slice: EndpointSlice, old: EndpointSlice): readonly FieldError[] {
  return [
    ...validateTypeAndPorts(slice),
    ...(isEqual(slice.endpoints, old.endpoints) ? [] : validateEndpoints(slice)),
    ...isUnchanged(slice.addressType, old.addressType, 'addressType'),
  ];
}

function validateTypeAndPorts({ addressType, ports }: EndpointSlice): readonly FieldError[] {
  return [...isOneOf(addressType, ['FQDN', 'IPv4', 'IPv6'], 'addressType'), ...validatePorts(ports ?? [], 'ports')];
}

function validatePorts(ports: readonly EndpointPort[], path: string): readonly FieldError[] {
  if (ports.length > limits.ports) return [tooMany(path, ports.length, limits.ports)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = name === '' ? [] : [...isDns1123Label(name, `${at}.name`)];
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (protocol === undefined) errors.push(required(`${at}.protocol`));
    errors.push(...isOneOfOrAbsent(protocol, ['SCTP', 'TCP', 'UDP'], `${at}.protocol`));
    if (appProtocol !== undefined) errors.push(...isQualifiedName(appProtocol, `${at}.appProtocol`));
    return errors;
  });
}

function validateEndpoints({ endpoints, addressType }: EndpointSlice): readonly FieldError[] {
  const list = endpoints ?? [];
  if (list.length > limits.endpoints) return [tooMany('endpoints', list.length, limits.endpoints)];
  return list.flatMap((endpoint, index) => validateEndpoint(endpoint, addressType, `endpoints[${index}]`));
}

function validateEndpoint(endpoint: Endpoint, addressType: string, path: string): readonly FieldError[] {
  const { addresses, nodeName, hostname, hints, deprecatedTopology = {} } = endpoint;
  const labels = Object.keys(deprecatedTopology).length;
  return [
    ...(addresses.length === 0 ? [required(`${path}.addresses`, 'must contain at least 1 address')] : []),
    ...(addresses.length > limits.addresses ? [tooMany(`${path}.addresses`, addresses.length, limits.addresses)] : []),
    ...addresses.flatMap((address, index) => validateAddress(address, addressType, `${path}.addresses`, index)),
    ...(nodeName === undefined ? [] : isDns1123Subdomain(nodeName, `${path}.nodeName`)),
    ...(labels > limits.topology ? [tooMany(`${path}.deprecatedTopology`, labels, limits.topology)] : []),
    ...validateLabels(deprecatedTopology, `${path}.deprecatedTopology`),
    ...(hostname === undefined ? [] : isDns1123Label(hostname, `${path}.hostname`)),
    ...(hints === undefined ? [] : validateHints(hints, `${path}.hints`)),
  ];
}

function validateAddress(text: string, type: string, path: string, index: number): readonly FieldError[] {
  const at = `${path}[${index}]`;
  if (type === 'FQDN') return validateDomainName(text, at);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const errors = byRule(type === 'IPv4' ? ipAddress : canonicalIpAddress, text, at);
  if (errors.length > 0) return errors;
  const isOfType = `IPv${parseIp(text)?.family}` === type;
  return [
    ...(isOfType ? [] : [invalidValue(path, text, `must be an ${type} address`)]),
    ...validateEndpointIP(text, at),
  ];
}

function validateDomainName(text: string, path: string): readonly FieldError[] {
  if (text === '') return [required(path)];
  const name = text.replace(/\.$/, '');
  const wrong = dns1123Subdomain(name).join(',');
  if (wrong !== '') return [invalidValue(path, name, wrong)];
  const labels = name.split('.');
  if (labels.length < 2)
    return [invalidValue(path, name, 'should be a domain with at least two segments separated by dots')];
  const long = labels.find((label) => dns1123Label(label).length > 0);
  return long === undefined ? [] : [invalidValue(path, long, dns1123Label(long).join(','))];
}

function validateHints({ forZones = [], forNodes = [] }: EndpointHints, path: string): readonly FieldError[] {
  const zones = validateNames(forZones, `${path}.forZones`, (name, at) => byRule(validLabelValue, name, at));
  if (forZones.length > limits.hints) return zones;
  return [...zones, ...validateNames(forNodes, `${path}.forNodes`, isDns1123Subdomain)];
}

function validateNames(
  list: readonly { readonly name: string }[],
  path: string,
  rule: (name: string, path: string) => readonly FieldError[],
): readonly FieldError[] {
  if (list.length > limits.hints) return [tooMany(path, list.length, limits.hints)];
  const seen = new Set<string>();
  return list.flatMap(({ name }, index) => {
    const at = `${path}[${index}].name`;
    const errors = [...(seen.has(name) ? [duplicate(at, name)] : []), ...rule(name, at)];
    seen.add(name);
    return errors;
  });
}
