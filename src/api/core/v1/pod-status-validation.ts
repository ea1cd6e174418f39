import { type FieldError, forbiddenField, invalidValue } from '../../field-error.ts';
import { byRule, isDns1123Subdomain, isQualifiedName, isUnchanged } from '../../field-rules.ts';
import { ipAddress, parseIp } from '../../ip-address.ts';
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from '../../schema/core-v1.ts';
import { validateAnnotationUpdates, validatePodAnnotations } from './pod-annotations.ts';
import { isSidecar } from './pod-resources.ts';

/** What the node agent may write (upstream ValidatePodStatusUpdate, without claims and device health). */
export function validatePodStatusUpdate(pod: Pod, old: Pod): readonly FieldError[] {
  const { status } = pod;
  const { spec } = old;
  return [
    ...validateAnnotationUpdates(pod.metadata.annotations, old.metadata.annotations, 'metadata.annotations'),
    ...validatePodAnnotations(pod.metadata.annotations, spec.nodeName, 'metadata.annotations'),
    ...validateConditions(status),
    ...validateNomination(pod, old),
    ...isNotNegative(status.observedGeneration, 'status.observedGeneration'),
    ...isUnchanged(status.qosClass ?? '', old.status.qosClass ?? '', 'status.qosClass'),
    ...(['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const).flatMap((list) =>
      validateTransitions(status[list] ?? [], old.status[list] ?? [], `status.${list}`, spec),
    ),
    ...validateAddresses('podIPs', status, old.status),
    ...validateHostIP(status),
    ...validateAddresses('hostIPs', status, old.status),
  ];
}

const systemConditions = new Set(['PodScheduled', 'Ready', 'Initialized']);

function validateConditions({ conditions = [] }: PodStatus): readonly FieldError[] {
  return conditions.flatMap(({ type, observedGeneration }, index) => [
    ...isNotNegative(observedGeneration, `status.conditions[${index}].observedGeneration`),
    ...(systemConditions.has(type) ? [] : isQualifiedName(type, `status.conditions[${index}].Type`)),
  ]);
}

function isNotNegative(value: number | undefined, path: string): readonly FieldError[] {
  return (value ?? 0) < 0 ? [invalidValue(path, value, 'must be a non-negative integer')] : [];
}

function validateNomination(pod: Pod, old: Pod): readonly FieldError[] {
  const path = 'status.nominatedNodeName';
  const { nominatedNodeName: name = '' } = pod.status;
  if (name === '' || name === (old.status.nominatedNodeName ?? '')) return [];
  const isBound = (old.spec.nodeName ?? '') !== '';
  return [
    ...isDns1123Subdomain(name, path),
    ...(isBound ? [forbiddenField(path, 'may not be set on pods that are already bound to a node')] : []),
  ];
}

/** A container that has ended for good stays so. */
function validateTransitions(
  now: readonly ContainerStatus[],
  before: readonly ContainerStatus[],
  path: string,
  spec: PodSpec,
): readonly FieldError[] {
  const isEphemeral = path.endsWith('ephemeralContainerStatuses');
  if (!isEphemeral && allCouldRestart(spec)) return [];
  const containers = path.endsWith('initContainerStatuses') ? (spec.initContainers ?? []) : spec.containers;
  return before.flatMap(({ name, state }, index) => {
    const next = now.find((one) => one.name === name);
    if (state?.terminated === undefined || next === undefined || next.state?.terminated !== undefined) return [];
    const container = isEphemeral ? undefined : containers.find((one) => one.name === name);
    if (container !== undefined && mayRestart(container, spec, state.terminated.exitCode)) return [];
    return [forbiddenField(`${path}[${index}].state`, 'may not be transitioned to non-terminated state')];
  });
}

/** Some container's rules restart everything. */
function allCouldRestart(spec: PodSpec): boolean {
  return [...spec.containers, ...(spec.initContainers ?? [])].some((container) =>
    (container.restartPolicyRules ?? []).some(({ action }) => action === 'RestartAllContainers'),
  );
}

/** Upstream podutil.ContainerShouldRestart: rules, then the container's policy, then the pod's. */
export function mayRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    const isListed = exitCodes?.values?.includes(exitCode) === true;
    const matches = exitCodes?.operator === 'In' ? isListed : exitCodes?.operator === 'NotIn' && !isListed;
    if (matches) return action === 'Restart' || action === 'RestartAllContainers';
  }
  const policy = isSidecar(container) ? 'Always' : (container.restartPolicy ?? spec.restartPolicy);
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

function validateAddresses(list: 'podIPs' | 'hostIPs', status: PodStatus, old: PodStatus): readonly FieldError[] {
  const [now, before] = [status[list] ?? [], (old[list] ?? []).map(({ ip }) => ip)];
  const path = `status.${list}`;
  const errors: FieldError[] = now.flatMap(({ ip }, index) =>
    before.includes(ip) ? [] : byRule(ipAddress, ip, `${path}[${index}]`),
  );
  const families = now.map(({ ip }) => parseIp(ip)?.family);
  if (now.length > 2 || (now.length === 2 && families[0] === families[1]))
    errors.push(
      invalidValue(
        path,
        now.map(({ ip }) => ({ IP: ip })),
        'may specify no more than one IP for each IP family',
      ),
    );
  return errors;
}

function validateHostIP({ hostIP = '', hostIPs = [] }: PodStatus): readonly FieldError[] {
  const first = hostIPs[0]?.ip;
  return first === undefined || first === hostIP
    ? []
    : [invalidValue('status.hostIPs[0].ip', first, 'must be equal to `hostIP`')];
}
