import type { ReplicaSet } from '../../api/schema/apps-v1.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import { victims } from './victims.ts';

/** Pods made or deleted in one pass (upstream BurstReplicas). */
export const burstReplicas = 500;

export interface Observed {
  readonly replicaSet: ReplicaSet;
  /** The pods it controls that neither ended nor are being deleted. */
  readonly active: readonly Pod[];
  /** The pods of all ReplicaSets of its owner, itself included; looked at only when there are too many. */
  readonly related: readonly Pod[];
  readonly nowMs: number;
}

export interface Plan {
  readonly create: number;
  readonly delete: readonly Pod[];
  readonly because: 'BeingDeleted' | 'TooFewPods' | 'TooManyPods' | 'AsManyAsDesired';
}

export function decide({ replicaSet, active, related, nowMs }: Observed): Plan {
  if (replicaSet.metadata.deletionTimestamp !== undefined) return { create: 0, delete: [], because: 'BeingDeleted' };
  const surplus = active.length - (replicaSet.spec.replicas ?? 1);
  if (surplus < 0) return { create: Math.min(-surplus, burstReplicas), delete: [], because: 'TooFewPods' };
  if (surplus === 0) return { create: 0, delete: [], because: 'AsManyAsDesired' };
  const count = Math.min(surplus, burstReplicas);
  return { create: 0, delete: victims(active, { count, related, nowMs }), because: 'TooManyPods' };
}
