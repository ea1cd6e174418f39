/** metrics.k8s.io/v1beta1 (k8s.io/metrics pkg/apis/metrics/v1beta1/types.go). */
export interface PodMetrics {
  readonly kind: 'PodMetrics';
  readonly apiVersion: 'metrics.k8s.io/v1beta1';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  };
  readonly timestamp: string;
  /** Go duration, such as `15s`. */
  readonly window: string;
  readonly containers: readonly {
    readonly name: string;
    readonly usage: { readonly cpu: string; readonly memory: string };
  }[];
}

export interface NodeMetrics {
  readonly kind: 'NodeMetrics';
  readonly apiVersion: 'metrics.k8s.io/v1beta1';
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  };
  readonly timestamp: string;
  readonly window: string;
  readonly usage: { readonly cpu: string; readonly memory: string };
}
