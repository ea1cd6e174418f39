import type { Deployment } from '../api/schema/apps-v1.ts';
import { wakeAnnotation, type Inference } from '../api/slipway/v1alpha1/inference.ts';
import { parseDuration } from '../std/duration.ts';

/** On the Deployment: when it was put to sleep. RFC 3339. */
export const idleSinceAnnotation = 'slipway.dev/idle-since';

export type ReplicaDecision =
  | { readonly because: 'Unchanged'; readonly againAfterMs: number | undefined }
  | { readonly because: 'Idle' | 'Woken'; readonly replicas: number; readonly message: string };

/**
 * Whether an existing Deployment sleeps or wakes. Between one and the maximum it is the autoscaler's, and a
 * count that the user set by hand is left to it as well.
 */
export function decideReplicas({ metadata, spec }: Inference, deployment: Deployment, nowMs: number): ReplicaDecision {
  const lastRequestMs = timeOf(metadata.annotations?.[wakeAnnotation]);
  const replicas = deployment.spec.replicas ?? 1;
  if (replicas === 0) {
    const idleSinceMs = timeOf(deployment.metadata.annotations?.[idleSinceAnnotation]);
    // Put to 0 by hand: it stays there, as with the autoscaler.
    if (idleSinceMs === undefined) return { because: 'Unchanged', againAfterMs: undefined };
    if (spec.idle.action !== 'zero')
      return { because: 'Woken', replicas: spec.replicas.min, message: 'it no longer sleeps when it is idle' };
    if (lastRequestMs === undefined || lastRequestMs <= idleSinceMs)
      return { because: 'Unchanged', againAfterMs: undefined };
    return { because: 'Woken', replicas: spec.replicas.min, message: 'a request came' };
  }
  const idleAfterMs = spec.idle.action === 'zero' ? parseDuration(spec.idle.after) : undefined;
  if (idleAfterMs === undefined) return { because: 'Unchanged', againAfterMs: undefined };
  const since = Math.max(lastRequestMs ?? 0, becameReadyMs(deployment) ?? nowMs);
  const leftMs = since + idleAfterMs - nowMs;
  if (leftMs > 0) return { because: 'Unchanged', againAfterMs: leftMs };
  return { because: 'Idle', replicas: 0, message: `no request for ${spec.idle.after}` };
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
