import { isSidecar } from '../../api/core/v1/pod-resources.ts';
import type { ContainerStatus, Pod, PodCondition } from '../../api/schema/core-v1.ts';
import type { PodPhase } from './phase.ts';

/** The conditions that are the node agent's to set; all others are somebody else's and stay. */
export const ownConditions: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
]);

export interface ConditionsInput {
  readonly pod: Pod;
  readonly phase: PodPhase;
  /** Of init and main containers. */
  readonly statuses: readonly ContainerStatus[];
  readonly hasSandbox: boolean;
}

/** Without times. Upstream: pkg/kubelet/status/generate.go. */
export function podConditions(input: ConditionsInput): readonly PodCondition[] {
  const observedGeneration = input.pod.metadata.generation;
  const containersReady = containersReadyCondition(input);
  return [
    { type: 'PodReadyToStartContainers', status: input.hasSandbox ? 'True' : 'False' },
    { type: 'Initialized', ...initialized(input) },
    { type: 'Ready', ...(containersReady.status === 'True' ? readinessGates(input.pod) : containersReady) },
    { type: 'ContainersReady', ...containersReady },
    { type: 'PodScheduled', status: 'True' },
  ].map((condition) => (observedGeneration === undefined ? condition : { ...condition, observedGeneration }));
}

interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

const yes: Verdict = { status: 'True' };
const no = (reason: string, message = ''): Verdict => ({
  status: 'False',
  reason,
  ...(message === '' ? {} : { message }),
});

function containersReadyCondition({ pod, phase, statuses }: ConditionsInput): Verdict {
  const needed = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers];
  const { unknown, unmet } = sort(needed, statuses, ({ ready }) => ready);
  if (phase === 'Succeeded' && unknown.length === 0) return no('PodCompleted');
  if (phase === 'Failed') return no('PodFailed');
  const message = list(unknown, 'containers with unknown status', unmet, 'containers with unready status');
  return message === '' ? yes : no('ContainersNotReady', message);
}

function readinessGates({ spec, status }: Pod): Verdict {
  const messages = (spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = status.conditions?.find(({ type }) => type === conditionType);
    if (condition === undefined)
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (condition.status === 'True') return [];
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  return messages.length === 0 ? yes : no('ReadinessGatesNotReady', messages.join(', '));
}

function initialized({ pod, phase, statuses }: ConditionsInput): Verdict {
  const inits = pod.spec.initContainers ?? [];
  const { unknown, unmet } = sort(inits, statuses, (status, container) =>
    isSidecar(container) ? status.started === true : status.ready,
  );
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'True', reason: 'PodCompleted' };
  const main = new Set(pod.spec.containers.map(({ name }) => name));
  const hasStarted = statuses.some(
    ({ name, state }) => main.has(name) && (state.running !== undefined || state.terminated !== undefined),
  );
  if (hasStarted) return yes;
  const message = list(unknown, 'containers with unknown status', unmet, 'containers with incomplete status');
  return message === '' ? yes : no('ContainersNotInitialized', message);
}

function sort<C extends { readonly name: string }>(
  containers: readonly C[],
  statuses: readonly ContainerStatus[],
  isMet: (status: ContainerStatus, container: C) => boolean,
): { readonly unknown: readonly string[]; readonly unmet: readonly string[] } {
  const unknown: string[] = [];
  const unmet: string[] = [];
  for (const container of containers) {
    const status = statuses.find(({ name }) => name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (!isMet(status, container)) unmet.push(container.name);
  }
  return { unknown, unmet };
}

function list(unknown: readonly string[], unknownText: string, unmet: readonly string[], unmetText: string): string {
  const parts: string[] = [];
  if (unknown.length > 0) parts.push(`${unknownText}: [${unknown.join(' ')}]`);
  if (unmet.length > 0) parts.push(`${unmetText}: [${unmet.join(' ')}]`);
  return parts.join(', ');
}
