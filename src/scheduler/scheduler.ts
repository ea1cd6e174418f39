import { ApiError, isConflict, isNotFound } from '../api/error.ts';
import { withCondition } from '../api/conditions.ts';
import { isPodTerminal } from '../api/core/v1/pod-readiness.ts';
import { nodes, pods } from '../api/resources.ts';
import type { Node, Pod } from '../api/schema/core-v1.ts';
import { timestamp } from '../api/timestamps.ts';
import type { Component } from '../machinery/controller.ts';
import { EventRecorder } from '../machinery/event-recorder.ts';
import type { Change, Informer } from '../machinery/informer.ts';
import type { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';
import { secondMs, sleep } from '../std/clock.ts';
import { ClusterState } from './cluster-state.ts';
import { decide } from './decide.ts';
import { defaultProfile } from './plugins/default-profile.ts';
import { SchedulingQueue, type QueuedPod } from './queue/scheduling-queue.ts';
import * as reasons from './reasons.ts';

const schedulerName = 'default-scheduler';

/** Binds pods to nodes: one decision at a time, bindings in the background. */
export class Scheduler implements Component {
  readonly name = 'scheduler';
  readonly #world: World;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #recorder: EventRecorder;
  readonly #state = new ClusterState();
  readonly #queue: SchedulingQueue;
  readonly #pick: (count: number) => number;
  readonly #bindings = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #detach: readonly (() => void)[] = [];
  #running: Promise<void> | undefined;

  constructor(world: World, informers: Informers) {
    this.#world = world;
    this.#pods = informers.for(pods);
    this.#nodes = informers.for(nodes);
    this.#recorder = new EventRecorder(world, schedulerName);
    this.#queue = new SchedulingQueue(world.clock);
    const random = world.random.fork('scheduler');
    this.#pick = (count) => Math.floor(random.next() * count);
  }

  async start(): Promise<void> {
    this.#detach = [
      this.#nodes.onChange((change) => this.#nodeChanged(change)),
      this.#pods.onChange((change) => this.#podChanged(change)),
    ];
    await Promise.all([this.#nodes.whenSynced(), this.#pods.whenSynced()]);
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const detach of this.#detach) detach();
    this.#queue.close();
    await this.#running;
    await Promise.all(this.#bindings);
    await this.#recorder.flushed();
  }

  #nodeChanged({ old, current }: Change<Node>): void {
    if (current === undefined) {
      if (old !== undefined) this.#state.removeNode(old.metadata.name);
      return;
    }
    this.#state.setNode(current);
    // Heartbeats change conditions only: they make no room.
    if (old === undefined || schedulingFacts(old) !== schedulingFacts(current)) this.#queue.moveAll();
  }

  #podChanged({ old, current }: Change<Pod>): void {
    const pod = current ?? old;
    if (pod === undefined) return;
    const { uid } = pod.metadata;
    if (current === undefined || isPodTerminal(current)) {
      this.#queue.delete(uid);
      this.#state.removePod(uid);
      if ((pod.spec.nodeName ?? '') !== '') this.#queue.moveAll();
      return;
    }
    if ((current.spec.nodeName ?? '') !== '') {
      this.#queue.delete(uid);
      this.#state.setPod(current);
      return;
    }
    if (current.spec.schedulerName !== schedulerName || current.metadata.deletionTimestamp !== undefined)
      return this.#queue.delete(uid);
    // The API server's admission has already said SchedulingGated in the condition.
    if ((current.spec.schedulingGates ?? []).length > 0) return this.#queue.delete(uid);
    this.#queue.set(current);
  }

  async #run(): Promise<void> {
    for (let next = await this.#queue.next(); next !== undefined; next = await this.#queue.next()) {
      const placement = decide(next.pod, this.#state.nodes, defaultProfile, this.#pick);
      if (placement.node === undefined) await this.#refuse(next, placement.message);
      else this.#startBinding(next, placement.node);
    }
  }

  #startBinding(queued: QueuedPod, node: string): void {
    this.#state.assume(queued.pod, node);
    const binding = this.#bind(queued, node).finally(() => this.#bindings.delete(binding));
    this.#bindings.add(binding);
  }

  async #bind(queued: QueuedPod, node: string): Promise<void> {
    const { namespace = '', name, uid } = queued.pod.metadata;
    try {
      await this.#world.client.post(pods, { namespace, name }, 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { kind: 'Node', name: node },
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!isNotFound(error) && !isConflict(error))
        this.#world.log.warn('a pod could not be bound', { pod: `${namespace}/${name}`, node, error });
      // The answer may have been lost and not the binding: as long as that is open, the room is taken.
      const live = await this.#read(queued.pod);
      if (live === undefined || (live.spec.nodeName ?? '') === '') this.#state.removePod(uid);
      else this.#state.setPod(live);
      if (live?.spec.nodeName !== node) return this.#queue.failed(queued);
    }
    const message = `Successfully assigned ${namespace}/${name} to ${node}`;
    this.#recorder.event(pods, queued.pod, 'Normal', reasons.scheduled, message);
  }

  /** The pod as the server has it now; undefined when it is gone. Asks until there is an answer, or the scheduler stops. */
  async #read({ metadata }: Pod): Promise<Pod | undefined> {
    const { client, clock } = this.#world;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const live = await client.get(pods, metadata);
        return live.metadata.uid === metadata.uid ? live : undefined;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (isNotFound(error)) return undefined;
      }
      await sleep(clock, secondMs, signal);
    }
    return undefined;
  }

  async #refuse(queued: QueuedPod, message: string): Promise<void> {
    const { pod } = queued;
    this.#recorder.event(pods, pod, 'Warning', reasons.failedScheduling, message);
    const nowText = timestamp(this.#world.clock.now());
    const conditions = withCondition(
      pod.status.conditions ?? [],
      { type: 'PodScheduled', status: 'False', reason: reasons.unschedulable, message },
      nowText,
    );
    if (conditions !== pod.status.conditions) {
      const { namespace = '', name } = pod.metadata;
      try {
        const body = { metadata: { uid: pod.metadata.uid }, status: { conditions } };
        await this.#world.client.patch(
          pods,
          { namespace, name },
          { type: 'strategic', body },
          { subresource: 'status' },
        );
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
      }
    }
    this.#queue.unschedulable(queued);
  }
}

function schedulingFacts({ metadata, spec, status }: Node): string {
  return JSON.stringify([metadata.labels, spec.unschedulable, spec.taints, status.allocatable]);
}
