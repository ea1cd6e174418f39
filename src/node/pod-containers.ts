import { isSidecar } from '../api/core/v1/pod-resources.ts';
import type { Container, ContainerStatus, Pod } from '../api/schema/core-v1.ts';
import { jittered } from '../std/backoff.ts';
import { secondMs, type Clock } from '../std/clock.ts';
import type { Random } from '../std/random.ts';
import { sandboxConfig } from './container-config.ts';
import type { ContainerRuntime, ContainerState, SandboxStatus } from './container-runtime.ts';
import { ContainerStarter, type Postponed, type ReportContainer } from './container-start.ts';
import type { KillOrder, PodPlan } from './decide.ts';
import type { Variable } from './environment/environment.ts';
import { ContainerKill, type KillMeans } from './lifecycle/container-kill.ts';
import { runHook } from './lifecycle/hook.ts';
import { PodTermination } from './lifecycle/pod-termination.ts';
import type { NetworkProber } from './prober.ts';
import * as reasons from './reasons.ts';
import type { WaitingReason } from './status/container-statuses.ts';

export interface PodContainersOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly runtime: ContainerRuntime;
  readonly network: NetworkProber;
  /** The pod as it is now. */
  readonly pod: () => Pod;
  /** As they were reported last. */
  readonly statusOf: (container: string) => ContainerStatus | undefined;
  readonly environment: (container: Container, podIP: string) => Promise<readonly Variable[]>;
  readonly report: ReportContainer;
  readonly reportPod: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
  /** Something that took its time is over. */
  readonly onChange: () => void;
  /** The pod is to be looked at again at this time (milliseconds since the epoch). */
  readonly wakeAt: (atMs: number) => void;
}

/** After an error that is not the pod's own, in milliseconds, up to half as much again (the kubelet's backOffPeriod). */
const retryMs = 10 * secondMs;

/**
 * Starts and ends the containers of one pod. Nothing here is waited for: starts go one after the other,
 * kills beside them, and the end of each asks for the next look at the pod.
 */
export class PodContainers {
  readonly #options: PodContainersOptions;
  readonly #starter: ContainerStarter;
  readonly #kills = new Map<string, ContainerKill>();
  readonly #mustRestart = new Set<string>();
  readonly #postponed = new Map<string, Postponed>();
  /** What the runtime had of a container before its start that is under way. */
  readonly #hidden = new Map<string, ContainerState | undefined>();
  readonly #ending = Promise.withResolvers<void>();
  #isEnding = false;
  #isStarting = false;
  #finished = 0;
  #podIP = '';
  #sandboxRetryAtMs = 0;
  #termination: PodTermination | undefined;

  constructor(options: PodContainersOptions) {
    this.#options = options;
    const { runtime, random, report } = options;
    const environment = (container: Container) => options.environment(container, this.#podIP);
    this.#starter = new ContainerStarter({ runtime, random, report, environment });
  }

  /** Why containers wait, by name. */
  get waiting(): ReadonlyMap<string, WaitingReason> {
    return this.#postponed;
  }

  /** Containers that were killed in order to be started anew. */
  get mustRestart(): ReadonlySet<string> {
    return this.#mustRestart;
  }

  /**
   * How many starts and kills have come to their end. Take it before looking at the runtime: what was seen before
   * such an end says nothing of after it.
   */
  get finished(): number {
    return this.#finished;
  }

  /** Without those whose start is still under way (postStart hooks included): they count as what they were before. */
  visible(sandbox: SandboxStatus | undefined): ReadonlyMap<string, ContainerState> {
    const states = new Map((sandbox?.containers ?? []).map((state) => [state.name, state]));
    for (const [name, before] of this.#hidden) {
      if (before === undefined) states.delete(name);
      else states.set(name, before);
    }
    return states;
  }

  /** `seen`: the sandbox was looked at when `finished` was this; when it has grown since, nothing is done. */
  carryOut({ kill, start, createSandbox }: PodPlan, sandbox: SandboxStatus | undefined, seen: number): void {
    if (seen !== this.#finished) return;
    this.#podIP = sandbox?.ip ?? '';
    for (const order of kill) this.#carryOutKill(order);
    if (this.#isStarting) return;
    const { clock, pod, wakeAt } = this.#options;
    const nowMs = clock.now();
    if (createSandbox && this.#sandboxRetryAtMs > nowMs) return wakeAt(this.#sandboxRetryAtMs);
    const due: Container[] = [];
    for (const name of start) {
      const retryAtMs = this.#postponed.get(name)?.retryAtMs ?? 0;
      if (retryAtMs > nowMs) wakeAt(retryAtMs);
      else if (!this.#kills.has(name)) due.push(...containersOf(pod()).filter((container) => container.name === name));
    }
    if (due.length === 0 && !createSandbox) return;
    this.#isStarting = true;
    void this.#startAll(due, createSandbox ? undefined : sandbox).finally(() => {
      this.#isStarting = false;
      this.#finish();
    });
  }

  /** Nothing is started any more; starts under way come to their end, without waiting for hooks. */
  beginEnding(): void {
    this.#isEnding = true;
    this.#ending.resolve();
  }

  /** Ends all that runs, within the grace from now. True once nothing does. */
  terminate(sandbox: SandboxStatus | undefined, graceSeconds: number, seen: number): boolean {
    this.beginEnding();
    for (const kill of this.#kills.values()) kill.shorten(graceSeconds);
    this.#termination?.shorten(graceSeconds);
    if (this.#termination !== undefined || this.#isStarting || seen !== this.#finished) return false;
    const running = (sandbox?.containers ?? []).filter(
      ({ name, state }) => state === 'running' && !this.#kills.has(name),
    );
    if (running.length === 0) return this.#kills.size === 0;
    const { report, pod } = this.#options;
    const names = new Set(running.map(({ name }) => name));
    for (const container of containersOf(pod())) {
      if (names.has(container.name))
        report(container, 'Normal', reasons.killing, `Stopping container ${container.name}`);
    }
    const options = { pod: pod(), podIP: sandbox?.ip ?? '', running: names, graceSeconds };
    this.#termination = new PodTermination(options, this.#killMeans);
    void this.#termination.done
      .catch((error: unknown) => this.#reportKillFailure(error))
      .finally(() => {
        this.#termination = undefined;
        this.#finish();
      });
    return false;
  }

  #carryOutKill({ container: name, cause, message, restart }: KillOrder): void {
    const pod = this.#options.pod();
    const container = containersOf(pod).find((each) => each.name === name);
    if (container === undefined || this.#kills.has(name)) return;
    const probe =
      cause === 'LivenessProbe'
        ? container.livenessProbe
        : cause === 'StartupProbe'
          ? container.startupProbe
          : undefined;
    if (restart) this.#mustRestart.add(name);
    this.#kill(container, message, probe?.terminationGracePeriodSeconds);
  }

  #kill(container: Container, message: string, ownGraceSeconds?: number): void {
    const { pod, report } = this.#options;
    report(container, 'Normal', reasons.killing, message);
    const graceSeconds = ownGraceSeconds ?? pod().spec.terminationGracePeriodSeconds ?? 30;
    const kill = new ContainerKill({ pod: pod(), container, podIP: this.#podIP, graceSeconds }, this.#killMeans);
    this.#kills.set(container.name, kill);
    void kill
      .run()
      .catch((error: unknown) => this.#reportKillFailure(error))
      .finally(() => {
        this.#kills.delete(container.name);
        this.#finish();
      });
  }

  #finish(): void {
    this.#finished++;
    this.#options.onChange();
  }

  async #startAll(containers: readonly Container[], known: SandboxStatus | undefined): Promise<void> {
    const sandbox = known ?? (await this.#createSandbox());
    if (sandbox === undefined) return;
    this.#podIP = sandbox.ip;
    const states = new Map(sandbox.containers.map((state) => [state.name, state]));
    for (const container of containers) {
      if (this.#isEnding) return;
      const isStarted = await this.#start(container, states.get(container.name));
      const isInit = this.#options.pod().spec.initContainers?.some(({ name }) => name === container.name) === true;
      if (!isStarted && isInit && !isSidecar(container)) return;
    }
  }

  async #createSandbox(): Promise<SandboxStatus | undefined> {
    const { runtime, clock, random, pod, statusOf, reportPod, onChange } = this.#options;
    if (containersOf(pod()).some(({ name }) => statusOf(name)?.lastState.terminated !== undefined))
      reportPod('Normal', reasons.sandboxChanged, 'Pod sandbox changed, it will be killed and re-created.');
    try {
      const sandbox = await runtime.runSandbox(sandboxConfig(pod()));
      // Its address can be told now.
      onChange();
      return sandbox;
    } catch (error) {
      reportPod('Warning', reasons.failedCreatePodSandBox, `Failed to create pod sandbox: ${textOf(error)}`);
      this.#sandboxRetryAtMs = clock.now() + jittered(retryMs, 0.5, random);
      return undefined;
    }
  }

  /** False when it does not run. */
  async #start(container: Container, previous: ContainerState | undefined): Promise<boolean> {
    const { pod, clock, statusOf, report } = this.#options;
    const { name } = container;
    this.#hidden.set(name, previous);
    try {
      const attempt = previous === undefined ? lostAttempts(statusOf(name)) : previous.attempt + 1;
      const postponed = await this.#starter.start({ pod: pod(), container, previous, attempt, nowMs: clock.now() });
      if (postponed !== undefined) return this.#postpone(name, postponed);
      this.#postponed.delete(name);
      this.#mustRestart.delete(name);
      const hook = container.lifecycle?.postStart;
      if (hook === undefined) return true;
      const running = runHook(hook, { pod: pod(), container, podIP: this.#podIP }, this.#killMeans);
      const why = await Promise.race([running, this.#ending.promise]);
      if (why === undefined) return true;
      report(container, 'Warning', reasons.failedPostStartHook, 'PostStartHook failed');
      this.#kill(container, reasons.failedPostStartHook);
      return this.#postpone(name, { reason: reasons.postStartHookError, message: why, retryAtMs: 0 });
    } finally {
      this.#hidden.delete(name);
    }
  }

  #postpone(name: string, postponed: Postponed): false {
    this.#postponed.set(name, postponed);
    return false;
  }

  #reportKillFailure(error: unknown): void {
    const { clock, random, reportPod, wakeAt } = this.#options;
    reportPod('Warning', reasons.failedKillPod, `error killing pod: ${textOf(error)}`);
    wakeAt(clock.now() + jittered(retryMs, 0.5, random));
  }

  get #killMeans(): KillMeans {
    const { clock, network, runtime, report } = this.#options;
    const onHookFailure = (container: Container): void =>
      report(container, 'Warning', reasons.failedPreStopHook, 'PreStopHook failed');
    return { clock, network, runtime, onHookFailure };
  }
}

export const containersOf = ({ spec }: Pod): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
];

/** How often a container ran of which the runtime knows nothing any more. */
function lostAttempts(status: ContainerStatus | undefined): number {
  if (status === undefined) return 0;
  return status.restartCount + (status.state.terminated === undefined ? 0 : 1);
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
