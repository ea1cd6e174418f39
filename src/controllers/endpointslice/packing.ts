import type { Endpoint, EndpointSlice } from '../../api/schema/discovery-v1.ts';
import { isEqual } from '../../std/is-equal.ts';

/** kube-controller-manager's --max-endpoints-per-slice. */
export const endpointsPerSliceMax = 100;

export interface Packing {
  /** Slices whose endpoints change, with all their new ones. */
  readonly changed: ReadonlyMap<EndpointSlice, readonly Endpoint[]>;
  readonly emptied: readonly EndpointSlice[];
  readonly added: readonly (readonly Endpoint[])[];
}

/**
 * Puts the endpoints into slices of the same ports and changes as few of them as it can, because every changed slice
 * goes to every watcher: endpoints stay where they are; slices that change anyway are filled up, the fullest first; what
 * is left goes into the one unchanged slice that it fills best, or into new ones. Upstream: reconcileByPortMapping.
 */
export function pack(slices: readonly EndpointSlice[], desired: readonly Endpoint[]): Packing {
  const left = new Map(desired.map((endpoint) => [identityOf(endpoint), endpoint]));
  const changed = new Map<EndpointSlice, Endpoint[]>();
  const emptied: EndpointSlice[] = [];
  const unchanged: EndpointSlice[] = [];
  for (const slice of slices) {
    const kept: Endpoint[] = [];
    for (const endpoint of slice.endpoints ?? []) {
      const wanted = left.get(identityOf(endpoint));
      if (wanted !== undefined) kept.push(wanted);
      left.delete(identityOf(endpoint));
    }
    if (isEqual(kept, slice.endpoints ?? [])) unchanged.push(slice);
    else if (kept.length === 0) emptied.push(slice);
    else changed.set(slice, kept);
  }

  const rest = [...left.values()];
  for (const endpoints of [...changed.values()].toSorted((a, b) => b.length - a.length))
    endpoints.push(...rest.splice(0, endpointsPerSliceMax - endpoints.length));

  const added: Endpoint[][] = [];
  while (rest.length > 0) {
    const best = rest.length < endpointsPerSliceMax ? bestFor(rest.length, unchanged) : undefined;
    if (best === undefined) added.push(rest.splice(0, endpointsPerSliceMax));
    else changed.set(best, [...best.endpoints, ...rest.splice(0)]);
  }
  return { changed, emptied, added };
}

/** The slice that is fullest with `count` more; none when they do not fit anywhere. */
function bestFor(count: number, slices: readonly EndpointSlice[]): EndpointSlice | undefined {
  const fitting = slices.filter((slice) => sizeOf(slice) + count <= endpointsPerSliceMax && sizeOf(slice) + count > 0);
  return fitting.toSorted((a, b) => sizeOf(b) - sizeOf(a))[0];
}

const sizeOf = ({ endpoints }: EndpointSlice): number => (endpoints ?? []).length;

const identityOf = ({ addresses, hostname = '', targetRef }: Endpoint): string =>
  [addresses.toSorted().join(','), hostname, targetRef?.namespace ?? '', targetRef?.name ?? ''].join('|');
