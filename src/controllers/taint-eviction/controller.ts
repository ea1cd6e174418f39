import { isConflict, isNotFound } from '../../api/error.ts';
import { nodes, pods } from '../../api/resources.ts';
import type { Node, Pod } from '../../api/schema/core-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { ControllerRunner, requestFor, requestsFrom } from '../../machinery/controller-runner.ts';
import { type Component, type Reconciler, type Request, type Result, again, done } from '../../machinery/controller.ts';
import { EventRecorder } from '../../machinery/event-recorder.ts';
import { nodeName as byNode } from '../../machinery/indexes.ts';
import type { Change, Informer } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import { keyText } from '../../machinery/lister.ts';
import type { World } from '../../machinery/world.ts';
import { isEqual } from '../../std/is-equal.ts';
import { decide, noExecuteTaints } from './decide.ts';
import { deletionByTaintManager, taintManagerEviction } from './reasons.ts';

const name = 'taint-eviction-controller';

export function taintEvictionController(world: World, informers: Informers): Component {
  const known = informers.for(pods);
  return new ControllerRunner(world, {
    name,
    reconciler: new TaintEviction(world, informers),
    sources: [
      requestsFrom(known, changedTolerations),
      requestsFrom(informers.for(nodes), ({ old, current }) => {
        if (isEqual(noExecuteTaints(old?.spec.taints), noExecuteTaints(current?.spec.taints))) return [];
        return known.lister.by(byNode, (current ?? old)!.metadata.name).map(requestFor);
      }),
    ],
    // Upstream UpdateWorkerSize.
    workers: 8,
  });
}

function* changedTolerations({ old, current }: Change<Pod>): Iterable<Request> {
  const shown = (pod: Pod | undefined): unknown => [pod?.spec.nodeName, pod?.spec.tolerations, pod?.metadata.uid];
  if (!isEqual(shown(old), shown(current))) yield requestFor((current ?? old)!);
}

class TaintEviction implements Reconciler {
  readonly #world: World;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #recorder: EventRecorder;
  /** When each pod is to go, by its key. */
  readonly #due = new Map<string, { readonly uid: string; readonly atMs: number }>();

  constructor(world: World, informers: Informers) {
    this.#world = world;
    this.#nodes = informers.for(nodes);
    this.#pods = informers.for(pods);
    this.#recorder = new EventRecorder(world, name);
  }

  async reconcile(request: Request): Promise<Result> {
    const pod = this.#pods.lister.get(request);
    const key = keyText(request);
    const due = this.#due.get(key);
    if (due !== undefined && due.uid !== pod?.metadata.uid) this.#cancel(request);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return done;
    const node = this.#nodes.lister.get({ name: pod.spec.nodeName ?? '' });
    const verdict = decide(noExecuteTaints(node?.spec.taints), pod.spec.tolerations);
    if (verdict.verdict === 'stay') {
      this.#cancel(request);
      return done;
    }
    const nowMs = this.#world.clock.now();
    const atMs = verdict.afterMs === 0 ? nowMs : (this.#due.get(key)?.atMs ?? nowMs + verdict.afterMs);
    if (atMs > nowMs) {
      this.#due.set(key, { uid: pod.metadata.uid, atMs });
      return again(atMs - nowMs);
    }
    await this.#evict(pod);
    this.#due.delete(key);
    return done;
  }

  #cancel(request: Request): void {
    if (!this.#due.delete(keyText(request))) return;
    this.#tell(request, `Cancelling deletion of Pod ${keyText(request)}`);
  }

  async #evict(pod: Pod): Promise<void> {
    const { client, clock } = this.#world;
    const { uid } = pod.metadata;
    this.#tell(pod.metadata, `Marking for deletion Pod ${keyText(pod.metadata)}`);
    try {
      const live = await client.get(pods, pod.metadata);
      if (live.metadata.uid !== uid) return;
      const marked = withDisruptionTarget(live, clock.now());
      if (marked !== undefined) await client.update(pods, marked, { subresource: 'status' });
      await client.delete(pods, pod.metadata, { preconditions: { uid } });
    } catch (error) {
      // Gone, or changed just now: a conflict is tried again on what is there then.
      if (isNotFound(error)) return;
      if (isConflict(error) && this.#pods.lister.get(pod.metadata)?.metadata.uid !== uid) return;
      throw error;
    }
  }

  #tell(pod: { readonly namespace?: string | undefined; readonly name: string }, message: string): void {
    const { namespace = '' } = pod;
    const reference = { kind: 'Pod', apiVersion: 'v1', namespace, name: pod.name };
    this.#recorder.eventAbout(reference, 'Normal', taintManagerEviction, message);
  }
}

/** Undefined when the pod says so already. */
function withDisruptionTarget(pod: Pod, nowMs: number): Pod | undefined {
  const { conditions = [] } = pod.status;
  const { generation } = pod.metadata;
  const old = conditions.find(({ type }) => type === 'DisruptionTarget');
  if (old?.status === 'True' && old.reason === deletionByTaintManager) return undefined;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: deletionByTaintManager,
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: old?.status === 'True' ? old.lastTransitionTime : timestamp(nowMs),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  return { ...pod, status: { ...pod.status, conditions: [...conditions.filter((one) => one !== old), condition] } };
}
