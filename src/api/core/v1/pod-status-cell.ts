import { isConditionTrue } from '../../conditions.ts';
import { ageText } from '../../duration-text.ts';
import type { ContainerStatus, Pod } from '../../schema/core-v1.ts';
import { isPodTerminal } from './pod-readiness.ts';
import { isSidecar } from './pod-resources.ts';

/** What `kubectl get pods` says of a pod. */
export interface PodSummary {
  /** `READY/TOTAL`. */
  readonly ready: string;
  readonly status: string;
  /** The count, with the time of the last one. */
  readonly restarts: string;
}

interface Tally {
  ready: number;
  restarts: number;
  lastRestart: string;
}

/** Upstream's printPod (pkg/printers/internalversion/printers.go), which works from the last container to the first. */
export function summarizePod(pod: Pod, nowMs: number): PodSummary {
  const init = summarizeInit(pod);
  const { status } = pod;
  let reason = init.reason ?? overallReason(pod);
  let tally = init.all;
  if (init.reason === undefined || isConditionTrue(status.conditions, 'Initialized')) {
    tally = { ...init.sidecars };
    reason = summarizeContainers(pod, tally, reason);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') reason = 'Unknown';
    else if (!isPodTerminal(pod)) reason = 'Terminating';
  }
  const total = pod.spec.containers.length + (pod.spec.initContainers ?? []).filter(isSidecar).length;
  const when = tally.restarts > 0 && tally.lastRestart !== '' ? ` (${ageText(tally.lastRestart, nowMs)} ago)` : '';
  return { ready: `${tally.ready}/${total}`, status: reason, restarts: `${tally.restarts}${when}` };
}

function overallReason({ status }: Pod): string {
  const isGated = (status.conditions ?? []).some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  );
  if (isGated) return 'SchedulingGated';
  return (status.reason ?? '') === '' ? (status.phase ?? '') : status.reason!;
}

/** `reason` is there while an init container holds the pod back. */
function summarizeInit(pod: Pod): { readonly all: Tally; readonly sidecars: Tally; readonly reason?: string } {
  const all: Tally = { ready: 0, restarts: 0, lastRestart: '' };
  const sidecars: Tally = { ready: 0, restarts: 0, lastRestart: '' };
  const initContainers = pod.spec.initContainers ?? [];
  for (const [index, one] of (pod.status.initContainerStatuses ?? []).entries()) {
    const container = initContainers.find(({ name }) => name === one.name);
    const sidecar = container !== undefined && isSidecar(container);
    countRestarts(all, one);
    if (sidecar) countRestarts(sidecars, one);
    const { terminated, waiting } = one.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && one.started === true) {
      if (one.ready) {
        all.ready += 1;
        sidecars.ready += 1;
      }
      continue;
    }
    if (terminated !== undefined) return { all, sidecars, reason: `Init:${terminationReason(terminated)}` };
    const waitsFor = waiting?.reason ?? '';
    const progress = waitsFor === '' || waitsFor === 'PodInitializing' ? `${index}/${initContainers.length}` : waitsFor;
    return { all, sidecars, reason: `Init:${progress}` };
  }
  return { all, sidecars };
}

function summarizeContainers({ status }: Pod, tally: Tally, before: string): string {
  let reason = before;
  let errorReason = '';
  let hasRunning = false;
  for (const one of (status.containerStatuses ?? []).toReversed()) {
    countRestarts(tally, one);
    const { waiting, terminated, running } = one.state ?? {};
    if ((waiting?.reason ?? '') !== '') reason = waiting!.reason!;
    else if (terminated !== undefined) {
      reason = terminationReason(terminated);
      if (terminated.exitCode !== 0) errorReason = reason;
    } else if (one.ready && running !== undefined) {
      hasRunning = true;
      tally.ready += 1;
    }
  }
  if (reason !== 'Completed') return reason;
  if (hasRunning && isConditionTrue(status.conditions, 'Ready')) return 'Running';
  if (errorReason !== '') return errorReason;
  return hasRunning ? 'NotReady' : reason;
}

function countRestarts(tally: Tally, { restartCount, lastState }: ContainerStatus): void {
  tally.restarts += restartCount;
  const finishedAt = lastState?.terminated?.finishedAt ?? '';
  if (finishedAt !== '' && (tally.lastRestart === '' || Date.parse(finishedAt) > Date.parse(tally.lastRestart)))
    tally.lastRestart = finishedAt;
}

function terminationReason({
  reason = '',
  signal = 0,
  exitCode,
}: {
  readonly reason?: string | undefined;
  readonly signal?: number | undefined;
  readonly exitCode: number;
}): string {
  if (reason !== '') return reason;
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}
