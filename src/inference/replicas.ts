import { findCondition } from '../api/conditions.ts';
import type { Deployment } from '../api/schema/apps-v1.ts';
import { wakeAnnotation, type Inference } from '../api/slipway/v1alpha1/inference.ts';
import { timestamp } from '../api/timestamps.ts';
import { secondMs } from '../std/clock.ts';
import { parseDuration } from '../std/duration.ts';

/** On a Deployment that was put to sleep: the request, or the start, after which nothing came. RFC 3339. */
export const idleSinceAnnotation = 'slipway.dev/idle-since';

export type ReplicaDecision =
  | { readonly because: 'Unchanged'; readonly againAfterMs: number | undefined }
  /** It is awake and not by us: the note of its sleep goes, so that a later zero by hand is not taken for ours. */
  | { readonly because: 'AwakeByHand' }
  | {
      readonly because: 'Idle' | 'Woken' | 'Raised';
      readonly replicas: number;
      readonly message: string;
      /** For the annotation; undefined takes it away. */
      readonly idleSince: string | undefined;
    };

/**
 * A request is noted once a second while one is in flight, in whole seconds that are cut: what is noted may be that
 * much older than what is. Without it a short idle.after would end requests in flight.
 */
const noteSlackMs = 2 * secondMs;

const unchanged = (againAfterMs?: number): ReplicaDecision => ({ because: 'Unchanged', againAfterMs });

/**
 * Whether an existing Deployment sleeps, wakes or is below its floor. From the floor upwards it is the autoscaler's,
 * and a zero that the user set by hand is left to the user.
 */
export function decideReplicas(inference: Inference, deployment: Deployment, nowMs: number): ReplicaDecision {
  const replicas = deployment.spec.replicas ?? 1;
  const { min } = inference.spec.replicas;
  if (replicas === 0) return wake(inference, deployment);
  const idle = sleep(inference, deployment, nowMs);
  if (idle.because === 'Idle') return idle;
  // The autoscaler would do it within its period; whoever raises the floor should not have to wait for that.
  if (replicas < min)
    return { because: 'Raised', replicas: min, message: `spec.replicas.min is ${min}`, idleSince: undefined };
  return idleSinceOf(deployment) === undefined ? idle : { because: 'AwakeByHand' };
}

function wake({ metadata, spec }: Inference, deployment: Deployment): ReplicaDecision {
  const woken = { because: 'Woken', replicas: spec.replicas.min, idleSince: undefined } as const;
  const idleSince = idleSinceOf(deployment);
  // Put to 0 by hand: it stays there, as with the autoscaler.
  if (idleSince === undefined) return unchanged();
  if (spec.idle.action !== 'zero') return { ...woken, message: 'it no longer sleeps when it is idle' };
  const lastRequestMs = timeOf(metadata.annotations?.[wakeAnnotation]);
  const idleSinceMs = timeOf(idleSince);
  if (lastRequestMs === undefined || (idleSinceMs !== undefined && lastRequestMs <= idleSinceMs)) return unchanged();
  return { ...woken, message: 'a request came' };
}

function sleep({ metadata, spec }: Inference, deployment: Deployment, nowMs: number): ReplicaDecision {
  const idleAfterMs = spec.idle.action === 'zero' ? parseDuration(spec.idle.after) : undefined;
  const readyMs = becameReadyMs(deployment);
  // What starts, or rolls out, is not idle; the Deployment's change tells when it is over.
  if (idleAfterMs === undefined || readyMs === undefined) return unchanged();
  const sinceMs = Math.max(timeOf(metadata.annotations?.[wakeAnnotation]) ?? readyMs, readyMs);
  const leftMs = sinceMs + idleAfterMs + noteSlackMs - nowMs;
  if (leftMs > 0) return unchanged(leftMs);
  return {
    because: 'Idle',
    replicas: 0,
    message: `no request for ${spec.idle.after}`,
    idleSince: timestamp(sinceMs),
  };
}

/** Since when all replicas are available; undefined while the status speaks of another size or template, too. */
function becameReadyMs({ metadata, status }: Deployment): number | undefined {
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return undefined;
  const available = findCondition(status.conditions, 'Available');
  return available?.status === 'True' ? timeOf(available.lastTransitionTime ?? undefined) : undefined;
}

export function idleSinceOf({ metadata }: Deployment): string | undefined {
  return metadata.annotations?.[idleSinceAnnotation];
}

function timeOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
