import type { Container, Pod } from '../../api/schema/core-v1.ts';
import { secondMs, sleep } from '../../std/clock.ts';
import type { ContainerRuntime } from '../container-runtime.ts';
import { runHook, type HookMeans } from './hook.ts';

export interface KillMeans extends HookMeans {
  readonly runtime: Pick<ContainerRuntime, 'exec' | 'stopContainer'>;
  /** The preStop hook failed; the kill goes on. */
  readonly onHookFailure: (container: Container, why: string) => void;
}

export interface KillOptions {
  readonly pod: Pod;
  readonly container: Container;
  readonly podIP: string;
  /** For the hook, the wait for others and the container's own end together. */
  readonly graceSeconds: number;
  /** Resolves when those have ended that must end before. */
  readonly turn?: Promise<void> | undefined;
}

/** However little grace is left: SIGTERM must be heard (the kubelet's minimumGracePeriodInSeconds). */
const leastGraceSeconds = 2;

/**
 * Ends one container: preStop hook within the grace, whose whole seconds it takes; its turn, likewise;
 * SIGTERM with what is left, at least two seconds; SIGKILL. Upstream: killContainer in kuberuntime_container.go.
 */
export class ContainerKill {
  readonly #options: KillOptions;
  readonly #means: KillMeans;
  #graceSeconds: number;
  #waitingSinceMs = 0;
  #wake: AbortController | undefined;
  #isStopping = false;

  constructor(options: KillOptions, means: KillMeans) {
    this.#options = options;
    this.#means = means;
    this.#graceSeconds = options.graceSeconds;
  }

  /** Resolves when the container has exited. */
  async run(): Promise<void> {
    const { pod, container, turn } = this.#options;
    const hook = container.lifecycle?.preStop;
    if (hook !== undefined && this.#graceSeconds > 0) {
      const running = runHook(hook, this.#options, this.#means).then((why) => {
        if (why !== undefined) this.#means.onHookFailure(container, why);
      });
      await this.#waitFor(running);
    }
    if (turn !== undefined && this.#graceSeconds > 0) await this.#waitFor(turn);
    this.#isStopping = true;
    await this.#means.runtime.stopContainer(pod.metadata.uid, container.name, this.#stopMs());
  }

  /** Leaves at most this much from now. */
  shorten(graceSeconds: number): void {
    const { clock, runtime } = this.#means;
    const spentSeconds = this.#isStopping ? 0 : Math.floor((clock.now() - this.#waitingSinceMs) / secondMs);
    if (graceSeconds >= this.#graceSeconds - spentSeconds) return;
    this.#graceSeconds = graceSeconds;
    this.#waitingSinceMs = clock.now();
    this.#wake?.abort();
    if (!this.#isStopping) return;
    const { pod, container } = this.#options;
    // What it rejects with, the first call does as well.
    runtime.stopContainer(pod.metadata.uid, container.name, this.#stopMs()).catch(() => {});
  }

  #stopMs(): number {
    return Math.max(this.#graceSeconds, leastGraceSeconds) * secondMs;
  }

  /** At most as long as there is grace, which may become less meanwhile. */
  async #waitFor(event: Promise<void>): Promise<void> {
    const { clock } = this.#means;
    this.#waitingSinceMs = clock.now();
    let isOver = false;
    const happened = event.then(() => {
      isOver = true;
    });
    for (;;) {
      const leftMs = this.#waitingSinceMs + this.#graceSeconds * secondMs - clock.now();
      if (isOver || leftMs <= 0) break;
      this.#wake = new AbortController();
      const done = this.#wake;
      await Promise.race([happened.then(() => done.abort()), sleep(clock, leftMs, done.signal)]);
    }
    this.#wake = undefined;
    this.#graceSeconds -= Math.floor((clock.now() - this.#waitingSinceMs) / secondMs);
  }
}
