import { type FieldError, invalidValue, required } from '../../field-error.ts';
import { byRule, isDns1123Label, isDns1123Subdomain, isEqual, isOneOf, isQualifiedName } from '../../field-rules.ts';
import { ipAddress } from '../../ip-address.ts';
import { portNumber } from '../../names.ts';
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../../schema/core-v1.ts';
import { validateEndpointIP } from './endpoint-address.ts';

/** Upstream ValidateEndpoints. */
export function validateEndpoints({ subsets = [] }: Endpoints): readonly FieldError[] {
  return subsets.flatMap((subset, index) => validateSubset(subset, `subsets[${index}]`));
}

/** What has been stored once may stay as it is. */
export function validateEndpointsUpdate(endpoints: Endpoints, old: Endpoints): readonly FieldError[] {
  return isEqual(endpoints.subsets, old.subsets) ? [] : validateEndpoints(endpoints);
}

function validateSubset(subset: EndpointSubset, path: string): readonly FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  return [
    ...(addresses.length + notReadyAddresses.length === 0
      ? [required(path, 'must specify `addresses` or `notReadyAddresses`')]
      : []),
    ...addresses.flatMap((address, index) => validateAddress(address, `${path}.addresses[${index}]`)),
    ...notReadyAddresses.flatMap((address, index) => validateAddress(address, `${path}.notReadyAddresses[${index}]`)),
    ...ports.flatMap((port, index) => validatePort(port, `${path}.ports[${index}]`, ports.length > 1)),
  ];
}

function validateAddress({ ip, hostname = '', nodeName }: EndpointAddress, path: string): readonly FieldError[] {
  return [
    ...byRule(ipAddress, ip, `${path}.ip`),
    ...(hostname === '' ? [] : isDns1123Label(hostname, `${path}.hostname`)),
    ...(nodeName === undefined ? [] : isDns1123Subdomain(nodeName, `${path}.nodeName`)),
    ...validateEndpointIP(ip, `${path}.ip`),
  ];
}

function validatePort(
  { name = '', port, protocol, appProtocol }: EndpointPort,
  path: string,
  needsName: boolean,
): readonly FieldError[] {
  const nameErrors = name === '' ? (needsName ? [required(`${path}.name`)] : []) : isDns1123Label(name, `${path}.name`);
  return [
    ...nameErrors,
    ...portNumber(port).map((message) => invalidValue(`${path}.port`, port, message)),
    ...isOneOf(protocol, ['SCTP', 'TCP', 'UDP'], `${path}.protocol`),
    ...(appProtocol === undefined ? [] : isQualifiedName(appProtocol, `${path}.appProtocol`)),
  ];
}
