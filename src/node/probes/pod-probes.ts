import { isSidecar } from '../../api/core/v1/pod-resources.ts';
import type { Container, ContainerStatus, Pod, PodStatus, Probe } from '../../api/schema/core-v1.ts';
import { secondMs, type Clock } from '../../std/clock.ts';
import type { Random } from '../../std/random.ts';
import type { ProbeResult } from '../prober.ts';
import { ProbeResults, type ProbeType } from './probe-results.ts';
import { ProbeWorker } from './probe-worker.ts';

export interface PodProbesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly agentStartedAtMs: number;
  /** Containers that an agent before this one has reported: their ids, and whether they were ready. */
  readonly adopted: ReadonlyMap<string, boolean>;
  readonly pod: () => { readonly pod: Pod; readonly status: PodStatus };
  readonly run: (container: Container, probe: Probe) => Promise<ProbeResult>;
  readonly report: (container: Container, type: ProbeType, result: ProbeResult) => void;
  /** A verdict changed: the pod has to be looked at. */
  readonly onChange: () => void;
}

/** All probes of a pod, and what they mean for its containers. */
export class PodProbes {
  readonly results: ProbeResults;
  readonly #options: PodProbesOptions;
  readonly #workers = new Map<string, ProbeWorker>();

  constructor(options: PodProbesOptions) {
    this.#options = options;
    this.results = new ProbeResults(options.onChange);
  }

  /** Begins to probe; does nothing for probes that were begun. */
  start(pod: Pod): void {
    for (const container of probed(pod)) {
      this.#begin(container, 'startup', container.startupProbe);
      this.#begin(container, 'readiness', container.readinessProbe);
      this.#begin(container, 'liveness', container.livenessProbe);
    }
  }

  stop(...types: readonly ProbeType[]): void {
    for (const [key, worker] of this.#workers) {
      if (types.length > 0 && !types.some((type) => key.startsWith(`${type} `))) continue;
      worker.stop();
      this.#workers.delete(key);
    }
  }

  /**
   * The statuses with `started` and `ready`. A container that is not known to be ready is probed at once.
   * Upstream: UpdatePodStatus in pkg/kubelet/prober/prober_manager.go.
   */
  judge(pod: Pod, statuses: readonly ContainerStatus[], kind: 'init' | 'main'): readonly ContainerStatus[] {
    const containers = (kind === 'init' ? pod.spec.initContainers : pod.spec.containers) ?? [];
    return statuses.map((status) => {
      const container = containers.find(({ name }) => name === status.name);
      const started = this.#isStarted(status);
      if (container === undefined) return status;
      if (kind === 'init' && !isSidecar(container))
        return { ...status, started, ready: status.state.terminated?.exitCode === 0 };
      return { ...status, started, ready: started && this.#isReady(status) };
    });
  }

  #begin(container: Container, type: ProbeType, probe: Probe | undefined): void {
    const key = `${type} ${container.name}`;
    if (probe === undefined || this.#workers.has(key)) return;
    const { clock, random, agentStartedAtMs, adopted, pod, run, report } = this.#options;
    const periodMs = (probe.periodSeconds ?? 10) * secondMs;
    const isFreshAgent = clock.now() - agentStartedAtMs < periodMs;
    const worker = new ProbeWorker({
      clock,
      type,
      probe,
      container,
      pod,
      results: this.results,
      isAdopted: (containerID) => adopted.has(containerID),
      firstDelayMs: isFreshAgent ? random.next() * periodMs : 0,
      run: (its) => run(container, its),
      report: (its, result) => report(container, its, result),
    });
    this.#workers.set(key, worker);
    worker.start();
  }

  #isStarted({ name, state, started, containerID = '' }: ContainerStatus): boolean {
    if (state.running === undefined) return false;
    const verdict = this.results.get('startup', containerID);
    if (verdict !== undefined) return verdict === 'success';
    return started === true || !this.#workers.has(`startup ${name}`);
  }

  #isReady({ name, state, containerID = '' }: ContainerStatus): boolean {
    if (state.running === undefined) return false;
    const verdict = this.results.get('readiness', containerID);
    if (verdict === 'success') return true;
    const worker = this.#workers.get(`readiness ${name}`);
    worker?.trigger();
    if (worker === undefined) return true;
    return verdict === undefined && this.#options.adopted.get(containerID) === true;
  }
}

/** Regular init containers have no probes. */
function probed({ spec }: Pod): readonly Container[] {
  return [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)];
}
