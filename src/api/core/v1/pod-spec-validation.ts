import { type FieldError, duplicate, forbiddenField, invalidValue, required, tooLong } from '../../field-error.ts';
import { byRule, isDns1123Label, isDns1123Subdomain, isOneOf, isQualifiedName } from '../../field-rules.ts';
import { ipAddress } from '../../ip-address.ts';
import { validateLabels } from '../../label-selector.ts';
import { byteLength, dns1123Subdomain, inRange } from '../../names.ts';
import type { PodSpec } from '../../schema/core-v1.ts';
import { validateAffinity } from './affinity-validation.ts';
import {
  type ContainerSurroundings,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from './container-validation.ts';
import { validateDnsConfig } from './dns-config-validation.ts';
import { validateFileKeyVolumes } from './file-key-volumes.ts';
import { validatePodLevelResources, validatePodClaims } from './pod-level-resources.ts';
import { validateResourceRequirements } from './resource-requirements.ts';
import { validatePodSecurityContext } from './security-context-validation.ts';
import { validateTolerations } from './toleration-validation.ts';
import { validateTopologySpread } from './topology-spread-validation.ts';
import { validateVolumes } from './volume-validation.ts';

const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/**
 * The rules of a pod's spec, in a pod (`podName` as far as it is known) or a template
 * (upstream ValidatePodSpec; rules for Windows alone are left out).
 */
export function validatePodSpec(
  spec: PodSpec,
  path: string,
  { podName = '', isPod }: { readonly podName?: string; readonly isPod: boolean },
): readonly FieldError[] {
  const { volumes, errors: volumeErrors } = validateVolumes(spec.volumes ?? [], `${path}.volumes`, { podName, isPod });
  const podClaims = new Set((spec.resourceClaims ?? []).map(({ name }) => name).filter((name) => name !== ''));
  const around: ContainerSurroundings = { spec, volumes, podClaims };
  return [
    ...volumeErrors,
    ...validatePodClaims(spec.resourceClaims ?? [], `${path}.resourceClaims`),
    ...validateContainers(around, `${path}.containers`),
    ...validateInitContainers(around, `${path}.initContainers`),
    ...validateEphemeralContainers(around, `${path}.ephemeralContainers`),
    ...validatePodLevelResources(spec, `${path}.resources`, podClaims),
    ...validateHostPortsOnHostNetwork(spec, path, isPod),
    ...isOneOf(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], `${path}.restartPolicy`),
    ...isOneOf(spec.dnsPolicy, dnsPolicies, `${path}.dnsPolicy`),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validatePodSecurityContext(spec.securityContext, spec, `${path}.securityContext`),
    ...(spec.affinity === undefined ? [] : validateAffinity(spec.affinity, `${path}.affinity`)),
    ...validateDnsConfig(spec, `${path}.dnsConfig`),
    ...validateGates(spec, path),
    ...validateTopologySpread(spec.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`),
    ...validateHostUsers(spec, path),
    ...validateHostname(spec, path),
    ...validateNames(spec, path),
    ...validateTolerations(spec.tolerations ?? [], `${path}.tolerations`),
    ...validateHostAliases(spec, `${path}.hostAliases`),
    ...validateClasses(spec, path, podClaims),
    ...validateOs(spec, `${path}.os`),
    ...validateFileKeyVolumes(spec, path),
  ];
}

function validateHostPortsOnHostNetwork(spec: PodSpec, path: string, isPod: boolean): readonly FieldError[] {
  if (spec.hostNetwork !== true) return [];
  const why = 'must match `containerPort` when `hostNetwork` is true';
  return spec.containers.flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, containerPort }, number) =>
      (isPod || hostPort !== 0) && hostPort !== containerPort
        ? [invalidValue(`${path}.containers[${index}].ports[${number}].hostPort`, hostPort, why)]
        : [],
    ),
  );
}

function validateGates({ readinessGates = [], schedulingGates = [] }: PodSpec, path: string): readonly FieldError[] {
  const seen = new Set<string>();
  return [
    ...readinessGates.flatMap(({ conditionType }, index) =>
      isQualifiedName(conditionType, `${path}.readinessGates[${index}].conditionType`),
    ),
    ...schedulingGates.flatMap(({ name }, index) => {
      const at = `${path}.schedulingGates[${index}]`;
      const errors = [...isQualifiedName(name, at), ...(seen.has(name) ? [duplicate(at, name)] : [])];
      seen.add(name);
      return errors;
    }),
  ];
}

/** Upstream spells these two paths with capitals. */
function validateHostUsers({ hostUsers, hostPID, hostIPC }: PodSpec, path: string): readonly FieldError[] {
  if (hostUsers !== false) return [];
  const why = 'when `hostUsers` is false';
  return [
    ...(hostPID === true ? [forbiddenField(`${path}.HostPID`, why)] : []),
    ...(hostIPC === true ? [forbiddenField(`${path}.HostIPC`, why)] : []),
  ];
}

function validateHostname(spec: PodSpec, path: string): readonly FieldError[] {
  const { hostnameOverride, setHostnameAsFQDN, hostNetwork } = spec;
  if (hostnameOverride === undefined) return [];
  const at = `${path}.hostnameOverride`;
  return [
    ...(setHostnameAsFQDN === true ? [forbiddenField(at, 'may not be specified when setHostnameAsFQDN is true')] : []),
    ...(hostNetwork === true ? [forbiddenField(at, 'may not be specified when hostNetwork is true')] : []),
    ...(byteLength(hostnameOverride) > 64 ? [tooLong(at, 64)] : []),
    ...isDns1123Subdomain(hostnameOverride, at),
  ];
}

function validateNames(spec: PodSpec, path: string): readonly FieldError[] {
  const { serviceAccountName = '', nodeName = '', activeDeadlineSeconds, hostname = '', subdomain = '' } = spec;
  const deadline = activeDeadlineSeconds ?? 1;
  return [
    ...(serviceAccountName === '' ? [] : isDns1123Subdomain(serviceAccountName, `${path}.serviceAccountName`)),
    ...(nodeName === '' ? [] : isDns1123Subdomain(nodeName, `${path}.nodeName`)),
    ...inRange(deadline, 1, 2 ** 31 - 1).map((why) => invalidValue(`${path}.activeDeadlineSeconds`, deadline, why)),
    ...(hostname === '' ? [] : isDns1123Label(hostname, `${path}.hostname`)),
    ...(subdomain === '' ? [] : isDns1123Label(subdomain, `${path}.subdomain`)),
  ];
}

function validateHostAliases({ hostAliases = [] }: PodSpec, path: string): readonly FieldError[] {
  return hostAliases.flatMap(({ ip, hostnames = [] }, index) => [
    ...byRule(ipAddress, ip, `${path}[${index}].ip`),
    ...hostnames.flatMap((name, number) => isDns1123Subdomain(name, `${path}[${index}].hostnames[${number}]`)),
  ]);
}

function validateClasses(spec: PodSpec, path: string, podClaims: ReadonlySet<string>): readonly FieldError[] {
  const { priorityClassName = '', runtimeClassName, preemptionPolicy, overhead } = spec;
  return [
    ...(priorityClassName === '' ? [] : isDns1123Subdomain(priorityClassName, `${path}.priorityClassName`)),
    ...(runtimeClassName === undefined ? [] : byRule(dns1123Subdomain, runtimeClassName, `${path}.runtimeClassName`)),
    ...(preemptionPolicy === undefined
      ? []
      : isOneOf(preemptionPolicy, ['PreemptLowerPriority', 'Never'], `${path}.preemptionPolicy`)),
    ...(overhead === undefined
      ? []
      : validateResourceRequirements({ limits: overhead }, `${path}.overhead`, { level: 'container', podClaims })),
  ];
}

function validateOs({ os }: PodSpec, path: string): readonly FieldError[] {
  if (os === undefined) return [];
  return os.name === '' ? [required(`${path}.name`)] : isOneOf(os.name, ['linux', 'windows'], path);
}
