import type { CrossVersionObjectReference } from '../../api/schema/autoscaling-v2.ts';
import type { LabelSelector } from '../../api/schema/meta-v1.ts';
import type { PodMetrics } from '../../api/metrics/v1beta1/pod-metrics.ts';

/**
 * What the horizontal autoscaler reads: the resource, custom and external metrics APIs of a
 * Kubernetes cluster. Every method rejects with an Error whose message can be shown; upstream's
 * wording around it is the autoscaler's own. Upstream: pkg/controller/podautoscaler/metrics/interfaces.go.
 */
export interface MetricsSource {
  /** metrics.k8s.io: the pods that `labelSelector` selects and whose usage is known. */
  podUsage(query: PodQuery): Promise<readonly PodMetrics[]>;
  /** custom.metrics.k8s.io: one value a pod that has the metric; pods without it are absent. */
  podMetric(query: PodQuery & { readonly metric: MetricQuery }): Promise<readonly PodMetricValue[]>;
  /** custom.metrics.k8s.io: a metric that describes another object of the namespace. */
  objectMetric(query: {
    readonly namespace: string;
    readonly object: CrossVersionObjectReference;
    readonly metric: MetricQuery;
  }): Promise<MetricValue>;
  /** external.metrics.k8s.io: all series that match. */
  externalMetric(query: { readonly namespace: string; readonly metric: MetricQuery }): Promise<readonly MetricValue[]>;
}

export interface PodQuery {
  readonly namespace: string;
  /** In the text form of a query parameter. */
  readonly labelSelector: string;
}

export interface MetricQuery {
  readonly name: string;
  /** Over the labels of the metric's series. */
  readonly selector?: LabelSelector | undefined;
}

export interface MetricValue {
  /** Thousandths of the metric's unit. */
  readonly value: bigint;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly windowMs?: number | undefined;
}

export interface PodMetricValue extends MetricValue {
  readonly pod: string;
}
