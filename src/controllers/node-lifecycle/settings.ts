import { secondMs } from '../../std/clock.ts';

/** kube-controller-manager's flags with their defaults in 1.36. */
export interface NodeLifecycleSettings {
  /** --node-monitor-period */
  readonly monitorPeriodMs: number;
  /** --node-monitor-grace-period */
  readonly monitorGraceMs: number;
  /** --node-startup-grace-period */
  readonly startupGraceMs: number;
  /** --node-eviction-rate, nodes a second in each zone. */
  readonly evictionRate: number;
  /** --secondary-node-eviction-rate, in partly disrupted large zones. */
  readonly secondaryEvictionRate: number;
  /** --large-cluster-size-threshold, nodes of a zone. */
  readonly largeClusterSizeThreshold: number;
  /** --unhealthy-zone-threshold, share of the nodes of a zone. */
  readonly unhealthyZoneThreshold: number;
}

export const defaultSettings: NodeLifecycleSettings = {
  monitorPeriodMs: 5 * secondMs,
  monitorGraceMs: 50 * secondMs,
  startupGraceMs: 60 * secondMs,
  evictionRate: 0.1,
  secondaryEvictionRate: 0.01,
  largeClusterSizeThreshold: 50,
  unhealthyZoneThreshold: 0.55,
};
