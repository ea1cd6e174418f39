import type { ContainerState } from '../../node/container-runtime.ts';
import type { CgroupScope } from './cgroup-scope.ts';

/**
 * What a shim knows of one container and keeps in its state file, so that whoever comes after a crash finds the process
 * again. `starting` is written before the process exists and is only ever seen after a crash.
 */
export interface ContainerRecord extends Omit<ContainerState, 'state'> {
  readonly state: 'starting' | ContainerState['state'];
  readonly startTicks?: string | undefined;
  readonly cgroup?: CgroupScope | undefined;
}

/** A shim's state file. */
export interface ShimState {
  /** Pids of another boot name nobody. */
  readonly bootID: string;
  readonly containers: readonly ContainerRecord[];
}

/** undefined when it is not what a shim writes. */
export function parseShimState(value: unknown): ShimState | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { bootID, containers } = value as Partial<ShimState>;
  return typeof bootID === 'string' && Array.isArray(containers) ? { bootID, containers } : undefined;
}

/** What the port shows of it. */
export function containerState({
  startTicks: _ticks,
  cgroup: _cgroup,
  state,
  ...rest
}: ContainerRecord): ContainerState {
  return { ...rest, state: state === 'starting' ? 'running' : state };
}
