import { type FieldError, invalidValue, required } from '../../field-error.ts';
import { isOneOf, isOneOfOrAbsent } from '../../field-rules.ts';
import { portNumber } from '../../names.ts';
import type { Service } from '../../schema/core-v1.ts';
import { needsHealthCheckPort } from './service-addresses.ts';
import { isReachableFromOutside } from './service-defaults.ts';

const policies = ['Cluster', 'Local'];
const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

/** Where the traffic of a service goes (upstream validateServiceExternalTrafficPolicy and what follows it). */
export function validateTraffic(service: Service): readonly FieldError[] {
  const { type, internalTrafficPolicy, trafficDistribution } = service.spec;
  return [
    ...validateExternal(service),
    ...validateHealthCheck(service),
    ...(internalTrafficPolicy === undefined && type !== 'ExternalName' ? [required('spec.internalTrafficPolicy')] : []),
    ...isOneOfOrAbsent(internalTrafficPolicy, policies, 'spec.internalTrafficPolicy'),
    ...isOneOfOrAbsent(trafficDistribution, distributions, 'spec.trafficDistribution'),
  ];
}

function validateExternal(service: Service): readonly FieldError[] {
  const path = 'spec.externalTrafficPolicy';
  const { externalTrafficPolicy: policy = '' } = service.spec;
  if (isReachableFromOutside(service)) return isOneOf(policy, policies, path);
  return policy === '' ? [] : [invalidValue(path, policy, 'may only be set for externally-accessible services')];
}

function validateHealthCheck(service: Service): readonly FieldError[] {
  const path = 'spec.healthCheckNodePort';
  const { healthCheckNodePort: port = 0 } = service.spec;
  if (!needsHealthCheckPort(service)) {
    const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    return port === 0 ? [] : [invalidValue(path, port, why)];
  }
  return port === 0 ? [required(path)] : portNumber(port).map((message) => invalidValue(path, port, message));
}
