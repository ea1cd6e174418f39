import type { Node } from '../../api/schema/core-v1.ts';
import type { NodeLifecycleSettings } from './settings.ts';

export type ZoneState = 'Initial' | 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** Region and zone in one word; '' for a node that tells neither. */
export function zoneOf({ metadata: { labels = {} } }: Node): string {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}/${zone}`;
}

/** Upstream: ComputeZoneState. */
export function stateOfZone(
  { ready, notReady }: { readonly ready: number; readonly notReady: number },
  { unhealthyZoneThreshold }: NodeLifecycleSettings,
): ZoneState {
  if (ready === 0 && notReady > 0) return 'FullDisruption';
  // Upstream compares in single precision.
  const share = Math.fround(notReady / (notReady + ready));
  return notReady > 2 && share >= Math.fround(unhealthyZoneThreshold) ? 'PartialDisruption' : 'Normal';
}

/** How many nodes a second may be tainted in a zone of this size and state. */
export function taintRate(state: ZoneState, size: number, settings: NodeLifecycleSettings): number {
  if (state !== 'PartialDisruption') return settings.evictionRate;
  return size > settings.largeClusterSizeThreshold ? settings.secondaryEvictionRate : 0;
}
