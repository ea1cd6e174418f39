import type { ContainerStatus, Probe } from '../../api/schema/core-v1.ts';
import { secondMs } from '../../std/clock.ts';
import type { ProbeType, ProbeVerdict } from './probe-results.ts';

/** What a probe remembers from one run to the next. */
export interface ProbeMemory {
  /** '' before it has seen any. */
  readonly containerID: string;
  readonly last: 'success' | 'failure' | undefined;
  /** How often in a row `last` came. */
  readonly run: number;
  /** Nothing to probe until there is a new container. */
  readonly isOnHold: boolean;
}

export const noMemory: ProbeMemory = { containerID: '', last: undefined, run: 0, isOnHold: false };

/** What it sees when its time has come. */
export interface ProbeSight {
  readonly type: ProbeType;
  readonly probe: Probe;
  readonly isPodTerminal: boolean;
  readonly isPodDeleting: boolean;
  /** As reported; undefined before there is one with a container id. */
  readonly status: ContainerStatus | undefined;
  /** It ended and its policy says that it stays so. */
  readonly isOver: boolean;
  readonly nowMs: number;
  /** An agent before this one has reported this container: it keeps what was said of it until a probe says otherwise. */
  readonly isAdopted: boolean;
}

export interface ProbeStep {
  readonly memory: ProbeMemory;
  /** `stop`: this probe will not be needed any more. */
  readonly next: 'stop' | 'wait' | 'probe';
  readonly verdict?: ProbeVerdict | undefined;
  /** The container whose verdicts are of no use any more. */
  readonly forget?: string | undefined;
}

const initialVerdicts: Readonly<Record<ProbeType, ProbeVerdict>> = {
  startup: 'unknown',
  readiness: 'failure',
  liveness: 'success',
};

/** Whether it is time to probe, and what is known without. Upstream: worker.doProbe of pkg/kubelet/prober, 1.36. */
export function beforeProbe(memory: ProbeMemory, sight: ProbeSight): ProbeStep {
  const { type, probe, status } = sight;
  if (sight.isPodTerminal) return { memory, next: 'stop' };
  const containerID = status?.containerID ?? '';
  if (status === undefined || containerID === '') return { memory, next: 'wait' };
  let seen = memory;
  let forget: string | undefined;
  let verdict: ProbeVerdict | undefined;
  if (memory.containerID !== containerID) {
    if (memory.containerID !== '') forget = memory.containerID;
    seen = { ...memory, containerID, isOnHold: false };
    verdict = firstVerdict(sight, status);
  }
  const step = (next: ProbeStep['next'], changed = verdict): ProbeStep => ({
    memory: seen,
    next,
    verdict: changed,
    forget,
  });
  if (seen.isOnHold) return step('wait');
  const startedAt = status.state.running?.startedAt;
  if (startedAt === undefined) return step(sight.isOver ? 'stop' : 'wait', 'failure');
  if (sight.isPodDeleting && type !== 'readiness') return step('stop', 'success');
  const ageSeconds = Math.trunc((sight.nowMs - Date.parse(startedAt)) / secondMs);
  if (ageSeconds < (probe.initialDelaySeconds ?? 0)) return step('wait');
  const isStarted = status.started === true;
  return step(isStarted === (type === 'startup') ? 'wait' : 'probe');
}

function firstVerdict({ type, isAdopted }: ProbeSight, { started }: ContainerStatus): ProbeVerdict | undefined {
  if (!isAdopted) return initialVerdicts[type];
  return type === 'startup' && started === true ? 'success' : undefined;
}

/** Takes in what a probe found; the verdict is undefined while the thresholds leave things as they are. */
export function afterProbe(
  memory: ProbeMemory,
  found: 'success' | 'failure',
  { type, probe }: Pick<ProbeSight, 'type' | 'probe'>,
): { readonly memory: ProbeMemory; readonly verdict: ProbeVerdict | undefined } {
  const run = memory.last === found ? memory.run + 1 : 1;
  const threshold =
    (found === 'failure' ? probe.failureThreshold : probe.successThreshold) ?? (found === 'failure' ? 3 : 1);
  if (run < threshold) return { memory: { ...memory, last: found, run }, verdict: undefined };
  // What it says leads to a new container, or it has said all it can: no more probing of this one.
  const isOnHold = type === 'startup' || (type === 'liveness' && found === 'failure');
  return { memory: { ...memory, last: found, run: isOnHold ? 0 : run, isOnHold }, verdict: found };
}
