import { milliValue, parseQuantity } from '../../api/quantity.ts';
import type { PodMetrics } from '../../api/metrics/v1beta1/pod-metrics.ts';
import type { MetricSpec } from '../../api/schema/autoscaling-v2.ts';
import { parseDuration } from '../../std/duration.ts';
import type { MetricsSource, PodQuery } from '../metrics/metrics-source.ts';
import type { PodSample, PodSamples } from './pod-groups.ts';

/** What one entry of spec.metrics was found to be; `error` is the tail of upstream's message. */
export type MetricObservation =
  | { readonly kind: 'pods'; readonly samples: PodSamples }
  | { readonly kind: 'value'; readonly value: bigint }
  | { readonly kind: 'values'; readonly values: readonly bigint[] }
  | { readonly kind: 'failed'; readonly error: string };

/** Metrics without a window of their own are taken for one-minute means, as upstream does. */
const defaultWindowMs = 60_000;

/** Asks the source for one entry of spec.metrics; never rejects. Upstream: pkg/controller/podautoscaler/metrics/client.go. */
export async function observeMetric(
  source: MetricsSource,
  spec: MetricSpec,
  query: PodQuery,
): Promise<MetricObservation> {
  if (spec.resource !== undefined) return usage(source, query, spec.resource.name, '');
  if (spec.containerResource !== undefined)
    return usage(source, query, spec.containerResource.name, spec.containerResource.container);
  const { namespace } = query;
  const custom = 'unable to fetch metrics from custom metrics API: ';
  if (spec.pods !== undefined) {
    const { metric } = spec.pods;
    return attempt(custom, async () => {
      const values = await source.podMetric({ ...query, metric });
      if (values.length === 0) return failed('no metrics returned from custom metrics API');
      return {
        kind: 'pods',
        samples: new Map(
          values.map(({ pod, value, timestamp, windowMs = defaultWindowMs }) => [pod, { value, timestamp, windowMs }]),
        ),
      };
    });
  }
  if (spec.object !== undefined) {
    const { describedObject: object, metric } = spec.object;
    return attempt(custom, async () => {
      const { value } = await source.objectMetric({ namespace, object, metric });
      return { kind: 'value', value };
    });
  }
  if (spec.external !== undefined) {
    const { metric } = spec.external;
    return attempt('unable to fetch metrics from external metrics API: ', async () => {
      const values = await source.externalMetric({ namespace, metric });
      if (values.length === 0) return failed('no metrics returned from external metrics API');
      return { kind: 'values', values: values.map(({ value }) => value) };
    });
  }
  return failed('');
}

function usage(
  source: MetricsSource,
  query: PodQuery,
  resource: string,
  container: string,
): Promise<MetricObservation> {
  return attempt('unable to fetch metrics from resource metrics API: ', async () => {
    const metrics = await source.podUsage(query);
    if (metrics.length === 0) return failed('no metrics returned from resource metrics API');
    return { kind: 'pods', samples: usageSamples(metrics, resource, container) };
  });
}

/** A pod counts when every container that is asked for has a value. */
export function usageSamples(metrics: readonly PodMetrics[], resource: string, container: string): PodSamples {
  const samples = new Map<string, PodSample>();
  for (const pod of metrics) {
    const asked = container === '' ? pod.containers : pod.containers.filter(({ name }) => name === container);
    const values = asked.map(({ usage: used }) => (used as Readonly<Record<string, string | undefined>>)[resource]);
    if (values.length === 0 || values.includes(undefined)) continue;
    samples.set(pod.metadata.name, {
      value: values.reduce((total, text) => total + milliValue(parseQuantity(text ?? '0')), 0n),
      timestamp: Date.parse(pod.timestamp),
      windowMs: parseDuration(pod.window) ?? defaultWindowMs,
    });
  }
  return samples;
}

async function attempt(prefix: string, read: () => Promise<MetricObservation>): Promise<MetricObservation> {
  try {
    return await read();
  } catch (error) {
    return failed(`${prefix}${error instanceof Error ? error.message : String(error)}`);
  }
}

function failed(error: string): MetricObservation {
  return { kind: 'failed', error };
}
