import { isSidecar } from '../api/core/v1/pod-resources.ts';
import type { Container, Pod } from '../api/schema/core-v1.ts';
import { restartsAfterProbeFailure, shouldRestart } from './restart-policy.ts';

/** What there is of a container. */
export interface ObservedContainer {
  readonly state: 'running' | 'exited';
  readonly exitCode: number;
  /** It runs another image than the pod names now. */
  readonly isOutdated: boolean;
  /** The probes' verdicts on it; undefined where there is none (yet). */
  readonly liveness: boolean | undefined;
  readonly startup: boolean | undefined;
}

export interface ObservedPod {
  readonly pod: Pod;
  readonly hasSandbox: boolean;
  readonly containers: ReadonlyMap<string, ObservedContainer>;
  /** Containers that were killed in order to be started anew, whatever their policy says of their exit. */
  readonly mustRestart: ReadonlySet<string>;
}

export type KillCause = 'StartupProbe' | 'LivenessProbe' | 'DefinitionChanged';

export interface KillOrder {
  readonly container: string;
  readonly cause: KillCause;
  /** Of the Killing event. */
  readonly message: string;
  readonly restart: boolean;
}

export interface PodPlan {
  /** Nothing runs and nothing will: the pod has come to its end. */
  readonly isOver: boolean;
  readonly createSandbox: boolean;
  /** In this order; a failure of an init container ends the list. */
  readonly start: readonly string[];
  readonly kill: readonly KillOrder[];
}

const nothing: PodPlan = { isOver: false, createSandbox: false, start: [], kill: [] };
const over: PodPlan = { ...nothing, isOver: true };

/**
 * What is to be done for a pod that is to run. Back-off is not its concern: it says what should be
 * started, not when. Upstream: computePodActions and computeInitContainerActions of the kubelet.
 */
export function decide(observed: ObservedPod): PodPlan {
  if (!observed.hasSandbox) return decideWithoutSandbox(observed);
  const init = decideInit(observed);
  if (init.isOver || !init.isInitialized) return init.isOver ? over : { ...nothing, ...init };
  const main = decideMain(observed);
  if (!main.isAlive) return over;
  return { ...nothing, start: [...init.start, ...main.start], kill: [...init.kill, ...main.kill] };
}

function decideWithoutSandbox({ pod, containers }: ObservedPod): PodPlan {
  const { spec } = pod;
  // Without a sandbox everything that was there has ended; what must not run twice stays so.
  const toStart = spec.containers.filter((container) => {
    const known = containers.get(container.name);
    return known === undefined || shouldRestart(container, spec, known.exitCode);
  });
  if (toStart.length === 0) return over;
  const [firstInit] = spec.initContainers ?? [];
  const start = firstInit === undefined ? toStart.map(({ name }) => name) : [firstInit.name];
  return { ...nothing, createSandbox: true, start };
}

interface InitPlan {
  readonly isOver: boolean;
  readonly isInitialized: boolean;
  readonly start: readonly string[];
  readonly kill: readonly KillOrder[];
}

/**
 * From the last init container to the first: the latest one that has left a trace says how far the pod is.
 * From then on only sidecars matter, which are kept running.
 */
function decideInit({ pod, containers }: ObservedPod): InitPlan {
  const inits = pod.spec.initContainers ?? [];
  const hasStarted = pod.spec.containers.some(({ name }) => containers.get(name)?.state === 'running');
  let isInitialized = inits.length === 0 || hasStarted;
  let isPast = hasStarted;
  const start: string[] = [];
  const kill: KillOrder[] = [];
  for (const [index, container] of [...inits.entries()].toReversed()) {
    const observed = containers.get(container.name);
    const isRestartable = isSidecar(container);
    if (observed === undefined) {
      if (isPast && isRestartable) start.push(container.name);
      continue;
    }
    if (isPast && !isRestartable) continue;
    const progress = isRestartable ? decideSidecar(container, observed) : decideRegularInit(container, observed, pod);
    if (progress === 'failed') return { isOver: true, isInitialized: false, start: [], kill: [] };
    if (progress.isDone) {
      const next = inits[index + 1];
      if (next === undefined) isInitialized = true;
      else if (!isPast) start.push(next.name);
    }
    if (progress.start) start.push(container.name);
    if (progress.kill !== undefined) kill.push(progress.kill);
    isPast = true;
  }
  if (!isPast && inits[0] !== undefined) start.push(inits[0].name);
  return { isOver: false, isInitialized, start: start.toReversed(), kill };
}

interface Progress {
  /** The next one may start. */
  readonly isDone: boolean;
  readonly start: boolean;
  readonly kill?: KillOrder;
}

function decideRegularInit(container: Container, observed: ObservedContainer, { spec }: Pod): Progress | 'failed' {
  if (observed.state === 'running') return { isDone: false, start: false };
  if (observed.exitCode === 0) return { isDone: true, start: false };
  return shouldRestart(container, spec, observed.exitCode) ? { isDone: false, start: true } : 'failed';
}

function decideSidecar(container: Container, observed: ObservedContainer): Progress {
  if (observed.state === 'exited') return { isDone: false, start: true };
  const { name, startupProbe } = container;
  const killed = (cause: KillCause, why: string): KillOrder => ({
    container: name,
    cause,
    message: `Init container ${name} ${why}`,
    restart: true,
  });
  if (startupProbe !== undefined && observed.startup !== true) {
    if (observed.startup === undefined) return { isDone: false, start: false };
    return { isDone: false, start: false, kill: killed('StartupProbe', 'failed startup probe') };
  }
  if (observed.isOutdated)
    return { isDone: true, start: false, kill: killed('DefinitionChanged', 'definition changed') };
  if (observed.liveness === false)
    return { isDone: true, start: false, kill: killed('LivenessProbe', 'failed liveness probe') };
  return { isDone: true, start: false };
}

function decideMain({ pod: { spec }, containers, mustRestart }: ObservedPod): {
  readonly isAlive: boolean;
  readonly start: readonly string[];
  readonly kill: readonly KillOrder[];
} {
  const start: string[] = [];
  const kill: KillOrder[] = [];
  let kept = 0;
  for (const container of spec.containers) {
    const { name } = container;
    const observed = containers.get(name);
    if (observed?.state !== 'running') {
      if (observed === undefined || mustRestart.has(name) || shouldRestart(container, spec, observed.exitCode))
        start.push(name);
      continue;
    }
    const order = killOrder(container, observed, restartsAfterProbeFailure(container, spec));
    if (order === undefined) kept++;
    else kill.push(order);
  }
  const willRestart = kill.some(({ restart }) => restart);
  return { isAlive: kept > 0 || start.length > 0 || willRestart, start, kill };
}

function killOrder({ name }: Container, observed: ObservedContainer, restart: boolean): KillOrder | undefined {
  const order = (cause: KillCause, why: string, again: boolean): KillOrder => ({
    container: name,
    cause,
    message: `Container ${name} ${why}${again ? ', will be restarted' : ''}`,
    restart: again,
  });
  if (observed.isOutdated) return order('DefinitionChanged', 'definition changed', true);
  if (observed.liveness === false) return order('LivenessProbe', 'failed liveness probe', restart);
  if (observed.startup === false) return order('StartupProbe', 'failed startup probe', restart);
  return undefined;
}
