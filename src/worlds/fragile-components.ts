import type { Component } from '../machinery/controller.ts';
import { type Faults, FaultyClient } from '../machinery/faulty-client.ts';
import { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';
import type { Clock } from '../std/clock.ts';
import type { Sandbox } from './sandbox.ts';

/** What the n-th life of the components has to suffer, from 1. */
export type FaultsOfLife = (life: number) => Faults;

/**
 * Components behind a faulty client, in a process of their own as it were: when it dies, new ones start from what the
 * server has. Everything else in the sandbox is spared.
 */
export class FragileComponents {
  readonly #sandbox: Sandbox;
  readonly #build: (world: World, informers: Informers) => readonly Component[];
  readonly #faultsOf: FaultsOfLife;
  #lives = 0;
  #writes = 0;
  #current: FaultyClient | undefined;

  constructor(
    sandbox: Sandbox,
    build: (world: World, informers: Informers) => readonly Component[],
    faultsOf: FaultsOfLife,
  ) {
    this.#sandbox = sandbox;
    this.#build = build;
    this.#faultsOf = faultsOf;
    this.#live();
  }

  get lives(): number {
    return this.#lives;
  }

  /** Writes of all lives, events that nobody depends on among them. */
  get writes(): number {
    return this.#writes + (this.#current?.writes ?? 0);
  }

  /** Kills the present life. */
  kill(): void {
    this.#current?.die();
  }

  #live(): void {
    this.#lives++;
    const { world, clock } = this.#sandbox;
    const random = world.random.fork(`life ${this.#lives}`);
    const faulty = new FaultyClient(world.client, {
      clock,
      random: random.fork('faults'),
      faults: this.#faultsOf(this.#lives),
      onDeath: () => {
        this.#writes += faulty.writes;
        clock.after(1, () => this.#live());
      },
    });
    this.#current = faulty;
    const mortal: Clock = {
      now: () => clock.now(),
      after: (delayMs, run) =>
        clock.after(delayMs, () => {
          if (!faulty.isDead) run();
        }),
    };
    const own: World = { ...world, clock: mortal, random, client: faulty.client() };
    const informers = new Informers(own);
    const components = this.#build(own, informers);
    void informers.start();
    for (const component of components) void component.start();
  }
}
