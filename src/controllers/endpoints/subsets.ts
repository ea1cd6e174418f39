import type { EndpointAddress, EndpointPort, EndpointSubset } from '../../api/schema/core-v1.ts';
import { canonicalJson } from '../../std/canonical-json.ts';

/** One pod behind one port of the Service; without a port for a headless Service that has none. */
export interface Served {
  readonly address: EndpointAddress;
  readonly isReady: boolean;
  readonly port: EndpointPort | undefined;
}

/** Pods that serve the same ports share a subset. In order, so that equal sets are equal. Upstream: RepackSubsets. */
export function subsetsOf(served: readonly Served[]): readonly EndpointSubset[] {
  const byAddress = new Map<string, { address: EndpointAddress; isReady: boolean; ports: Map<string, EndpointPort> }>();
  for (const { address, isReady, port } of served) {
    const key = `${address.ip}|${address.targetRef?.uid ?? ''}`;
    const known = byAddress.get(key) ?? { address, isReady, ports: new Map<string, EndpointPort>() };
    byAddress.set(key, { ...known, isReady: known.isReady && isReady });
    if (port !== undefined) known.ports.set(canonicalJson(port), port);
  }
  const groups = new Map<
    string,
    { ports: readonly EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }
  >();
  for (const { address, isReady, ports } of byAddress.values()) {
    const ordered = [...ports].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const key = ordered.map(([text]) => text).join();
    const group = groups.get(key) ?? { ports: ordered.map(([, port]) => port), ready: [], notReady: [] };
    groups.set(key, group);
    (isReady ? group.ready : group.notReady).push(address);
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length === 0 ? {} : { addresses: ready.toSorted(byIpAndUid) }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady.toSorted(byIpAndUid) }),
      ...(ports.length === 0 ? {} : { ports }),
    }));
}

function byIpAndUid(a: EndpointAddress, b: EndpointAddress): number {
  const [left, right] = [`${a.ip}|${a.targetRef?.uid ?? ''}`, `${b.ip}|${b.targetRef?.uid ?? ''}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
