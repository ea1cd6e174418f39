import { findCondition } from '../../api/conditions.ts';
import type { Lease } from '../../api/schema/coordination-v1.ts';
import type { Node, NodeCondition } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { nodeStatusNeverUpdated, nodeStatusUnknown } from './reasons.ts';
import type { NodeLifecycleSettings } from './settings.ts';

/** What the controller remembers of a node between two looks. Times are its own clock's. */
export interface NodeHealth {
  /** The Ready condition when it was last looked at. */
  readonly ready: NodeCondition | undefined;
  /** When a sign of life was last seen. */
  readonly aliveMs: number;
  readonly leaseRenewTime: string | undefined;
}

export interface Look {
  readonly health: NodeHealth;
  /** The Ready condition before this look; Unknown since its creation for a node that never reported. */
  readonly before: NodeCondition;
  /** The node's conditions with those that are no longer true to life made Unknown; undefined when all may stay. */
  readonly conditions: readonly NodeCondition[] | undefined;
}

/** Conditions that a silent node agent cannot vouch for. */
const vouched = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export const readyOf = ({ status }: Node): NodeCondition | undefined => findCondition(status.conditions, 'Ready');

/** One look at a node. Upstream: tryUpdateNodeHealth. */
export function look(
  node: Node,
  {
    saved,
    lease,
    nowMs,
    settings,
  }: {
    readonly saved: NodeHealth | undefined;
    readonly lease: Lease | undefined;
    readonly nowMs: number;
    readonly settings: NodeLifecycleSettings;
  },
): Look {
  const { creationTimestamp } = node.metadata;
  const ready = readyOf(node);
  const before = ready ?? {
    type: 'Ready',
    status: 'Unknown',
    lastHeartbeatTime: creationTimestamp,
    lastTransitionTime: creationTimestamp,
  };
  const renewTime = lease?.spec.renewTime;
  const isRenewed = renewTime !== undefined && renewTime > (saved?.leaseRenewTime ?? '');
  const health: NodeHealth = {
    ready,
    aliveMs: isRenewed ? nowMs : aliveSince({ saved, ready, creationTimestamp, nowMs }),
    leaseRenewTime: isRenewed ? renewTime : saved?.leaseRenewTime,
  };
  const graceMs = ready === undefined ? settings.startupGraceMs : settings.monitorGraceMs;
  if (nowMs <= health.aliveMs + graceMs) return { health, before, conditions: undefined };
  const conditions = unknownConditions(node, timestamp(nowMs));
  const isNews = findCondition(conditions, 'Ready')?.status !== ready?.status;
  return { health, before, conditions: isNews ? conditions : undefined };
}

/** A new heartbeat, the first report ever, or a report that vanished count as life now. */
function aliveSince({
  saved,
  ready,
  creationTimestamp,
  nowMs,
}: {
  readonly saved: NodeHealth | undefined;
  readonly ready: NodeCondition | undefined;
  readonly creationTimestamp: string;
  readonly nowMs: number;
}): number {
  if (saved === undefined) return ready === undefined ? Date.parse(creationTimestamp) : nowMs;
  const isReported = (saved.ready === undefined) === (ready === undefined);
  return isReported && saved.ready?.lastHeartbeatTime === ready?.lastHeartbeatTime ? saved.aliveMs : nowMs;
}

function unknownConditions({ metadata, status }: Node, now: string): readonly NodeCondition[] {
  const next = [...(status.conditions ?? [])];
  for (const type of vouched) {
    const index = next.findIndex((condition) => condition.type === type);
    const old = next[index];
    if (old === undefined)
      next.push({
        type,
        status: 'Unknown',
        reason: nodeStatusNeverUpdated,
        message: 'Kubelet never posted node status.',
        lastHeartbeatTime: metadata.creationTimestamp,
        lastTransitionTime: now,
      });
    else if (old.status !== 'Unknown')
      next[index] = {
        ...old,
        status: 'Unknown',
        reason: nodeStatusUnknown,
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime: now,
      };
  }
  return next;
}
