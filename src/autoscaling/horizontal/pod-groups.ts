import type { Pod } from '../../api/schema/core-v1.ts';

/** One pod's latest value of a metric. */
export interface PodSample {
  /** Thousandths of the unit, as upstream computes: milli-cores, milli-bytes, milli-requests. */
  readonly value: bigint;
  /** End of the window it was measured over; milliseconds since the epoch. */
  readonly timestamp: number;
  readonly windowMs: number;
}

/** By pod name. */
export type PodSamples = ReadonlyMap<string, PodSample>;

export interface PodGroups {
  readonly readyPodCount: number;
  readonly unready: ReadonlySet<string>;
  readonly missing: ReadonlySet<string>;
  readonly ignored: ReadonlySet<string>;
}

export interface ReadinessPeriods {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly cpuInitializationPeriodMs: number;
  readonly initialReadinessDelayMs: number;
}

/**
 * Which pods a metric may be read from. Readiness counts only for CPU, whose samples are
 * distorted while a process starts; for every other metric a running pod without a sample is missing.
 * Upstream: pkg/controller/podautoscaler/replica_calculator.go groupPods.
 */
export function groupPods(
  pods: readonly Pod[],
  samples: PodSamples,
  resource: string,
  periods: ReadinessPeriods,
): PodGroups {
  const unready = new Set<string>();
  const missing = new Set<string>();
  const ignored = new Set<string>();
  let readyPodCount = 0;
  for (const pod of pods) {
    const { name } = pod.metadata;
    const sample = samples.get(name);
    if (pod.metadata.deletionTimestamp !== undefined || pod.status.phase === 'Failed') ignored.add(name);
    else if (pod.status.phase === 'Pending') unready.add(name);
    else if (sample === undefined) missing.add(name);
    else if (resource === 'cpu' && isUnready(pod, sample, periods)) unready.add(name);
    else readyPodCount++;
  }
  return { readyPodCount, unready, missing, ignored };
}

function isUnready(pod: Pod, sample: PodSample, periods: ReadinessPeriods): boolean {
  const ready = pod.status.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined || pod.status.startTime === undefined) return true;
  const startedAt = Date.parse(pod.status.startTime);
  // Go's zero time, far in the past, stands where the wire has none.
  const transitionAt = ready.lastTransitionTime === undefined ? -Infinity : Date.parse(ready.lastTransitionTime);
  const isFalse = ready.status === 'False';
  if (startedAt + periods.cpuInitializationPeriodMs > periods.now)
    return isFalse || sample.timestamp < transitionAt + sample.windowMs;
  return isFalse && startedAt + periods.initialReadinessDelayMs > transitionAt;
}
