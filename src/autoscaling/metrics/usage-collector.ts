import type { Component } from '../../machinery/controller.ts';
import type { Log } from '../../machinery/log.ts';
import { type Clock, sleep } from '../../std/clock.ts';
import type { UsageBatch, UsageStore } from './usage-store.ts';

/** What the nodes know of their pods' usage: in the local world the node agents, in a cluster the kubelets. */
export interface UsageSource {
  /** Everything that can be told now. What cannot be reached is left out; rejects only when nothing can. */
  collect(signal: AbortSignal): Promise<UsageBatch>;
}

/** Asks for everyone's usage once a resolution, as metrics-server does. */
export class UsageCollector implements Component {
  readonly name = 'usage-collector';
  readonly #source: UsageSource;
  readonly #store: UsageStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #resolutionMs: number;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(
    { clock, log }: { readonly clock: Clock; readonly log: Log },
    {
      source,
      store,
      resolutionMs,
    }: { readonly source: UsageSource; readonly store: UsageStore; readonly resolutionMs: number },
  ) {
    this.#source = source;
    this.#store = store;
    this.#clock = clock;
    this.#log = log.with({ component: this.name });
    this.#resolutionMs = resolutionMs;
  }

  async start(): Promise<void> {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        this.#store.store(await this.#source.collect(signal));
      } catch (error) {
        if (!signal.aborted) this.#log.warn('usage could not be collected', { error });
      }
      await sleep(this.#clock, this.#resolutionMs, signal);
    }
  }
}
