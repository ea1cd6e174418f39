import { scaledValue } from '../../api/int-or-string.ts';
import type { Deployment } from '../../api/schema/apps-v1.ts';

export const desiredReplicas = ({ spec }: Deployment): number => spec.replicas ?? 1;
export const isRollingUpdate = ({ spec }: Deployment): boolean => spec.strategy.type === 'RollingUpdate';

/** Pods above the desired ones while a new template rolls out; a percentage rounds up. */
export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

/** Pods that may be missing meanwhile; a percentage rounds down. */
export function maxUnavailable(deployment: Deployment): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment) || desired === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, desired);
}

export const minAvailable = (deployment: Deployment): number =>
  desiredReplicas(deployment) - maxUnavailable(deployment);

/** Upstream: ResolveFenceposts. When both come to nothing one pod may be missing, or nothing could ever move. */
function fenceposts(deployment: Deployment): { readonly surge: number; readonly unavailable: number } {
  const desired = desiredReplicas(deployment);
  const { rollingUpdate } = deployment.spec.strategy;
  const surge = scaledValue(rollingUpdate?.maxSurge ?? 0, desired, 'up');
  const unavailable = scaledValue(rollingUpdate?.maxUnavailable ?? 0, desired, 'down');
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}
