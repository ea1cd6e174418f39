import type { Deployment } from '../api/schema/apps-v1.ts';
import { wakeAnnotation, type Inference } from '../api/slipway/v1alpha1/inference.ts';
import { parseDuration } from '../std/duration.ts';

/** On the Deployment: when it was put to sleep. RFC 3339. */
export const idleSinceAnnotation = 'slipway.dev/idle-since';

export type ReplicaDecision =
  | { readonly because: 'Unchanged'; readonly againAfterMs: number | undefined }
  | { readonly because: 'Idle' | 'Woken' | 'Raised'; readonly replicas: number; readonly message: string };

const unchanged = (againAfterMs?: number): ReplicaDecision => ({ because: 'Unchanged', againAfterMs });

/**
 * Whether an existing Deployment sleeps, wakes or is below its floor. From the floor upwards it is the autoscaler's,
 * and a zero that the user set by hand is left to the user.
 */
export function decideReplicas({ metadata, spec }: Inference, deployment: Deployment, nowMs: number): ReplicaDecision {
  const lastRequestMs = timeOf(metadata.annotations?.[wakeAnnotation]);
  const replicas = deployment.spec.replicas ?? 1;
  const { min } = spec.replicas;
  if (replicas === 0) {
    const idleSinceMs = timeOf(deployment.metadata.annotations?.[idleSinceAnnotation]);
    // Put to 0 by hand: it stays there, as with the autoscaler.
    if (idleSinceMs === undefined) return unchanged();
    if (spec.idle.action !== 'zero')
      return { because: 'Woken', replicas: min, message: 'it no longer sleeps when it is idle' };
    if (lastRequestMs === undefined || lastRequestMs <= idleSinceMs) return unchanged();
    return { because: 'Woken', replicas: min, message: 'a request came' };
  }
  const idleAfterMs = spec.idle.action === 'zero' ? parseDuration(spec.idle.after) : undefined;
  const leftMs =
    idleAfterMs === undefined
      ? undefined
      : Math.max(lastRequestMs ?? 0, becameReadyMs(deployment) ?? nowMs) + idleAfterMs - nowMs;
  if (leftMs !== undefined && leftMs <= 0)
    return { because: 'Idle', replicas: 0, message: `no request for ${spec.idle.after}` };
  // The autoscaler would do it within its period; whoever raises the floor should not have to wait for that.
  if (replicas < min) return { because: 'Raised', replicas: min, message: `spec.replicas.min is ${min}` };
  return unchanged(leftMs);
}

/** A model that has just become ready must get the chance to be asked. */
function becameReadyMs({ status }: Deployment): number | undefined {
  const available = status.conditions?.find(({ type }) => type === 'Available');
  return available?.status === 'True' ? timeOf(available.lastTransitionTime) : undefined;
}

function timeOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
