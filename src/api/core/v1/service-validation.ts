import { type FieldError, duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-error.ts';
import {
  byRule,
  isDns1123Label,
  isDns1123Subdomain,
  isOneOf,
  isPortNumberOrName,
  isQualifiedName,
} from '../../field-rules.ts';
import { cidr, ipAddress } from '../../ip-address.ts';
import { validateLabels } from '../../label-selector.ts';
import { portNumber } from '../../names.ts';
import type { Service, ServicePort } from '../../schema/core-v1.ts';
import { validateEndpointIP } from './endpoint-address.ts';
import { isHeadless } from './service-addresses.ts';
import { validateClusterIPs } from './cluster-ips-validation.ts';
import { validateTraffic } from './service-traffic-validation.ts';

/** Upstream validateService. `old` lets addresses stay that were stored once. */
export function validateService(service: Service, old?: Service): readonly FieldError[] {
  const { spec } = service;
  return [
    ...validateType(service),
    ...validatePorts(service),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(service),
    ...validateClusterIPs(service, old),
    ...validateExternalIPs(spec.externalIPs ?? [], old?.spec.externalIPs ?? []),
    ...isOneOf(spec.type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'], 'spec.type'),
    ...validatePortNumbers(service),
    ...validateLoadBalancer(service, old),
    ...validateTraffic(service),
  ];
}

function validateType(service: Service): readonly FieldError[] {
  const { type, ports = [], clusterIPs = [], ipFamilies = [], ipFamilyPolicy, externalName = '' } = service.spec;
  if (type === 'ExternalName') {
    const why = 'may not be set for ExternalName services';
    const name = externalName.replace(/\.$/, '');
    return [
      ...(clusterIPs.length > 0 ? [forbiddenField('spec.clusterIPs', why)] : []),
      ...(ipFamilies.length > 0 ? [forbiddenField('spec.ipFamilies', why)] : []),
      ...(ipFamilyPolicy === undefined ? [] : [forbiddenField('spec.ipFamilyPolicy', why)]),
      ...(name === '' ? [required('spec.externalName')] : isDns1123Subdomain(name, 'spec.externalName')),
    ];
  }
  if (!isHeadless(service)) return ports.length === 0 ? [required('spec.ports')] : [];
  return type === 'LoadBalancer' || type === 'NodePort'
    ? [invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`)]
    : [];
}

const protocols = ['SCTP', 'TCP', 'UDP'];

function validatePorts({ spec: { ports = [] } }: Service): readonly FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    const { name = '', appProtocol } = port;
    const errors: FieldError[] = [];
    if (name === '' && ports.length > 1) errors.push(required(`${at}.name`));
    else if (name !== '') {
      errors.push(...isDns1123Label(name, `${at}.name`));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    return [
      ...errors,
      ...portNumber(port.port).map((message) => invalidValue(`${at}.port`, port.port, message)),
      ...isOneOf(port.protocol, protocols, `${at}.protocol`),
      ...isPortNumberOrName(port.targetPort ?? 0, `${at}.targetPort`),
      ...(appProtocol === undefined ? [] : isQualifiedName(appProtocol, `${at}.appProtocol`)),
    ];
  });
}

/** Two ports may not be one. */
function validatePortNumbers({ spec: { type, ports = [] } }: Service): readonly FieldError[] {
  const [nodePorts, numbers] = [new Set<string>(), new Set<string>()];
  return ports.flatMap(({ protocol, port, nodePort = 0 }, index) => {
    const at = `spec.ports[${index}]`;
    const errors: FieldError[] = [];
    if (type === 'ClusterIP' && nodePort !== 0)
      errors.push(forbiddenField(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    if (nodePort !== 0 && nodePorts.has(`${protocol}/${nodePort}`)) errors.push(duplicate(`${at}.nodePort`, nodePort));
    nodePorts.add(`${protocol}/${nodePort}`);
    if (numbers.has(`${protocol}/${port}`)) errors.push(duplicate(at, shownPort({ protocol, port })));
    numbers.add(`${protocol}/${port}`);
    return errors;
  });
}

function shownPort({ protocol = '', port }: Pick<ServicePort, 'protocol' | 'port'>): unknown {
  return { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
}

function validateAffinity({ spec }: Service): readonly FieldError[] {
  const { sessionAffinity: affinity, sessionAffinityConfig: config } = spec;
  const errors = isOneOf(affinity, ['ClientIP', 'None'], 'spec.sessionAffinity');
  const path = 'spec.sessionAffinityConfig';
  if (affinity === 'None' && config !== undefined)
    return [...errors, forbiddenField(path, 'must not be set when session affinity is None')];
  if (affinity !== 'ClientIP') return errors;
  const missing = 'when session affinity type is ClientIP';
  if (config === undefined) return [...errors, required(path, missing)];
  if (config.clientIP === undefined) return [...errors, required(`${path}.clientIP`, missing)];
  const { timeoutSeconds } = config.clientIP;
  const at = `${path}.clientIP.timeoutSeconds`;
  if (timeoutSeconds === undefined) return [...errors, required(at, missing)];
  return timeoutSeconds > 0 && timeoutSeconds <= 86_400
    ? errors
    : [...errors, invalidValue(at, timeoutSeconds, 'must be greater than 0 and less than 86400')];
}

function validateExternalIPs(addresses: readonly string[], old: readonly string[]): readonly FieldError[] {
  return addresses.flatMap((address, index) => {
    const at = `spec.externalIPs[${index}]`;
    const errors = old.includes(address) ? [] : byRule(ipAddress, address, at);
    return errors.length > 0 ? errors : validateEndpointIP(address, at);
  });
}

const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';

/** Upstream spells the path of the ranges with a capital, and leaves `spec` out of the last one. */
function validateLoadBalancer({ metadata, spec }: Service, old: Service | undefined): readonly FieldError[] {
  const { type, loadBalancerSourceRanges: ranges = [], allocateLoadBalancerNodePorts, loadBalancerClass } = spec;
  const only = "may only be used when `type` is 'LoadBalancer'";
  const isOne = type === 'LoadBalancer';
  const oldRanges = (old?.spec.loadBalancerSourceRanges ?? []).map((range) => range.trim());
  const annotation = ranges.length > 0 ? undefined : metadata.annotations?.[sourceRangesAnnotation];
  const annotationPath = `metadata.annotations[${sourceRangesAnnotation}]`;
  const isNewAnnotation = annotation !== old?.metadata.annotations?.[sourceRangesAnnotation];
  const errors: FieldError[] = [];
  if (ranges.length > 0 && !isOne) errors.push(forbiddenField('spec.LoadBalancerSourceRanges', only));
  for (const [index, range] of ranges.entries())
    if (!oldRanges.includes(range.trim()))
      errors.push(...byRule(cidr, range.trim(), `spec.LoadBalancerSourceRanges[${index}]`));
  if (annotation !== undefined && !isOne) errors.push(forbiddenField(annotationPath, only));
  if (annotation !== undefined && isNewAnnotation && annotation.trim() !== '')
    for (const range of annotation.split(',')) errors.push(...byRule(cidr, range.trim(), annotationPath));
  if (allocateLoadBalancerNodePorts !== undefined && !isOne)
    errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', only));
  if (allocateLoadBalancerNodePorts === undefined && isOne) errors.push(required('allocateLoadBalancerNodePorts'));
  if (loadBalancerClass !== undefined)
    errors.push(
      ...(isOne
        ? isQualifiedName(loadBalancerClass, 'spec.loadBalancerClass')
        : [forbiddenField('spec.loadBalancerClass', only)]),
    );
  return errors;
}

/** What a load balancer may report of itself (upstream ValidateLoadBalancerStatus). */
export function validateServiceStatus({ spec, status }: Service, old: Service): readonly FieldError[] {
  const { ingress = [] } = status.loadBalancer;
  const path = 'status.loadBalancer.ingress';
  if (spec.type !== 'LoadBalancer')
    return ingress.length > 0 ? [forbiddenField(path, "may only be used when `spec.type` is 'LoadBalancer'")] : [];
  const known = (old.status.loadBalancer.ingress ?? []).map(({ ip }) => ip);
  return ingress.flatMap(({ ip = '', ipMode, hostname = '' }, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = ip === '' || known.includes(ip) ? [] : [...byRule(ipAddress, ip, `${at}.ip`)];
    if (ipMode === undefined && ip !== '') errors.push(required(`${at}.ipMode`, 'must be specified when `ip` is set'));
    else if (ipMode !== undefined && ip === '')
      errors.push(forbiddenField(`${at}.ipMode`, 'may not be specified when `ip` is not set'));
    else if (ipMode !== undefined && ipMode !== 'VIP' && ipMode !== 'Proxy')
      errors.push(notSupported(`${at}.ipMode`, ipMode, ['Proxy', 'VIP']));
    if (hostname === '') return errors;
    errors.push(...isDns1123Subdomain(hostname, `${at}.hostname`));
    if (ipAddress(hostname).length === 0)
      errors.push(invalidValue(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    return errors;
  });
}
