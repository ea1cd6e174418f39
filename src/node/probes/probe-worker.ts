import type { Container, ContainerStatus, Pod, PodStatus, Probe } from '../../api/schema/core-v1.ts';
import { secondMs, type Clock, type Timer } from '../../std/clock.ts';
import type { ProbeResult } from '../prober.ts';
import { shouldRestart } from '../restart-policy.ts';
import type { ProbeResults, ProbeType } from './probe-results.ts';
import { afterProbe, beforeProbe, noMemory } from './probe-step.ts';

export interface ProbeWorkerOptions {
  readonly clock: Clock;
  readonly type: ProbeType;
  readonly probe: Probe;
  readonly container: Container;
  /** The pod and its status as they are now. */
  readonly pod: () => { readonly pod: Pod; readonly status: PodStatus };
  readonly results: ProbeResults;
  /** Whether an agent before this one has reported a container of this id. */
  readonly isAdopted: (containerID: string) => boolean;
  /** Before the first run, in milliseconds: an agent that has just started does not probe everything at once. */
  readonly firstDelayMs: number;
  readonly run: (probe: Probe) => Promise<ProbeResult>;
  /** Hears of failures, warnings and errors of the prober. */
  readonly report: (type: ProbeType, result: ProbeResult) => void;
}

/** One probe of one container: runs every period, at once when triggered, and never twice at a time. */
export class ProbeWorker {
  readonly #options: ProbeWorkerOptions;
  readonly #periodMs: number;
  #memory = noMemory;
  #timer: Timer | undefined;
  #nextMs = 0;
  #hasBegun = false;
  #isRunning = false;
  #isTriggered = false;
  #isStopped = false;

  constructor(options: ProbeWorkerOptions) {
    this.#options = options;
    this.#periodMs = (options.probe.periodSeconds ?? 10) * secondMs;
  }

  start(): void {
    this.#schedule(this.#options.firstDelayMs);
  }

  /** Runs now, or right after the run that is under way, and every period from then on. */
  trigger(): void {
    if (this.#isStopped) return;
    if (this.#hasBegun && !this.#isRunning) this.#schedule(0);
    else this.#isTriggered = true;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    const { results, type } = this.#options;
    if (this.#memory.containerID !== '') results.remove(type, this.#memory.containerID);
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    this.#nextMs = this.#options.clock.now() + delayMs;
    this.#timer = this.#options.clock.after(delayMs, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    this.#hasBegun = true;
    this.#isRunning = true;
    const goesOn = await this.#probe();
    this.#isRunning = false;
    if (this.#isStopped) return;
    if (!goesOn) return this.stop();
    if (this.#isTriggered) {
      this.#isTriggered = false;
      return this.#schedule(0);
    }
    // A run that took longer than a period is followed by the next at once, then the rhythm goes on.
    this.#nextMs += this.#periodMs;
    const lateMs = this.#options.clock.now() - this.#nextMs;
    const { clock } = this.#options;
    this.#timer = clock.after(Math.max(0, -lateMs), () => void this.#tick());
    if (lateMs > 0) this.#nextMs += Math.floor(lateMs / this.#periodMs) * this.#periodMs;
  }

  /** False when this probe has nothing to do any more. */
  async #probe(): Promise<boolean> {
    const { type, probe, container, results, clock, isAdopted } = this.#options;
    const { pod, status: podStatus } = this.#options.pod();
    const status = statusOf(container.name, podStatus);
    const exitCode = status?.state.terminated?.exitCode;
    const step = beforeProbe(this.#memory, {
      type,
      probe,
      isPodTerminal: podStatus.phase === 'Failed' || podStatus.phase === 'Succeeded',
      isPodDeleting: pod.metadata.deletionTimestamp !== undefined,
      status,
      isOver: exitCode !== undefined && !shouldRestart(container, pod.spec, exitCode),
      nowMs: clock.now(),
      isAdopted: isAdopted(status?.containerID ?? ''),
    });
    this.#memory = step.memory;
    if (step.forget !== undefined) results.remove(type, step.forget);
    const { containerID } = step.memory;
    if (step.verdict !== undefined) results.set(type, containerID, step.verdict);
    if (step.next !== 'probe') return step.next === 'wait';
    const result = await this.#options.run(probe);
    if (this.#isStopped) return false;
    if (result.outcome !== 'success') this.#options.report(type, result);
    if (result.outcome === 'unknown') return true;
    const found = result.outcome === 'failure' ? 'failure' : 'success';
    const after = afterProbe(this.#memory, found, { type, probe });
    this.#memory = after.memory;
    if (after.verdict !== undefined) results.set(type, containerID, after.verdict);
    return true;
  }
}

function statusOf(
  name: string,
  { containerStatuses = [], initContainerStatuses = [] }: PodStatus,
): ContainerStatus | undefined {
  return [...containerStatuses, ...initContainerStatuses].find((status) => status.name === name);
}
