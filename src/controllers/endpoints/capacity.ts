import type { EndpointSubset } from '../../api/schema/core-v1.ts';

/** Addresses of one Endpoints object (upstream maxCapacity). */
export const addressesMax = 1000;

/** At most a thousand addresses, ready ones first, each subset in proportion; the same list when they fit. Upstream: truncateEndpoints. */
export function truncated(subsets: readonly EndpointSubset[]): readonly EndpointSubset[] {
  const count = (field: 'addresses' | 'notReadyAddresses'): number =>
    subsets.reduce((total, subset) => total + (subset[field]?.length ?? 0), 0);
  const [ready, notReady] = [count('addresses'), count('notReadyAddresses')];
  if (ready + notReady <= addressesMax) return subsets;
  const isReadyCut = ready > addressesMax;
  const field = isReadyCut ? 'addresses' : 'notReadyAddresses';
  const room = isReadyCut ? addressesMax : addressesMax - ready;
  const total = isReadyCut ? ready : notReady;
  let left = room;
  return subsets.map((subset) => {
    const { notReadyAddresses: _, ...rest } = subset;
    const all = subset[field] ?? [];
    const kept = all.slice(0, Math.min(left, Math.ceil((all.length / total) * room)));
    left -= kept.length;
    return { ...(isReadyCut ? rest : subset), [field]: kept };
  });
}
