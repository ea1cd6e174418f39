import { isSidecar } from '../../api/core/v1/pod-resources.ts';
import type { ContainerStatus, Pod } from '../../api/schema/core-v1.ts';

interface Reported {
  readonly pod: Pod;
  readonly containers: readonly ContainerStatus[];
  readonly initContainers: readonly ContainerStatus[];
}

/** Whether the main containers have ever had their turn (hasPodInitialized in status_manager.go). */
export function hasInitialized({ pod, containers, initContainers }: Reported): boolean {
  const last = pod.spec.initContainers?.at(-1);
  if (last === undefined) return true;
  if (containers.some(({ state, lastState }) => lastState.terminated !== undefined || state.waiting === undefined))
    return true;
  const status = initContainers.find(({ name }) => name === last.name);
  if (isSidecar(last)) return status?.state.running !== undefined && status.started === true;
  return status?.state.terminated?.exitCode === 0 || status?.lastState.terminated?.exitCode === 0;
}

/**
 * At the end of a pod nothing is left in doubt: main containers of an initialized pod, and init containers up to
 * the last that has left a trace, count as killed unless they are known to have ended (TerminatePod in status_manager.go).
 */
export function withEveryContainerEnded(reported: Reported): Omit<Reported, 'pod'> {
  const { containers, initContainers } = reported;
  const lastTrace = initContainers.findLastIndex(
    ({ state, lastState }) => state.waiting === undefined || lastState.terminated !== undefined,
  );
  return {
    containers: hasInitialized(reported) ? containers.map(ended) : containers,
    initContainers: initContainers.map((status, index) => (index <= Math.max(0, lastTrace) ? ended(status) : status)),
  };
}

function ended(status: ContainerStatus): ContainerStatus {
  if (status.state.terminated !== undefined) return status;
  return { ...status, state: { terminated: unknownEnd }, started: false, ready: false };
}

const unknownEnd = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
};
