import { ApiServer } from '../apiserver/api-server.ts';
import { memoryJournal } from '../apiserver/journal.ts';
import { builtInKinds } from '../api/kinds.ts';
import type { Component } from '../machinery/controller.ts';
import { Informers } from '../machinery/informers.ts';
import { type Log, silentLog } from '../machinery/log.ts';
import type { World } from '../machinery/world.ts';
import { seededRandom } from '../std/random.ts';
import { VirtualClock } from '../std/virtual-clock.ts';

export interface SandboxOptions {
  readonly seed?: number | string;
  readonly startMs?: number;
  readonly log?: Log;
}

/**
 * A world for tests: a whole API server in memory and a clock that moves when told to. Controllers run in it as in
 * any other world; nobody runs pods, so the test is the node agent.
 */
export class Sandbox implements AsyncDisposable {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly server: ApiServer;
  readonly informers: Informers;
  readonly #components: Component[] = [];

  private constructor({ seed = 1, startMs = Date.parse('2026-01-01T00:00:00Z'), log = silentLog }: SandboxOptions) {
    this.clock = new VirtualClock({ startMs, drain: () => new Promise((resolve) => void setImmediate(resolve)) });
    const random = seededRandom(seed);
    this.server = new ApiServer({ clock: this.clock, random, journal: memoryJournal(), kinds: builtInKinds });
    this.world = { clock: this.clock, random, client: this.server.client(), log };
    this.informers = new Informers(this.world);
  }

  static async open(options: SandboxOptions = {}): Promise<Sandbox> {
    const sandbox = new Sandbox(options);
    await sandbox.server.start();
    return sandbox;
  }

  /** Starts components over the shared informers and lets everything settle. */
  async start(...components: readonly Component[]): Promise<void> {
    this.#components.push(...components);
    await this.informers.start();
    for (const component of components) await component.start();
    await this.clock.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#components.map((component) => component.stop()));
    await this.informers.stop();
    await this.server.stop();
  }
}
