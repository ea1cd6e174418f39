import {
  type FieldError,
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundValue,
  required,
} from '../../field-error.ts';
import { isDns1123Label, isOneOf } from '../../field-rules.ts';
import { portName, portNumber } from '../../names.ts';
import type {
  Container,
  ContainerPort,
  ContainerResizePolicy,
  EphemeralContainer,
  PodSpec,
} from '../../schema/core-v1.ts';
import { validateEnv, validateEnvFrom } from './env-validation.ts';
import { isSidecar } from './pod-resources.ts';
import { validateLifecycle, validateProbes } from './probe-validation.ts';
import { validateResourceRequirements } from './resource-requirements.ts';
import { validateRestartRules } from './restart-rules.ts';
import { validateSecurityContext } from './security-context-validation.ts';
import { type VolumesByName, validateVolumeDevices, validateVolumeMounts } from './volume-mount-validation.ts';

/** What a container's rules depend on beside itself. */
export interface ContainerSurroundings {
  readonly spec: PodSpec;
  readonly volumes: VolumesByName;
  readonly podClaims: ReadonlySet<string>;
}

/** The main containers (upstream validateContainers). */
export function validateContainers(around: ContainerSurroundings, path: string): readonly FieldError[] {
  const { containers, terminationGracePeriodSeconds: graceSeconds } = around.spec;
  if (containers.length === 0) return [required(path)];
  const names = new Set<string>();
  return [
    ...containers.flatMap((container, index) => {
      const at = `${path}[${index}]`;
      const { name, lifecycle } = container;
      const errors: FieldError[] = [...validateCommon(container, around, at)];
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
      if (lifecycle !== undefined) errors.push(...validateLifecycle(lifecycle, `${at}.lifecycle`, graceSeconds));
      return [...errors, ...validateProbes(container, at), ...validateRestartRules(container, at)];
    }),
    ...validateHostPorts(containers, path),
  ];
}

const withoutSidecar = 'may not be set for init containers without restartPolicy=Always';

/** Upstream validateInitContainers: hooks and probes are for sidecars alone. */
export function validateInitContainers(around: ContainerSurroundings, path: string): readonly FieldError[] {
  const { containers, initContainers = [], terminationGracePeriodSeconds: graceSeconds } = around.spec;
  const names = new Set(containers.map(({ name }) => name));
  return initContainers.flatMap((container, index) => {
    const at = `${path}[${index}]`;
    const { name, lifecycle } = container;
    const errors: FieldError[] = [...validateCommon(container, around, at)];
    // Without a policy, one error says it all.
    const ruleErrors = validateRestartRules(container, at);
    errors.push(...(container.restartPolicy === undefined ? ruleErrors.slice(0, 1) : ruleErrors));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else if (name !== '') names.add(name);
    errors.push(...validateHostPorts([container], path));
    if (isSidecar(container)) {
      if (lifecycle !== undefined) errors.push(...validateLifecycle(lifecycle, `${at}.lifecycle`, graceSeconds));
      return [...errors, ...validateProbes(container, at)];
    }
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
      if (container[field] !== undefined) errors.push(forbiddenField(`${at}.${field}`, withoutSidecar));
    for (const [number, { restartPolicy }] of (container.resizePolicy ?? []).entries())
      if (restartPolicy === 'RestartContainer') {
        const why = "must not be set to 'RestartContainer' for non-sidecar initContainers";
        errors.push(invalidValue(`${at}.resizePolicy[${number}].restartPolicy`, restartPolicy, why));
      }
    return errors;
  });
}

const forbiddenForEphemeral = [
  'lifecycle',
  'livenessProbe',
  'ports',
  'readinessProbe',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'startupProbe',
] as const;

/** Containers that join a running pod (upstream validateEphemeralContainers). */
export function validateEphemeralContainers(around: ContainerSurroundings, path: string): readonly FieldError[] {
  const { containers, initContainers = [], ephemeralContainers = [] } = around.spec;
  const others = new Set([...containers, ...initContainers].map(({ name }) => name));
  const names = new Set(others);
  return ephemeralContainers.flatMap((container, index) => {
    const at = `${path}[${index}]`;
    const { name, targetContainerName: target = '', resources } = container;
    const errors: FieldError[] = [...validateCommon(container, around, at), ...validateImageSpaces(container, at)];
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (target !== '' && !others.has(target)) errors.push(notFoundValue(`${at}.targetContainerName`, target));
    const forbid = (field: string): void => {
      errors.push(forbiddenField(`${at}.${field}`, 'cannot be set for an Ephemeral Container'));
    };
    for (const field of forbiddenForEphemeral) if (container[field] !== undefined) forbid(field);
    if (Object.values(resources ?? {}).some((list) => list !== undefined)) forbid('resources');
    for (const [number, { subPath = '', subPathExpr = '' }] of (container.volumeMounts ?? []).entries()) {
      if (subPath !== '') forbid(`volumeMounts[${number}].subPath`);
      if (subPathExpr !== '') forbid(`volumeMounts[${number}].subPathExpr`);
    }
    return errors;
  });
}

export function validateImageSpaces(
  { image = '' }: Container | EphemeralContainer,
  path: string,
): readonly FieldError[] {
  return image.trim() === image
    ? []
    : [invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace')];
}

function validateCommon(
  container: Container | EphemeralContainer,
  { spec, volumes, podClaims }: ContainerSurroundings,
  path: string,
): readonly FieldError[] {
  const { name, image = '', resources, terminationMessagePolicy } = container;
  return [
    ...(name === '' ? [required(`${path}.name`)] : isDns1123Label(name, `${path}.name`)),
    ...(image === '' ? [required(`${path}.image`)] : []),
    ...isOneOf(terminationMessagePolicy, ['File', 'FallbackToLogsOnError'], `${path}.terminationMessagePolicy`),
    ...validatePorts(container.ports ?? [], `${path}.ports`),
    ...validateEnv(container.env ?? [], `${path}.env`),
    ...validateEnvFrom(container.envFrom ?? [], `${path}.envFrom`),
    ...validateVolumeMounts(container, volumes, `${path}.volumeMounts`),
    ...validateVolumeDevices(container, volumes, `${path}.volumeDevices`),
    ...isOneOf(container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never'], `${path}.imagePullPolicy`),
    ...validateResourceRequirements(resources, `${path}.resources`, { level: 'container', podClaims }),
    ...validateResizePolicy(container.resizePolicy ?? [], `${path}.resizePolicy`, spec.restartPolicy),
    ...validateSecurityContext(container.securityContext, `${path}.securityContext`, {
      hostUsers: spec.hostUsers !== false,
    }),
  ];
}

const protocols = ['SCTP', 'TCP', 'UDP'];

function validatePorts(ports: readonly ContainerPort[], path: string): readonly FieldError[] {
  const names = new Set<string>();
  return ports.flatMap(({ name = '', containerPort, hostPort = 0, protocol }, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    if (name !== '') {
      const wrong = portName(name);
      for (const message of wrong) errors.push(invalidValue(`${at}.name`, name, message));
      if (wrong.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      if (wrong.length === 0) names.add(name);
    }
    if (containerPort === 0) errors.push(required(`${at}.containerPort`));
    else
      for (const message of portNumber(containerPort))
        errors.push(invalidValue(`${at}.containerPort`, containerPort, message));
    if (hostPort !== 0)
      for (const message of portNumber(hostPort)) errors.push(invalidValue(`${at}.hostPort`, hostPort, message));
    return [...errors, ...isOneOf(protocol, protocols, `${at}.protocol`)];
  });
}

/** Two containers of a pod cannot hold one port of the host. */
function validateHostPorts(containers: readonly Container[], path: string): readonly FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ protocol = '', hostIP = '', hostPort = 0 }, number) => {
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (hostPort === 0) return [];
      if (taken.has(key)) return [duplicate(`${path}[${index}].ports[${number}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

function validateResizePolicy(
  policies: readonly ContainerResizePolicy[],
  path: string,
  podRestartPolicy: string | undefined,
): readonly FieldError[] {
  const seen = new Set<string>();
  return policies.flatMap(({ resourceName, restartPolicy }, index) => {
    const errors: FieldError[] = seen.has(resourceName) ? [duplicate(`${path}[${index}]`, resourceName)] : [];
    seen.add(resourceName);
    errors.push(...isOneOf(resourceName, ['cpu', 'memory'], path));
    errors.push(...isOneOf(restartPolicy, ['NotRequired', 'RestartContainer'], path));
    const why = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired')
      errors.push(invalidValue(path, restartPolicy, why));
    return errors;
  });
}
