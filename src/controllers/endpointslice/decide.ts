import { asPrefix, dns1123Subdomain } from '../../api/names.ts';
import { controllerReference } from '../../api/owner-references.ts';
import { services } from '../../api/resources.ts';
import type { Node, Pod, Service } from '../../api/schema/core-v1.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/schema/discovery-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';
import { canonicalJson } from '../../std/canonical-json.ts';
import { isEqual } from '../../std/is-equal.ts';
import { type AddressType, addressTypesOf, endpointOf, endpointPortsOf, mayBeEndpoint } from './endpoint.ts';
import { pack } from './packing.ts';

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const managedBy = 'endpointslice-controller.k8s.io';
export const headlessLabel = 'service.kubernetes.io/headless';

export interface Observed {
  readonly service: Service;
  /** Those that it selects. */
  readonly pods: readonly Pod[];
  readonly nodeOf: (name: string) => Node | undefined;
  /** Those that are managed for it and are not being deleted. */
  readonly slices: readonly EndpointSlice[];
}

export interface Plan {
  readonly create: readonly Draft<EndpointSlice>[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
}

/** Upstream: Reconcile in k8s.io/endpointslice. */
export function decide({ service, pods, nodeOf, slices }: Observed): Plan {
  const types = addressTypesOf(service);
  const publishesAll = service.spec.publishNotReadyAddresses === true;
  // A node that is not known is news to come, or a pod that is about to be collected.
  const placed = pods
    .filter((pod) => mayBeEndpoint(pod, { includeTerminating: true }))
    .filter((pod) => publishesAll || nodeOf(pod.spec.nodeName ?? '') !== undefined);

  const plans = types.map((type) => {
    const endpoints = placed
      .map((pod) => ({
        endpoint: endpointOf(pod, service, nodeOf(pod.spec.nodeName ?? ''), type),
        ports: endpointPortsOf(pod, service),
      }))
      .filter(({ endpoint }) => endpoint.addresses.length > 0);
    const existing = slices.filter(({ addressType }) => addressType === type);
    return planFor(service, { type, endpoints, existing });
  });
  const foreign = slices.filter(({ addressType }) => !types.includes(addressType as AddressType));
  return {
    create: plans.flatMap((plan) => plan.create),
    update: plans.flatMap((plan) => plan.update),
    delete: [...plans.flatMap((plan) => plan.delete), ...foreign],
  };
}

interface Placed {
  readonly endpoint: Endpoint;
  readonly ports: readonly EndpointPort[];
}

function planFor(
  service: Service,
  {
    type,
    endpoints,
    existing,
  }: { readonly type: AddressType; readonly endpoints: readonly Placed[]; readonly existing: readonly EndpointSlice[] },
): Plan {
  const owned = existing.filter((slice) => isOwnedBy(slice, service));
  const groups = new Map<string, Placed[]>();
  for (const placed of endpoints) {
    const key = portsKey(placed.ports);
    groups.set(key, [...(groups.get(key) ?? []), placed]);
  }

  const create: Content[] = [];
  const update = new Map<EndpointSlice, Content>();
  const unwanted = existing.filter((slice) => !isOwnedBy(slice, service));
  const spare = owned.filter((slice) => !groups.has(portsKey(slice.ports)));
  for (const [key, group] of groups) {
    const { ports } = group[0]!;
    const alike = owned.filter((slice) => portsKey(slice.ports) === key);
    const { changed, emptied, added } = pack(
      alike,
      group.map(({ endpoint }) => endpoint),
    );
    for (const [slice, content] of changed) update.set(slice, { ports, endpoints: content });
    spare.push(...emptied);
    create.push(...added.map((content) => ({ ports, endpoints: content })));
  }
  // A Service without endpoints keeps one empty slice, so that it is seen to be looked after.
  if (create.length === 0 && unwanted.length + spare.length === existing.length)
    create.push({ ports: [], endpoints: [] });

  // A slice that is no longer needed becomes one that is: an update instead of two writes.
  while (create.length > 0 && spare.length > 0) update.set(spare.shift()!, create.pop()!);
  const updates = owned
    .filter((slice) => !spare.includes(slice))
    .map((slice) => ({ before: slice, after: withContent(slice, service, update.get(slice)) }))
    .filter(({ before, after }) => !isEqual(before, after));
  return {
    create: create.map((content) => newSlice(service, type, content)),
    update: updates.map(({ after }) => after),
    delete: [...unwanted, ...spare],
  };
}

interface Content {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

function withContent(slice: EndpointSlice, service: Service, content: Content | undefined): EndpointSlice {
  const { ports, endpoints } = content ?? slice;
  return { ...slice, metadata: { ...slice.metadata, labels: labelsFor(service) }, ports, endpoints };
}

function newSlice(service: Service, addressType: AddressType, { ports, endpoints }: Content): Draft<EndpointSlice> {
  const prefix = `${service.metadata.name}-`;
  return {
    metadata: {
      namespace: service.metadata.namespace,
      generateName: dns1123Subdomain(asPrefix(prefix)).length === 0 ? prefix : service.metadata.name,
      labels: labelsFor(service),
      ownerReferences: [controllerReference(services, service)],
    },
    addressType,
    ports,
    endpoints,
  };
}

/** The Service's own labels, and whose slice it is. */
function labelsFor({ metadata, spec }: Service): Readonly<Record<string, string>> {
  const { [headlessLabel]: _, ...labels } = metadata.labels ?? {};
  const isHeadless = (spec.clusterIP ?? '') === '' || spec.clusterIP === 'None';
  return {
    ...labels,
    ...(isHeadless ? { [headlessLabel]: '' } : {}),
    [serviceNameLabel]: metadata.name,
    [managedByLabel]: managedBy,
  };
}

const isOwnedBy = ({ metadata }: EndpointSlice, service: Service): boolean =>
  (metadata.ownerReferences ?? []).some(({ uid, kind }) => uid === service.metadata.uid && kind === services.kind);

const portsKey = (ports: readonly EndpointPort[] | undefined): string =>
  (ports ?? []).map(canonicalJson).toSorted().join();
