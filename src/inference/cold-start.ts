import { findCondition } from '../api/conditions.ts';
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

/** A pod that is first seen later than this after its creation was made while nobody looked. */
const promptMs = 1_500;

/**
 * The times after a look at the pod. The API's own times are whole seconds, too coarse for a start of one, so
 * what counts is when a step was first seen. Only when nobody looked from the beginning the API's times have to
 * do; a start that was over by then has none.
 */
export function observeStart(times: StartTimes | undefined, pod: Pod, nowMs: number): StartTimes | undefined {
  const { scheduled, started, isScheduled, isStarted } = stepsOf(pod);
  if (times === undefined) {
    // A container that was started again in an old pod is no start of a replica.
    if (isPodReady(pod) || pod.status.containerStatuses?.some(({ restartCount }) => restartCount > 0) === true)
      return undefined;
    const createdMs = Date.parse(pod.metadata.creationTimestamp);
    return nowMs - createdMs < promptMs
      ? observeStart({ createdMs: nowMs }, pod, nowMs)
      : { createdMs, scheduledMs: scheduled, startedMs: started };
  }
  return {
    createdMs: times.createdMs,
    scheduledMs: times.scheduledMs ?? (isScheduled ? nowMs : undefined),
    startedMs: times.startedMs ?? (isStarted ? nowMs : undefined),
    readyMs: times.readyMs ?? (isPodReady(pod) ? nowMs : undefined),
  };
}

function stepsOf({ spec, status }: Pod): {
  readonly scheduled: number | undefined;
  readonly started: number | undefined;
  readonly isScheduled: boolean;
  readonly isStarted: boolean;
} {
  const condition = findCondition(status.conditions, 'PodScheduled');
  const isScheduled = condition?.status === 'True';
  const running = status.containerStatuses?.map(({ state }) => state.running).find((one) => one !== undefined);
  return {
    scheduled: isScheduled ? timeOf(condition.lastTransitionTime) : undefined,
    started: timeOf(running?.startedAt),
    isScheduled: isScheduled || (spec.nodeName ?? '') !== '',
    isStarted: running !== undefined,
  };
}

function timeOf(text: string | null | undefined): number | undefined {
  const ms = typeof text === 'string' ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** Undefined until the pod was seen to become ready. What the server says of itself divides its time more finely. */
export function coldStartOf(
  { createdMs, scheduledMs, startedMs, readyMs }: StartTimes,
  health: ServerHealth | undefined,
): ColdStart | undefined {
  if (readyMs === undefined) return undefined;
  const between = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined || to === undefined ? undefined : Math.max(0, Math.round(to - from));
  const downloadMs = health?.durations.downloadMs;
  const inServerMs = between(startedMs, readyMs);
  return {
    totalMs: between(createdMs, readyMs) ?? 0,
    phases: {
      scheduleMs: between(createdMs, scheduledMs),
      startMs: between(scheduledMs, startedMs),
      downloadMs,
      loadMs: inServerMs === undefined ? undefined : Math.max(0, inServerMs - (downloadMs ?? 0)),
    },
  };
}
