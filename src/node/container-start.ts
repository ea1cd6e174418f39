import type { Container, Pod } from '../api/schema/core-v1.ts';
import { secondMs } from '../std/clock.ts';
import { jittered } from '../std/backoff.ts';
import { formatDuration } from '../std/duration.ts';
import type { Random } from '../std/random.ts';
import { containerConfig } from './container-config.ts';
import { RuntimeError, type ContainerRuntime, type ContainerState } from './container-runtime.ts';
import type { Variable } from './environment/environment.ts';
import * as reasons from './reasons.ts';
import { RetryBackoff } from './retry-backoff.ts';
import type { WaitingReason } from './status/container-statuses.ts';

/** After an error that is not the container's own, in milliseconds, up to half as much again (backOffPeriod). */
const retryMs = 10 * secondMs;

export type ReportContainer = (
  container: Container,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
) => void;

export interface StartMeans {
  readonly runtime: Pick<ContainerRuntime, 'startContainer'>;
  readonly random: Random;
  readonly report: ReportContainer;
  readonly environment: (container: Container) => Promise<readonly Variable[]>;
}

export interface StartTry {
  readonly pod: Pod;
  readonly container: Container;
  /** The one that ran before, as the runtime has it. */
  readonly previous: ContainerState | undefined;
  readonly attempt: number;
  readonly nowMs: number;
}

/** It does not run: why, and when it is tried again (milliseconds since the epoch). */
export interface Postponed extends WaitingReason {
  readonly retryAtMs: number;
}

/**
 * Tries to start containers of one pod, each in its own back-off.
 * Upstream: startContainer and doBackOff in pkg/kubelet/kuberuntime, EnsureImageExists in pkg/kubelet/images.
 */
export class ContainerStarter {
  readonly #means: StartMeans;
  readonly #crashes = new RetryBackoff();
  readonly #pulls = new RetryBackoff();
  readonly #failedPulls = new Map<string, { readonly atMs: number; readonly message: string }>();

  constructor(means: StartMeans) {
    this.#means = means;
  }

  /** Undefined when it runs now. */
  async start(attempt: StartTry): Promise<Postponed | undefined> {
    const { container, nowMs } = attempt;
    const postponed = this.#crashLoop(attempt) ?? this.#pullLoop(container, nowMs);
    if (postponed !== undefined) return postponed;
    try {
      const env = await this.#environment(container);
      const config = containerConfig(container, attempt.attempt, env);
      await this.#means.runtime.startContainer(attempt.pod.metadata.uid, config);
    } catch (error) {
      return this.#failed(attempt, error);
    }
    this.#failedPulls.delete(container.image ?? '');
    this.#reportUpTo('started', container);
    return undefined;
  }

  async #environment(container: Container): Promise<readonly Variable[]> {
    try {
      return await this.#means.environment(container);
    } catch (error) {
      if (error instanceof RuntimeError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new RuntimeError(reasons.createContainerConfigError, message, { cause: error });
    }
  }

  #crashLoop({ pod, container, previous, nowMs }: StartTry): Postponed | undefined {
    if (previous?.state !== 'exited') return undefined;
    const { name, image, resources } = container;
    const key = JSON.stringify([name, image, resources]);
    const finishedAtMs = previous.finishedAt ?? previous.startedAt;
    const retryAtMs = this.#crashes.waitsUntil(key, finishedAtMs, nowMs);
    if (retryAtMs === undefined) {
      this.#crashes.step(key, finishedAtMs, nowMs);
      return undefined;
    }
    const { namespace = '', name: podName, uid } = pod.metadata;
    const podText = `${podName}_${namespace}(${uid})`;
    const message = `Back-off restarting failed container ${name} in pod ${podText}`;
    this.#means.report(container, 'Warning', reasons.backOff, message);
    const wait = formatDuration(this.#crashes.backoffMs(key));
    return {
      reason: reasons.crashLoopBackOff,
      message: `back-off ${wait} restarting failed container=${name} pod=${podText}`,
      retryAtMs,
    };
  }

  #pullLoop(container: Container, nowMs: number): Postponed | undefined {
    const { image = '' } = container;
    const failed = this.#failedPulls.get(image);
    const retryAtMs = failed === undefined ? undefined : this.#pulls.waitsUntil(image, failed.atMs, nowMs);
    if (failed === undefined || retryAtMs === undefined) return undefined;
    const message = `Back-off pulling image "${image}"`;
    this.#means.report(container, 'Normal', reasons.backOff, message);
    this.#means.report(container, 'Warning', reasons.failed, `Error: ${reasons.imagePullBackOff}`);
    const whole = `${message}: ${reasons.errImagePull}: ${failed.message}`;
    return { reason: reasons.imagePullBackOff, message: whole, retryAtMs };
  }

  #failed({ container, nowMs }: StartTry, error: unknown): Postponed {
    const isKnown = error instanceof RuntimeError;
    const reason = isKnown ? error.reason : reasons.createContainerError;
    const message = error instanceof Error ? error.message : String(error);
    const retryAtMs = nowMs + jittered(retryMs, 0.5, this.#means.random);
    return { reason, message: this.#reportFailure(container, reason, message, nowMs), retryAtMs };
  }

  /** Returns the message that the waiting state has. */
  #reportFailure(container: Container, reason: string, message: string, nowMs: number): string {
    const { image = '' } = container;
    const warn = (event: string, text: string): void => this.#means.report(container, 'Warning', event, text);
    if (reason === reasons.errImagePull) {
      this.#failedPulls.set(image, { atMs: nowMs, message });
      this.#pulls.step(image, nowMs, nowMs);
      this.#means.report(container, 'Normal', reasons.pulling, `Pulling image "${image}"`);
      warn(reasons.failed, `Failed to pull image "${image}": ${message}`);
      warn(reasons.failed, `Error: ${reason}`);
      return message;
    }
    if (reason === reasons.errImageNeverPull) {
      warn(reason, message);
      warn(reasons.failed, `Error: ${reason}`);
      return message;
    }
    if (reason === reasons.invalidImageName) {
      const text = `Failed to apply default image tag "${image}": ${message}`;
      warn(reasons.inspectFailed, text);
      warn(reasons.failed, `Error: ${reason}`);
      return text;
    }
    this.#reportUpTo(reason === reasons.runContainerError ? 'created' : 'pulled', container);
    warn(reasons.failed, `Error: ${message}`);
    return message;
  }

  #reportUpTo(point: 'pulled' | 'created' | 'started', container: Container): void {
    const { report } = this.#means;
    const { image = '' } = container;
    const present = `Container image "${image}" already present on machine and can be accessed by the pod`;
    report(container, 'Normal', reasons.pulled, present);
    if (point === 'pulled') return;
    report(container, 'Normal', reasons.created, 'Container created');
    if (point === 'started') report(container, 'Normal', reasons.started, 'Container started');
  }
}
