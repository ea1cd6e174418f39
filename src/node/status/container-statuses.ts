import { isSidecar } from '../../api/core/v1/pod-resources.ts';
import type { Container, ContainerStatus, ContainerState as StatusState, Pod } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import type { ContainerState } from '../container-runtime.ts';
import { shouldRestart } from '../restart-policy.ts';

export interface WaitingReason {
  readonly reason: string;
  readonly message: string;
}

export interface ContainerStatusInput {
  readonly pod: Pod;
  readonly kind: 'init' | 'main';
  /** What the runtime has now, by container name. */
  readonly states: ReadonlyMap<string, ContainerState>;
  /** As they were reported last. */
  readonly old: readonly ContainerStatus[] | undefined;
  /** Why a start did not come about, by container name. */
  readonly waiting: ReadonlyMap<string, WaitingReason>;
}

/**
 * Statuses without the probes' part (`started`, `ready`); sorted by name, those of init containers in the
 * order of the pod. What ran before is known from the last report. Upstream: convertToAPIContainerStatuses.
 */
export function containerStatuses(input: ContainerStatusInput): readonly ContainerStatus[] {
  const { pod, kind, old = [] } = input;
  const containers = (kind === 'init' ? pod.spec.initContainers : pod.spec.containers) ?? [];
  const before = new Map(old.map((status) => [status.name, status]));
  const statuses = containers.map((container) => {
    const state = input.states.get(container.name);
    const previous = before.get(container.name);
    const status =
      state === undefined ? withoutState(container, previous, pod) : withState(container, state, previous, pod);
    return waitingIfItWillStart(container, status, state, input);
  });
  return kind === 'init' ? statuses : statuses.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a container is started from when its status is not yet known to name it. */
export function imageOf(container: Container, containerID: string, old: ContainerStatus | undefined): string {
  return old?.containerID === containerID ? old.image : (container.image ?? '');
}

function withState(
  container: Container,
  state: ContainerState,
  old: ContainerStatus | undefined,
  { spec }: Pod,
): ContainerStatus {
  const { containerID, attempt } = state;
  const image = imageOf(container, containerID, old);
  const replaced = old?.containerID === containerID ? undefined : old?.state.terminated;
  const last = replaced ?? old?.lastState.terminated;
  const isRunning = state.state === 'running';
  const { requests } = container.resources;
  return {
    name: container.name,
    state: isRunning ? { running: { startedAt: timestamp(state.startedAt) } } : { terminated: terminated(state, spec) },
    lastState: last === undefined ? {} : { terminated: last },
    ready: false,
    restartCount: Math.max(attempt, old?.restartCount ?? 0),
    image,
    imageID: image,
    containerID,
    ...(isRunning && old?.started !== undefined ? { started: old.started } : {}),
    ...(requests === undefined ? {} : { allocatedResources: requests }),
    resources: container.resources,
  };
}

// kubecontainer.MaxPodTerminationMessageLogLength, shared by a pod's containers.
const messageBytesMax = 12 * 1024;

function terminated(
  { containerID, exitCode = 0, signal, reason, message, startedAt, finishedAt }: ContainerState,
  { containers, initContainers = [] }: Pod['spec'],
): NonNullable<StatusState['terminated']> {
  const share = Math.floor(messageBytesMax / (containers.length + initContainers.length));
  return {
    exitCode,
    ...(signal === undefined || signal === 0 ? {} : { signal }),
    reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
    ...(message === undefined || message === '' ? {} : { message: message.slice(0, share) }),
    startedAt: timestamp(startedAt),
    finishedAt: timestamp(finishedAt ?? startedAt),
    containerID,
  };
}

/** The runtime knows nothing of it: it has not been made, or everything about it was lost. */
function withoutState(
  container: Container,
  old: ContainerStatus | undefined,
  { metadata, spec }: Pod,
): ContainerStatus {
  if (old?.state.terminated !== undefined) return old;
  const wasLost = old?.state.running !== undefined;
  const lastState: StatusState =
    wasLost && old.lastState.terminated === undefined
      ? {
          terminated: {
            exitCode: 137,
            reason: 'ContainerStatusUnknown',
            message: 'The container could not be located when the pod was deleted.  The container used to be Running',
          },
        }
      : (old?.lastState ?? {});
  const isNewLoss = wasLost && metadata.deletionTimestamp === undefined;
  const reason = (spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating';
  return {
    name: container.name,
    state: { waiting: { reason } },
    lastState,
    ready: false,
    restartCount: (old?.restartCount ?? 0) + (isNewLoss ? 1 : 0),
    image: container.image ?? '',
    imageID: '',
  };
}

function waitingIfItWillStart(
  container: Container,
  status: ContainerStatus,
  state: ContainerState | undefined,
  { pod, kind, states, waiting }: ContainerStatusInput,
): ContainerStatus {
  if (kind === 'init') {
    if (state?.state === 'exited' && state.exitCode === 0) return status;
    const hasMain = pod.spec.containers.some(({ name }) => states.has(name));
    if (state === undefined && hasMain && !isSidecar(container) && status.state.waiting !== undefined)
      return { ...status, state: { terminated: forgotten } };
  }
  const reason = waiting.get(container.name);
  const willStart =
    pod.metadata.deletionTimestamp === undefined &&
    state?.state !== 'running' &&
    (state === undefined || shouldRestart(container, pod.spec, state.exitCode ?? 0));
  if (reason === undefined || !willStart) return status;
  return {
    ...status,
    state: { waiting: { reason: reason.reason, ...(reason.message === '' ? {} : { message: reason.message }) } },
    lastState: status.state.terminated === undefined ? status.lastState : status.state,
  };
}

const forgotten: NonNullable<StatusState['terminated']> = {
  exitCode: 0,
  reason: 'Completed',
  message:
    'Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally',
};
