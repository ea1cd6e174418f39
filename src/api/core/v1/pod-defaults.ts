import type { Mutable } from '../../kind.ts';
import type { Container, Pod, ResourceList } from '../../schema/core-v1.ts';
import { canonicalResourceList, canonicalResources } from '../../resource-list.ts';
import { setPodSpecDefaults } from './pod-spec-defaults.ts';
import { containerTotal, formatResources, isPodLevelResource } from './pod-resources.ts';

/** Upstream's SetDefaults_Pod: what pods have beyond templates. */
export function setPodDefaults(pod: Mutable<Pod>): void {
  pod.spec ??= { containers: [] };
  pod.status ??= {};
  const { spec } = pod;
  // What is negative has always meant one second.
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  spec.containers ??= [];
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  for (const container of containers) requestWhatIsLimited(container);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) for (const container of containers) exposePortsOnHost(container);
  setPodSpecDefaults(spec);
  setPodLevelResources(pod);
  setStatusDefaults(pod);
}

function requestWhatIsLimited(container: Mutable<Container>): void {
  container.resources ??= {};
  const { limits, requests } = container.resources;
  if (limits !== undefined) container.resources.requests = { ...limits, ...requests };
}

function exposePortsOnHost(container: Mutable<Container>): void {
  for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
}

/** Pod-level requests come from the containers where they state any, else from the pod-level limits. */
function setPodLevelResources(pod: Mutable<Pod>): void {
  const { resources } = pod.spec;
  if (resources === undefined) return;
  const { limits = {}, requests = {} } = resources;
  if (Object.keys(limits).length + Object.keys(requests).length === 0) return;
  const isHugePage = (name: string): boolean => name.startsWith('hugepages-');
  for (const [name, limit] of entriesOf(pod, 'limits'))
    if (isHugePage(name) && requests[name] === undefined) limits[name] ??= limit;
  if (Object.keys(limits).length === 0) return;
  resources.limits = limits;
  for (const [name, request] of entriesOf(pod, 'requests'))
    if (isPodLevelResource(name) && !isHugePage(name)) requests[name] ??= request;
  for (const [name, limit] of Object.entries(limits)) if (isPodLevelResource(name)) requests[name] ??= limit;
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

function entriesOf(pod: Mutable<Pod>, list: 'limits' | 'requests'): [string, string][] {
  const total: ResourceList = formatResources(containerTotal(pod, ({ resources }) => resources[list]));
  return Object.entries(total);
}

function setStatusDefaults({ status }: Mutable<Pod>): void {
  // `podIP` is the older name of the first of `podIPs`, and wins.
  const { podIP = '', podIPs = [] } = status;
  if (podIP !== '' && podIPs[0]?.ip !== podIP) status.podIPs = [{ ip: podIP }];
  else if (podIP === '' && podIPs[0] !== undefined) status.podIP = podIPs[0].ip;
  for (const one of [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ]) {
    canonicalResourceList(one.allocatedResources);
    canonicalResources(one.resources);
  }
  canonicalResourceList(status.allocatedResources);
  canonicalResources(status.resources);
}
