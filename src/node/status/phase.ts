import { isSidecar } from '../../api/core/v1/pod-resources.ts';
import type { Container, ContainerStatus, Pod } from '../../api/schema/core-v1.ts';
import { shouldRestart } from '../restart-policy.ts';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export interface PhaseInput {
  readonly pod: Pod;
  /** Of init and main containers. */
  readonly statuses: readonly ContainerStatus[];
  /** All containers are stopped and none will start again, whatever the restart policy says. */
  readonly isTerminal: boolean;
  /** A main container has started in this sandbox. */
  readonly hasInitialized: boolean;
}

/** Upstream: getPhase in pkg/kubelet/kubelet_pods.go. */
export function podPhase({ pod, statuses, isTerminal, hasInitialized }: PhaseInput): PodPhase {
  const statusOf = new Map(statuses.map((status) => [status.name, status]));
  const inits = pod.spec.initContainers ?? [];
  const regular = inits.filter((container) => !isSidecar(container)).map((each) => initState(each, statusOf, pod));
  if (regular.includes('failed')) return 'Failed';
  const sidecars = inits.filter(isSidecar).map(({ name }) => sidecarState(statusOf.get(name)));
  const main = pod.spec.containers.map((container) => mainState(container, statusOf, pod));
  const all = [...sidecars.map(({ state }) => state), ...main];
  const count = (state: State): number => all.filter((each) => each === state).length;
  const isInitializing =
    regular.includes('pending') || (!hasInitialized && sidecars.some(({ isPending }) => isPending));
  if (isInitializing || count('waiting') > 0) return 'Pending';
  if (count('unknown') > 0) return 'Pending';
  if (count('running') > 0) return 'Running';
  const succeeded = count('succeeded') + count('succeeded, again');
  const stopped = succeeded + count('failed') + count('failed, again');
  if (stopped === 0) return 'Pending';
  const willRestart = count('succeeded, again') + count('failed, again') > 0;
  if (!isTerminal && willRestart) return 'Running';
  return stopped === succeeded ? 'Succeeded' : 'Failed';
}

type State =
  | 'unknown'
  | 'waiting'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'succeeded, again'
  | 'failed, again'
  | 'ignored';

type Statuses = ReadonlyMap<string, ContainerStatus>;

function mainState(container: Container, statuses: Statuses, { spec }: Pod): State {
  const status = statuses.get(container.name);
  if (status === undefined) return 'unknown';
  const { state, lastState } = status;
  if (state.running !== undefined) return 'running';
  if (state.terminated !== undefined) {
    const { exitCode } = state.terminated;
    const outcome = exitCode === 0 ? 'succeeded' : 'failed';
    return shouldRestart(container, spec, exitCode) ? `${outcome}, again` : outcome;
  }
  if (state.waiting === undefined) return 'unknown';
  if (lastState.terminated === undefined) return 'waiting';
  // A container that waits for its next start counts as failed, however it ended.
  return shouldRestart(container, spec, lastState.terminated.exitCode) ? 'failed, again' : 'failed';
}

function initState(
  container: Container,
  statuses: Statuses,
  { spec }: Pod,
): 'done' | 'pending' | 'retrying' | 'failed' {
  const status = statuses.get(container.name);
  const ended =
    status?.state.terminated ?? (status?.state.waiting === undefined ? undefined : status.lastState.terminated);
  if (ended === undefined) return 'pending';
  if (ended.exitCode === 0) return 'done';
  return shouldRestart(container, spec, ended.exitCode) ? 'retrying' : 'failed';
}

/** Sidecars that ended say nothing of the pod. */
function sidecarState(status: ContainerStatus | undefined): { readonly state: State; readonly isPending: boolean } {
  if (status === undefined) return { state: 'unknown', isPending: false };
  const { state, lastState, started } = status;
  if (state.running !== undefined) return { state: 'running', isPending: started !== true };
  if (state.terminated !== undefined) return { state: 'ignored', isPending: false };
  if (state.waiting === undefined) return { state: 'unknown', isPending: true };
  return lastState.terminated === undefined
    ? { state: 'waiting', isPending: true }
    : { state: 'ignored', isPending: false };
}
