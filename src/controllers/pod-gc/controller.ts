import { isPodTerminal } from '../../api/core/v1/pod-readiness.ts';
import { isNotFound } from '../../api/error.ts';
import { nodes, pods } from '../../api/resources.ts';
import type { Node, Pod } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { ControllerRunner, readsFrom, requestFor, requestsFrom } from '../../machinery/controller-runner.ts';
import { type Component, type Request, type Result, done } from '../../machinery/controller.ts';
import { nodeName as byNode } from '../../machinery/indexes.ts';
import type { Change, Informer } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import type { Index } from '../../machinery/lister.ts';
import type { World } from '../../machinery/world.ts';
import { secondMs, sleep } from '../../std/clock.ts';
import { failed, surplus, verdictOn } from './decide.ts';
import { deletionByPodGc } from './reasons.ts';

/** Upstream gcCheckPeriod and quarantineTime. */
const checkPeriodMs = 20 * secondMs;
const quarantineMs = 40 * secondMs;
const nodeGone = { reason: deletionByPodGc, message: 'PodGC: node no longer exists' };

export interface PodGcOptions {
  /** --terminated-pod-gc-threshold: how many ended pods are kept. */
  readonly terminatedPodThreshold?: number;
}

export function podGarbageCollector(world: World, informers: Informers, options: PodGcOptions = {}): Component {
  return new PodGarbageCollector(world, informers, options);
}

const ended: Index<Pod> = (pod) => (isPodTerminal(pod) ? ['ended'] : []);
const terminatingOn: Index<Pod> = (pod) =>
  pod.metadata.deletionTimestamp === undefined ? [] : [pod.spec.nodeName ?? ''];

class PodGarbageCollector implements Component {
  readonly name = 'pod-garbage-collector';
  readonly #world: World;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #threshold: number;
  readonly #runners: readonly ControllerRunner[];
  readonly #stopping = new AbortController();
  #checking: Promise<void> | undefined;

  constructor(world: World, informers: Informers, { terminatedPodThreshold = 12_500 }: PodGcOptions) {
    this.#world = world;
    this.#pods = informers.for(pods);
    this.#nodes = informers.for(nodes);
    this.#threshold = terminatedPodThreshold;
    const lost = new ControllerRunner(world, {
      name: `${this.name}/nodes`,
      reconciler: { reconcile: (request) => this.#collectOrphans(request) },
      sources: [
        readsFrom(this.#nodes),
        {
          attach: (enqueue) => {
            // A node that is not known yet may be about to be.
            const suspect = (name: string): void => {
              if (name !== '' && this.#nodes.lister.get({ name }) === undefined)
                enqueue({ namespace: '', name }, quarantineMs);
            };
            const ends = [
              this.#nodes.onChange(({ old, current }) => current ?? suspect(old!.metadata.name)),
              this.#pods.onChange(({ current }) => suspect(current?.spec.nodeName ?? '')),
            ];
            return () => ends.forEach((end) => end());
          },
          whenReady: () => this.#pods.whenSynced(),
        },
      ],
    });
    const terminating = new ControllerRunner(world, {
      name: `${this.name}/pods`,
      reconciler: { reconcile: (request) => this.#collectTerminating(request) },
      sources: [
        requestsFrom(this.#pods, ({ current }) =>
          current?.metadata.deletionTimestamp === undefined ? [] : [requestFor(current)],
        ),
        requestsFrom(this.#nodes, (change) => this.#terminatingOn(change)),
      ],
    });
    this.#runners = [lost, terminating];
  }

  async start(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.start()));
    this.#checking = this.#check();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#checking;
    await Promise.all(this.#runners.map((runner) => runner.stop()));
  }

  #terminatingOn({ current }: Change<Node>): readonly Request[] {
    if (current === undefined) return [];
    return this.#pods.lister.by(terminatingOn, current.metadata.name).map(requestFor);
  }

  async #check(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const doomed = surplus(this.#pods.lister.by(ended, 'ended'), this.#threshold);
      const results = await Promise.allSettled(doomed.map((pod) => this.#remove(pod)));
      for (const result of results)
        if (result.status === 'rejected') this.#world.log.warn('an ended pod stays', { error: result.reason });
      await sleep(this.#world.clock, checkPeriodMs, signal);
    }
  }

  async #collectOrphans({ name }: Request): Promise<Result> {
    const orphans = this.#pods.lister.by(byNode, name);
    if (orphans.length === 0 || this.#nodes.lister.get({ name }) !== undefined) return done;
    if (await this.#exists(name)) return done;
    await Promise.all(orphans.map((pod) => this.#remove(pod, nodeGone)));
    return done;
  }

  async #collectTerminating(request: Request): Promise<Result> {
    const pod = this.#pods.lister.get(request);
    const node = this.#nodes.lister.get({ name: pod?.spec.nodeName ?? '' });
    if (pod !== undefined && verdictOn(pod, node) !== undefined) await this.#remove(pod);
    return done;
  }

  async #exists(name: string): Promise<boolean> {
    try {
      await this.#world.client.get(nodes, { name });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /** Says that the pod failed, so that its owner counts it out, and deletes it without grace. */
  async #remove(pod: Pod, condition?: { readonly reason: string; readonly message: string }): Promise<void> {
    const { client, clock } = this.#world;
    const { uid } = pod.metadata;
    try {
      const told = failed(pod, condition, timestamp(clock.now()));
      if (told !== undefined) await client.update(pods, told, { subresource: 'status' });
      await client.delete(pods, pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
