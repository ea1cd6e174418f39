import { isConditionTrue } from '../api/conditions.ts';
import { isPodReady } from '../api/core/v1/pod-readiness.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import type { ColdStart } from '../api/slipway/v1alpha1/inference.ts';
import type { ServerHealth } from './server-health.ts';

/** When each step of a pod's start was first seen, in milliseconds since the epoch. */
export interface StartTimes {
  readonly createdMs: number;
  readonly scheduledMs?: number | undefined;
  readonly startedMs?: number | undefined;
  readonly readyMs?: number | undefined;
}

/**
 * The times after a look at the pod. The API's own times are whole seconds, too coarse for a start of one, so
 * what counts is when a step was first seen; a pod that was ready at the first look has none.
 */
export function observeStart(times: StartTimes | undefined, pod: Pod, nowMs: number): StartTimes | undefined {
  if (times === undefined) return isPodReady(pod) ? undefined : observeStart({ createdMs: nowMs }, pod, nowMs);
  const isScheduled = isConditionTrue(pod.status.conditions, 'PodScheduled') || (pod.spec.nodeName ?? '') !== '';
  const isStarted = pod.status.containerStatuses?.some(({ state }) => state.running !== undefined) === true;
  return {
    createdMs: times.createdMs,
    scheduledMs: times.scheduledMs ?? (isScheduled ? nowMs : undefined),
    startedMs: times.startedMs ?? (isStarted ? nowMs : undefined),
    readyMs: times.readyMs ?? (isPodReady(pod) ? nowMs : undefined),
  };
}

/** Undefined until the pod was seen to become ready. What the server says of itself divides its time more finely. */
export function coldStartOf(
  { createdMs, scheduledMs, startedMs, readyMs }: StartTimes,
  health: ServerHealth | undefined,
): ColdStart | undefined {
  if (readyMs === undefined) return undefined;
  const between = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined || to === undefined ? undefined : to - from;
  const downloadMs = health?.durations.downloadMs;
  const inServerMs = between(startedMs, readyMs);
  return {
    totalMs: readyMs - createdMs,
    phases: {
      scheduleMs: between(createdMs, scheduledMs),
      startMs: between(scheduledMs, startedMs),
      downloadMs,
      loadMs: inServerMs === undefined ? undefined : Math.max(0, inServerMs - (downloadMs ?? 0)),
    },
  };
}
