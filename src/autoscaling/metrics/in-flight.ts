import type { Pod } from '../../api/schema/core-v1.ts';
import { isConditionTrue } from '../../api/conditions.ts';
import { inferenceLabel } from '../../api/slipway/v1alpha1/inference.ts';
import { keyText } from '../../machinery/lister.ts';
import type { PodScrape } from './scraper.ts';
import { serverSignals } from './signal-vocabulary.ts';

/** The name under which a HorizontalPodAutoscaler asks for it. */
export const inFlightMetric = 'slipway_in_flight_requests';

/** What the gateways count, as they export it. */
export const gatewayInFlightMetric = 'slipway_gateway_in_flight';
export const gatewayHeldMetric = 'slipway_gateway_held';

/**
 * Requests in flight by pod (`namespace/name`): the larger of what the gateways sent it and have not seen
 * answered, and what the server says it runs and queues; a server that says nothing is taken at the
 * gateways' word. Requests that the gateways hold because nothing is ready are demand too, and
 * belong to the model's pods in equal parts.
 *
 * A pod that is not ready and has nothing in flight is absent: to the autoscaler it is then a replica
 * without a sample, which counts as supply when growing and is not taken away when shrinking.
 */
export function inFlightByPod(
  scrapes: readonly PodScrape[],
  pods: readonly Pod[],
  { gatewayNamespace }: { readonly gatewayNamespace: string },
): ReadonlyMap<string, number> {
  const sent = new Map<string, number>();
  const held = new Map<string, number>();
  const served = new Map<string, number>();
  for (const { pod, samples } of scrapes) {
    // Anybody's pod may print these names; only the gateways' own are believed.
    if (pod.metadata.namespace === gatewayNamespace) {
      for (const { name, labels, value } of samples) {
        if (!Number.isFinite(value) || value < 0) continue;
        const namespace = labels['namespace'] ?? '';
        if (name === gatewayInFlightMetric) add(sent, keyText({ namespace, name: labels['pod'] ?? '' }), value);
        else if (name === gatewayHeldMetric) add(held, keyText({ namespace, name: labels['inference'] ?? '' }), value);
      }
    }
    const { running, waiting } = serverSignals(samples);
    if (running !== undefined || waiting !== undefined)
      served.set(keyText(pod.metadata), Math.max(0, (running ?? 0) + (waiting ?? 0)));
  }

  const live = pods.filter(isLive);
  const siblings = new Map<string, number>();
  for (const pod of live) add(siblings, inferenceOf(pod), 1);
  const inFlight = new Map<string, number>();
  for (const pod of live) {
    const key = keyText(pod.metadata);
    const inference = inferenceOf(pod);
    const share = (held.get(inference) ?? 0) / (siblings.get(inference) ?? 1);
    const value = Math.max(sent.get(key) ?? 0, served.get(key) ?? 0) + share;
    const isReady = isConditionTrue(pod.status.conditions, 'Ready');
    const isKnown = sent.has(key) || served.has(key);
    if (value > 0 || (isReady && isKnown)) inFlight.set(key, value);
  }
  return inFlight;
}

/** Pods that are starting or serving: what ends takes no demand. */
const isLive = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  metadata.labels?.[inferenceLabel] !== undefined &&
  status.phase !== 'Failed' &&
  status.phase !== 'Succeeded';

const inferenceOf = ({ metadata: { namespace = '', labels } }: Pod): string =>
  keyText({ namespace, name: labels?.[inferenceLabel] ?? '' });

function add(map: Map<string, number>, key: string, value: number): void {
  map.set(key, (map.get(key) ?? 0) + value);
}
