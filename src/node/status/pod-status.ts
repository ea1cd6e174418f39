import { podQosClass } from '../../api/core/v1/pod-qos.ts';
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { ownConditions, podConditions } from './pod-conditions.ts';
import { podPhase, type PodPhase } from './phase.ts';

/** An end that is not the containers' own: the phase becomes Failed. */
export interface PodEnd {
  readonly reason: string;
  readonly message: string;
}

export interface PodStatusInput {
  /** The latest that is known of the API object; conditions of others are taken from it. */
  readonly pod: Pod;
  readonly hostIP: string;
  /** undefined while there is no sandbox. */
  readonly podIP: string | undefined;
  readonly containers: readonly ContainerStatus[];
  readonly initContainers: readonly ContainerStatus[];
  /** A main container has started in this sandbox. */
  readonly hasInitialized: boolean;
  /** Everything has been stopped for good. */
  readonly isStopped: boolean;
  readonly end: PodEnd | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** The whole status as the node agent reports it. Upstream: generateAPIPodStatus, mergePodStatus. */
export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, podIP, hostIP, containers, initContainers, isStopped, end, nowMs } = input;
  const old = pod.status;
  const statuses = [...initContainers, ...containers];
  const phase = phaseOf(input, statuses);
  // What may still run is not reported as ended, so that nobody takes its place too early.
  const isEarly = isTerminal(phase) && !isTerminal(old.phase) && !isStopped;
  const shown = isEarly ? old.phase : phase;
  const keepsReason = shown === old.phase && (end === undefined || isEarly);
  const { reason, message } = keepsReason ? old : (end ?? { reason: undefined, message: undefined });
  const ip = podIP ?? old.podIP;
  const conditions = podConditions({ pod, phase, statuses, hasSandbox: podIP !== undefined });
  return {
    ...withoutOwnFields(old),
    observedGeneration: pod.metadata.generation,
    phase: shown,
    conditions: merge(old.conditions ?? [], conditions, timestamp(nowMs)),
    ...(message === undefined || message === '' ? {} : { message }),
    ...(reason === undefined || reason === '' ? {} : { reason }),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(ip === undefined || ip === '' ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime: old.startTime ?? timestamp(nowMs),
    ...(initContainers.length === 0 ? {} : { initContainerStatuses: initContainers }),
    ...(containers.length === 0 ? {} : { containerStatuses: containers }),
    qosClass: old.qosClass ?? podQosClass(pod),
  };
}

const isTerminal = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';

function phaseOf(
  { pod, isStopped, hasInitialized, end }: PodStatusInput,
  statuses: readonly ContainerStatus[],
): PodPhase {
  // A pod does not come back from its end.
  if (isTerminal(pod.status.phase)) return pod.status.phase as PodPhase;
  if (end !== undefined) return 'Failed';
  const phase = podPhase({ pod, statuses, isTerminal: isStopped, hasInitialized });
  return isStopped && !isTerminal(phase) ? 'Failed' : phase;
}

function withoutOwnFields(status: PodStatus): PodStatus {
  const { reason: _reason, message: _message, podIP: _ip, podIPs: _ips, ...rest } = status;
  return rest;
}

function merge(old: readonly PodCondition[], own: readonly PodCondition[], nowText: string): readonly PodCondition[] {
  const before = new Map(old.map((condition) => [condition.type, condition]));
  return [
    ...old.filter(({ type }) => !ownConditions.has(type)),
    ...own.map((condition) => {
      const known = before.get(condition.type);
      const moved = known?.status === condition.status ? known.lastTransitionTime : undefined;
      return { ...condition, lastTransitionTime: moved ?? nowText };
    }),
  ];
}
