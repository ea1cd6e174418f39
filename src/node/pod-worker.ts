import { pods } from '../api/resources.ts';
import type { Container, ContainerStatus, Pod, PodStatus } from '../api/schema/core-v1.ts';
import type { EventRecorder } from '../machinery/event-recorder.ts';
import { keyOf } from '../machinery/lister.ts';
import type { World } from '../machinery/world.ts';
import { jittered } from '../std/backoff.ts';
import { secondMs, type Timer } from '../std/clock.ts';
import type { ContainerRuntime, SandboxStatus } from './container-runtime.ts';
import { decide, type ObservedContainer } from './decide.ts';
import type { Variable } from './environment/environment.ts';
import { PodContainers, containersOf } from './pod-containers.ts';
import { PodProbes } from './probes/pod-probes.ts';
import type { ProbeType } from './probes/probe-results.ts';
import { runProbe } from './probes/run-probe.ts';
import type { NetworkProber, ProbeResult } from './prober.ts';
import * as reasons from './reasons.ts';
import type { RuntimeView } from './runtime-view.ts';
import { containerStatuses, imageOf } from './status/container-statuses.ts';
import { withEveryContainerEnded } from './status/initialized.ts';
import { podStatus, type PodEnd } from './status/pod-status.ts';
import { StatusWriter } from './status/status-writer.ts';

export interface PodWorkerMeans {
  readonly world: World;
  readonly runtime: ContainerRuntime;
  readonly network: NetworkProber;
  readonly view: RuntimeView;
  readonly recorder: EventRecorder;
  readonly hostIP: string;
  readonly agentStartedAtMs: number;
  readonly environment: (pod: Pod, container: Container, podIP: string) => Promise<readonly Variable[]>;
  /** Nothing of the pod is left. */
  readonly onGone: (uid: string) => void;
}

/** After an error that is not the pod's own, in milliseconds, up to half as much again (the kubelet's backOffPeriod). */
const retryMs = 10 * secondMs;

/**
 * The life of one pod on the node. Whatever happens (to the object, the containers, the probes, the time) leads to
 * one `sync`, never two at once: look, report, decide, act. What takes long goes on beside it and asks for the next
 * sync when it is done. Upstream: pkg/kubelet/pod_workers.go, SyncPod, SyncTerminatingPod, SyncTerminatedPod.
 */
export class PodWorker {
  readonly #means: PodWorkerMeans;
  readonly #writer: StatusWriter;
  readonly #probes: PodProbes;
  readonly #containers: PodContainers;
  /** The node did not take the pod: it never had containers. */
  readonly #isRejected: boolean;
  #status: PodStatus;
  #end: PodEnd | undefined;
  #graceSeconds: number | undefined;
  #isEnding = false;
  #hasStopped = false;
  #hasAskedDeletion = false;
  #isSyncing = false;
  #isPoked = false;
  #isClosed = false;
  #timer: Timer | undefined;
  #wakeAtMs = Infinity;

  constructor(means: PodWorkerMeans, pod: Pod, rejection: PodEnd | undefined) {
    this.#means = means;
    this.#writer = new StatusWriter(means.world, pod);
    this.#status = pod.status;
    this.#end = rejection;
    this.#isRejected = rejection !== undefined;
    const { clock, random } = means.world;
    const report = this.#report.bind(this);
    const onChange = (): void => this.poke();
    this.#probes = new PodProbes({
      clock,
      random,
      agentStartedAtMs: means.agentStartedAtMs,
      adopted: reportedContainers(pod.status),
      pod: () => ({ pod: this.pod, status: this.#status }),
      run: (container, probe) => runProbe(probe, { pod: this.pod, container, podIP: this.#status.podIP ?? '' }, means),
      report: (container, type, result) => this.#reportProbe(container, type, result),
      onChange,
    });
    this.#containers = new PodContainers({
      clock,
      random,
      runtime: means.runtime,
      network: means.network,
      pod: () => this.pod,
      statusOf: (name) => this.#statusOf(name),
      environment: (container, podIP) => means.environment(this.pod, container, podIP),
      report,
      reportPod: (type, reason, message) => this.#report(undefined, type, reason, message),
      onChange,
      wakeAt: (atMs) => this.#wakeAt(atMs),
    });
  }

  get pod(): Pod {
    return this.#writer.pod;
  }

  /** False once nothing of it takes room on the node. */
  get isActive(): boolean {
    return !this.#hasStopped && !isTerminal(this.pod.status.phase);
  }

  update(pod: Pod): void {
    if (this.#writer.take(pod)) this.poke();
  }

  /** The object is gone from the server, by force or because this worker asked for it. */
  removed(): void {
    this.#writer.lose();
    this.poke();
  }

  /** Something may have changed. */
  poke(): void {
    if (this.#isClosed) return;
    this.#isPoked = true;
    if (!this.#isSyncing) void this.#run();
  }

  /** The agent stops; the pod lives on. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#probes.stop();
    this.#containers.beginEnding();
  }

  async #run(): Promise<void> {
    this.#isSyncing = true;
    while (this.#isPoked && !this.#isClosed) {
      this.#isPoked = false;
      try {
        await this.#sync();
      } catch (error) {
        this.#means.world.log.error('a pod could not be synced', { pod: keyOf(this.pod), error });
        this.#retryLater();
      }
    }
    this.#isSyncing = false;
  }

  async #sync(): Promise<void> {
    const seen = this.#containers.finished;
    const sandbox = (await this.#means.view.read()).get(this.pod.metadata.uid);
    if (this.#isClosed) return;
    this.#checkDeadline();
    const { metadata, status } = this.pod;
    const mustEnd = this.#writer.isGone || metadata.deletionTimestamp !== undefined || this.#end !== undefined;
    if (mustEnd || isTerminal(status.phase)) this.#isEnding = true;
    if (this.#isEnding) return this.#syncEnding(sandbox, seen);
    this.#probes.start(this.pod);
    if (!(await this.#reportStatus(sandbox))) return;
    const plan = decide({
      pod: this.pod,
      hasSandbox: sandbox !== undefined,
      containers: this.#observe(sandbox),
      mustRestart: this.#containers.mustRestart,
    });
    if (!plan.isOver) return this.#containers.carryOut(plan, sandbox, seen);
    this.#isEnding = true;
    this.poke();
  }

  /** Stops what runs; reports; once all is quiet, lets the object go, and when that is gone, the rest. */
  async #syncEnding(sandbox: SandboxStatus | undefined, seen: number): Promise<void> {
    this.#probes.stop('liveness', 'startup');
    this.#hasStopped ||= this.#containers.terminate(sandbox, this.#effectiveGraceSeconds(), seen);
    if (this.#hasStopped) this.#probes.stop();
    if (!this.#writer.isGone && !(await this.#reportStatus(sandbox))) return;
    if (!this.#hasStopped) return;
    const { metadata, status } = this.pod;
    if (this.#writer.isGone) {
      await this.#means.runtime.removeSandbox(metadata.uid);
      this.close();
      return this.#means.onGone(metadata.uid);
    }
    if (metadata.deletionTimestamp === undefined || !isTerminal(status.phase) || this.#hasAskedDeletion) return;
    this.#hasAskedDeletion = await this.#writer.delete();
    if (!this.#hasAskedDeletion) this.#retryLater();
  }

  /** False when there is a newer pod to be looked at first. */
  async #reportStatus(sandbox: SandboxStatus | undefined): Promise<boolean> {
    this.#status = this.#computeStatus(sandbox);
    const written = await this.#writer.write(this.#status);
    if (this.#isClosed) return false;
    if (written === 'failed') this.#retryLater();
    if (written === 'current' || written === 'failed') return true;
    this.poke();
    return false;
  }

  #computeStatus(sandbox: SandboxStatus | undefined): PodStatus {
    const { pod } = this;
    const states = this.#containers.visible(sandbox);
    const statuses = (kind: 'init' | 'main'): readonly ContainerStatus[] => {
      if (this.#isRejected) return [];
      const old = kind === 'init' ? this.#status.initContainerStatuses : this.#status.containerStatuses;
      const bare = containerStatuses({ pod, kind, states, old, waiting: this.#containers.waiting });
      return this.#probes.judge(pod, bare, kind);
    };
    const reported = { containers: statuses('main'), initContainers: statuses('init') };
    return podStatus({
      pod,
      hostIP: this.#means.hostIP,
      podIP: sandbox?.ip,
      ...(this.#hasStopped ? withEveryContainerEnded({ pod, ...reported }) : reported),
      hasInitialized: pod.spec.containers.some(({ name }) => states.has(name)),
      isStopped: this.#hasStopped,
      end: this.#end,
      nowMs: this.#nowMs,
    });
  }

  #observe(sandbox: SandboxStatus | undefined): ReadonlyMap<string, ObservedContainer> {
    const observed = new Map<string, ObservedContainer>();
    const states = this.#containers.visible(sandbox);
    for (const container of containersOf(this.pod)) {
      const state = states.get(container.name);
      const status = this.#statusOf(container.name);
      if (state !== undefined) {
        const { containerID, exitCode = 0 } = state;
        observed.set(container.name, {
          state: state.state,
          exitCode,
          isOutdated: imageOf(container, containerID, status) !== (container.image ?? ''),
          liveness: this.#verdict('liveness', containerID),
          startup: this.#verdict('startup', containerID),
        });
      } else if (sandbox === undefined) {
        // Everything was lost with the sandbox: what was reported last is all there is.
        const last = status?.state.terminated ?? status?.lastState.terminated;
        if (last !== undefined) observed.set(container.name, exited(last.exitCode));
      }
    }
    return observed;
  }

  #verdict(type: ProbeType, containerID: string): boolean | undefined {
    const verdict = this.#probes.results.get(type, containerID);
    return verdict === 'success' ? true : verdict === 'failure' ? false : undefined;
  }

  /** It only ever becomes less; the server's word counts first. Upstream: calculateEffectiveGracePeriod. */
  #effectiveGraceSeconds(): number {
    const { metadata, spec } = this.pod;
    const asked = metadata.deletionGracePeriodSeconds ?? this.#graceSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
    this.#graceSeconds = Math.min(Math.max(1, asked), this.#graceSeconds ?? Infinity);
    return this.#graceSeconds;
  }

  #checkDeadline(): void {
    const { activeDeadlineSeconds } = this.pod.spec;
    const { startTime } = this.#status;
    if (activeDeadlineSeconds === undefined || startTime === undefined || this.#isEnding) return;
    const deadlineMs = Date.parse(startTime) + activeDeadlineSeconds * secondMs;
    if (this.#nowMs < deadlineMs) return this.#wakeAt(deadlineMs);
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#end = { reason: reasons.deadlineExceeded, message };
    this.#report(undefined, 'Normal', reasons.deadlineExceeded, message);
  }

  #reportProbe(container: Container, type: ProbeType, { outcome, output }: ProbeResult): void {
    const word = `${type.charAt(0).toUpperCase()}${type.slice(1)}`;
    if (outcome === 'warning')
      return this.#report(container, 'Warning', reasons.probeWarning, `${word} probe warning: ${output}`);
    const what = outcome === 'failure' ? 'failed' : 'errored and resulted in unknown state';
    this.#report(container, 'Warning', reasons.unhealthy, `${word} probe ${what}: ${output}`);
  }

  #report(container: Container | undefined, type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (this.#isClosed) return;
    const { pod } = this;
    const { recorder } = this.#means;
    if (container === undefined) return recorder.event(pods, pod, type, reason, message);
    const isInit = pod.spec.initContainers?.some(({ name }) => name === container.name) === true;
    const fieldPath = `spec.${isInit ? 'initContainers' : 'containers'}{${container.name}}`;
    recorder.event(pods, pod, type, reason, message, { fieldPath });
  }

  #statusOf(name: string): ContainerStatus | undefined {
    const { containerStatuses: main = [], initContainerStatuses: init = [] } = this.#status;
    return [...main, ...init].find((status) => status.name === name);
  }

  get #nowMs(): number {
    return this.#means.world.clock.now();
  }

  #retryLater(): void {
    this.#wakeAt(this.#nowMs + jittered(retryMs, 0.5, this.#means.world.random));
  }

  #wakeAt(atMs: number): void {
    if (this.#isClosed || (this.#timer !== undefined && this.#wakeAtMs <= atMs)) return;
    this.#timer?.cancel();
    this.#wakeAtMs = atMs;
    this.#timer = this.#means.world.clock.after(Math.max(0, atMs - this.#nowMs), () => {
      this.#timer = undefined;
      this.poke();
    });
  }
}

const isTerminal = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';

/** By container id, whether it was ready. */
function reportedContainers({
  containerStatuses: main = [],
  initContainerStatuses: init = [],
}: PodStatus): ReadonlyMap<string, boolean> {
  return new Map([...init, ...main].map(({ containerID = '', ready }) => [containerID, ready]));
}

function exited(exitCode: number): ObservedContainer {
  return { state: 'exited', exitCode, isOutdated: false, liveness: undefined, startup: undefined };
}
