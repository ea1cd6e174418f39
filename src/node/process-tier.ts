import { forbiddenField, type FieldError } from '../api/field-error.ts';
import type { Container, PodSpec, ResourceRequirements } from '../api/schema/core-v1.ts';

type Refuse = (field: string, why: string) => void;

/**
 * What pods that run as processes of the machine cannot have. Refused rather than ignored: a volume that is not
 * mounted or an isolation that is not there would be found out too late. `path` is that of the pod's spec.
 */
export function processTierErrors(spec: PodSpec, path = 'spec'): readonly FieldError[] {
  const errors: FieldError[] = [];
  const refuse: Refuse = (field, why) =>
    void errors.push(forbiddenField(`${path}.${field}`, `pods run as processes here: ${why}`));
  for (const [index] of (spec.volumes ?? []).entries())
    refuse(`volumes[${index}]`, 'they see the files of the machine, and no volumes can be mounted');
  isolationErrors(spec, refuse);
  networkErrors(spec, refuse);
  if (spec.automountServiceAccountToken === true) refuse('automountServiceAccountToken', 'no token can be mounted');
  if (spec.runtimeClassName !== undefined) refuse('runtimeClassName', 'there is one runtime');
  if (spec.os !== undefined && spec.os.name !== 'linux') refuse('os.name', 'they run on Linux');
  if ((spec.ephemeralContainers ?? []).length > 0) refuse('ephemeralContainers', 'they have no namespaces to join');
  for (const [index] of (spec.resourceClaims ?? []).entries())
    refuse(`resourceClaims[${index}]`, 'no devices are handed out by claims');
  if (spec.schedulingGroup !== undefined) refuse('schedulingGroup', 'pods are not scheduled in groups');
  resourceErrors(spec.resources, 'resources', refuse);
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries())
      containerErrors(container, `${list}[${index}]`, spec, refuse);
  }
  return errors;
}

function isolationErrors(spec: PodSpec, refuse: Refuse): void {
  if (spec.hostPID === true) refuse('hostPID', 'it cannot be switched');
  if (spec.hostIPC === true) refuse('hostIPC', 'it cannot be switched');
  if (spec.shareProcessNamespace === true) refuse('shareProcessNamespace', 'there are no process namespaces');
  if (spec.hostUsers === false) refuse('hostUsers', 'there are no user namespaces');
  if (Object.keys(spec.securityContext ?? {}).length > 0)
    refuse('securityContext', 'they run as the user of the engine, without isolation');
}

function networkErrors(spec: PodSpec, refuse: Refuse): void {
  const machineName = 'they have the name of the machine';
  if ((spec.hostname ?? '') !== '') refuse('hostname', machineName);
  if ((spec.subdomain ?? '') !== '') refuse('subdomain', machineName);
  if (spec.hostnameOverride !== undefined) refuse('hostnameOverride', machineName);
  if (spec.setHostnameAsFQDN === true) refuse('setHostnameAsFQDN', machineName);
  const machineLookup = 'names are looked up as the machine does';
  for (const [index] of (spec.hostAliases ?? []).entries()) refuse(`hostAliases[${index}]`, machineLookup);
  if (spec.dnsConfig !== undefined) refuse('dnsConfig', machineLookup);
  if (spec.dnsPolicy === 'None') refuse('dnsPolicy', machineLookup);
}

function resourceErrors(resources: ResourceRequirements | undefined, at: string, refuse: Refuse): void {
  for (const list of ['requests', 'limits'] as const) {
    for (const name of Object.keys(resources?.[list] ?? {})) {
      if (name === 'ephemeral-storage') refuse(`${at}.${list}[${name}]`, 'their use of the disk is not measured');
      if (name.startsWith('hugepages-')) refuse(`${at}.${list}[${name}]`, 'huge pages cannot be limited');
    }
  }
  for (const [index] of (resources?.claims ?? []).entries())
    refuse(`${at}.claims[${index}]`, 'no devices are handed out by claims');
}

const defaultMessagePath = '/dev/termination-log';

function containerErrors(container: Container, at: string, { hostNetwork }: PodSpec, refuse: Refuse): void {
  for (const [index] of (container.volumeMounts ?? []).entries())
    refuse(`${at}.volumeMounts[${index}]`, 'no volumes can be mounted');
  for (const [index] of (container.volumeDevices ?? []).entries())
    refuse(`${at}.volumeDevices[${index}]`, 'no devices can be mapped');
  if (Object.keys(container.securityContext ?? {}).length > 0)
    refuse(`${at}.securityContext`, 'they run as the user of the engine, without isolation');
  if (container.tty === true) refuse(`${at}.tty`, 'there is no terminal');
  if (container.stdin === true) refuse(`${at}.stdin`, 'standard input is closed');
  if ((container.terminationMessagePath ?? defaultMessagePath) !== defaultMessagePath)
    refuse(`${at}.terminationMessagePath`, 'the file for last words is where SLIPWAY_TERMINATION_LOG says');
  for (const [index, { valueFrom }] of (container.env ?? []).entries()) {
    if (valueFrom?.fileKeyRef !== undefined)
      refuse(`${at}.env[${index}].valueFrom.fileKeyRef`, 'no volumes can be mounted');
  }
  for (const [index, { hostPort = 0, containerPort }] of (container.ports ?? []).entries()) {
    if (hostPort === 0) continue;
    if (hostNetwork !== true) refuse(`${at}.ports[${index}].hostPort`, 'they have addresses of their own');
    else if (hostPort !== containerPort) refuse(`${at}.ports[${index}].hostPort`, 'ports are not translated');
  }
  resourceErrors(container.resources, `${at}.resources`, refuse);
  for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
    if (container[kind]?.grpc !== undefined) refuse(`${at}.${kind}.grpc`, 'gRPC probes are not served yet');
  }
  const { postStart, preStop, stopSignal } = container.lifecycle ?? {};
  for (const [hook, handler] of Object.entries({ postStart, preStop })) {
    if (handler?.tcpSocket !== undefined) refuse(`${at}.lifecycle.${hook}.tcpSocket`, 'it is no handler of a hook');
  }
  if (stopSignal !== undefined) refuse(`${at}.lifecycle.stopSignal`, 'SIGTERM is sent');
  for (const [index, { action }] of (container.restartPolicyRules ?? []).entries()) {
    if (action === 'RestartAllContainers')
      refuse(`${at}.restartPolicyRules[${index}].action`, 'a container is restarted alone');
  }
}
