import type { Mutable } from '../../kind.ts';
import { canonical, canonicalResourceList, canonicalResources } from '../../resource-list.ts';
import type { Container, EphemeralContainer, PodSpec, PodTemplateSpec, Probe } from '../../schema/core-v1.ts';
import { imageTag } from './image-name.ts';
import { setVolumeDefaults } from './volume-defaults.ts';

/** What pods and templates share (upstream SetDefaults_PodSpec and below, pkg/apis/core/v1/defaults.go). */
export function setPodSpecDefaults(spec: Mutable<PodSpec>): void {
  spec.containers ??= [];
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.restartPolicy ||= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= 'default-scheduler';
  // Two names of one field: readers of either find it.
  if ((spec.serviceAccountName ?? '') !== '') spec.serviceAccount = spec.serviceAccountName;
  else if ((spec.serviceAccount ?? '') !== '') spec.serviceAccountName = spec.serviceAccount;
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
  for (const container of containersOf(spec)) setContainerDefaults(container);
  canonicalResourceList(spec.overhead);
  canonicalResources(spec.resources);
}

export function setTemplateDefaults(template: Mutable<PodTemplateSpec>): void {
  template.metadata ??= {};
  template.spec ??= { containers: [] };
  setPodSpecDefaults(template.spec);
}

export function containersOf(spec: Mutable<PodSpec>): readonly Mutable<Container | EphemeralContainer>[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
}

function setContainerDefaults(container: Mutable<Container | EphemeralContainer>): void {
  container.resources ??= {};
  container.imagePullPolicy ||= imageTag(container.image ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ||= 'v1';
    if (valueFrom?.fileKeyRef !== undefined) valueFrom.fileKeyRef.optional ??= false;
    if (valueFrom?.resourceFieldRef !== undefined)
      valueFrom.resourceFieldRef.divisor = canonical(valueFrom.resourceFieldRef.divisor ?? '0');
  }
  canonicalResources(container.resources);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe])
    if (probe !== undefined) setProbeDefaults(probe);
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop])
    if (handler?.httpGet !== undefined) setHttpGetDefaults(handler.httpGet);
}

function setProbeDefaults(probe: Mutable<Probe>): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet !== undefined) setHttpGetDefaults(probe.httpGet);
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
}

function setHttpGetDefaults(action: { path?: string | undefined; scheme?: string | undefined }): void {
  action.path ||= '/';
  action.scheme ||= 'HTTP';
}
