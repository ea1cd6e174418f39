import { forbiddenField, type FieldError } from '../api/field-error.ts';
import type { Container, PodSpec } from '../api/schema/core-v1.ts';

/**
 * What pods that run as processes of the machine cannot have. Refused rather than ignored: a volume that is not
 * mounted or an isolation that is not there would be found out too late. `path` is that of the pod's spec.
 */
export function processTierErrors(spec: PodSpec, path = 'spec'): readonly FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (field: string, why: string): void =>
    void errors.push(forbiddenField(`${path}.${field}`, `pods run as processes here: ${why}`));
  for (const [index] of (spec.volumes ?? []).entries())
    refuse(`volumes[${index}]`, 'they see the files of the machine, and no volumes can be mounted');
  if (spec.hostPID === true) refuse('hostPID', 'it cannot be switched');
  if (spec.hostIPC === true) refuse('hostIPC', 'it cannot be switched');
  if (spec.shareProcessNamespace === true) refuse('shareProcessNamespace', 'there are no process namespaces');
  if (spec.hostUsers === false) refuse('hostUsers', 'there are no user namespaces');
  if (spec.runtimeClassName !== undefined) refuse('runtimeClassName', 'there is one runtime');
  if (spec.os !== undefined && spec.os.name !== 'linux') refuse('os.name', 'they run on Linux');
  if (Object.keys(spec.securityContext ?? {}).length > 0)
    refuse('securityContext', 'they run as the user of the engine, without isolation');
  if ((spec.ephemeralContainers ?? []).length > 0) refuse('ephemeralContainers', 'they have no namespaces to join');
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries())
      containerErrors(container, `${list}[${index}]`, refuse);
  }
  return errors;
}

function containerErrors(container: Container, at: string, refuse: (field: string, why: string) => void): void {
  for (const [index] of (container.volumeMounts ?? []).entries())
    refuse(`${at}.volumeMounts[${index}]`, 'no volumes can be mounted');
  for (const [index] of (container.volumeDevices ?? []).entries())
    refuse(`${at}.volumeDevices[${index}]`, 'no devices can be mapped');
  if (Object.keys(container.securityContext ?? {}).length > 0)
    refuse(`${at}.securityContext`, 'they run as the user of the engine, without isolation');
  if (container.tty === true) refuse(`${at}.tty`, 'there is no terminal');
  if (container.stdin === true) refuse(`${at}.stdin`, 'standard input is closed');
  for (const [index, { hostPort, containerPort }] of (container.ports ?? []).entries()) {
    if (hostPort !== undefined && hostPort !== 0 && hostPort !== containerPort)
      refuse(`${at}.ports[${index}].hostPort`, 'ports are not translated');
  }
  for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
    if (container[kind]?.grpc !== undefined) refuse(`${at}.${kind}.grpc`, 'gRPC probes are not served yet');
  }
  const { postStart, preStop, stopSignal } = container.lifecycle ?? {};
  if (postStart?.tcpSocket !== undefined || preStop?.tcpSocket !== undefined)
    refuse(`${at}.lifecycle`, 'tcpSocket is no handler of a hook');
  if (stopSignal !== undefined) refuse(`${at}.lifecycle.stopSignal`, 'SIGTERM is sent');
}
