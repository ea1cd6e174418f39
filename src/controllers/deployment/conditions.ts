import { findCondition } from '../../api/conditions.ts';
import type { DeploymentCondition, DeploymentStatus } from '../../api/schema/apps-v1.ts';

export type Conditions = readonly DeploymentCondition[];

/** What is to be said, without the times. */
export type Saying = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

export const conditionOf = (status: DeploymentStatus, type: string): DeploymentCondition | undefined =>
  findCondition(status.conditions, type);

/**
 * The conditions with this one at the end, or as they are when the same status and reason are told already;
 * the transition time stays while the status does. Upstream: SetDeploymentCondition.
 */
export function withSaying(conditions: Conditions, saying: Saying, now: string): Conditions {
  const current = findCondition(conditions, saying.type);
  if (current?.status === saying.status && current.reason === saying.reason) return conditions;
  const lastTransitionTime = current?.status === saying.status ? current.lastTransitionTime : now;
  return [...without(conditions, saying.type), { ...saying, lastUpdateTime: now, lastTransitionTime }];
}

export const without = (conditions: Conditions, type: string): Conditions =>
  conditions.filter((condition) => condition.type !== type);
