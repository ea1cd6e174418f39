import { ApiError, isConflict, isNamespaceTerminating, isNotFound } from '../../api/error.ts';
import { isPodActive, isPodTerminal } from '../../api/core/v1/pod-readiness.ts';
import { type Selector, matchesLabels, selectorOf } from '../../api/label-selector.ts';
import { controllerOf } from '../../api/owner-references.ts';
import { pods, replicaSets } from '../../api/resources.ts';
import type { ReplicaSet } from '../../api/schema/apps-v1.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import { claim, claimCandidates } from '../../machinery/adoption.ts';
import { ControllerRunner, changesOf, requestFor, requestsFrom } from '../../machinery/controller-runner.ts';
import {
  type Component,
  type Reconciler,
  type Request,
  type Result,
  again,
  done,
  onceSettled,
} from '../../machinery/controller.ts';
import { EventRecorder } from '../../machinery/event-recorder.ts';
import { controllerUid } from '../../machinery/indexes.ts';
import type { Change, Informer } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import { OwnWrites } from '../../machinery/own-writes.ts';
import type { World } from '../../machinery/world.ts';
import { type Plan, decide } from './decide.ts';
import { podFromTemplate } from './pod-from-template.ts';
import { failedCreate, failedDelete, successfulCreate, successfulDelete } from './reasons.ts';
import { slowStart } from './slow-start.ts';
import { isSameStatus, nextAvailableInMs, statusOf } from './status.ts';

export function replicaSetController(world: World, informers: Informers): Component {
  const reconciler = new ReplicaSetReconciler(world, informers);
  return new ControllerRunner(world, {
    name: 'replicaset-controller',
    reconciler,
    sources: [
      changesOf(informers.for(replicaSets)),
      requestsFrom(informers.for(pods), (change) => reconciler.ownersOf(change)),
    ],
    // kube-controller-manager's --concurrent-replicaset-syncs
    workers: 5,
  });
}

class ReplicaSetReconciler implements Reconciler {
  readonly #world: World;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #recorder: EventRecorder;
  readonly #ownWrites = new OwnWrites();

  constructor(world: World, informers: Informers) {
    this.#world = world;
    this.#replicaSets = informers.for(replicaSets);
    this.#pods = informers.for(pods);
    this.#recorder = new EventRecorder(world, 'replicaset-controller');
  }

  /** The ReplicaSets that a change of a pod concerns: its owners before and now, or those that may adopt it. */
  *ownersOf({ old, current }: Change<Pod>): Iterable<Request> {
    for (const pod of [old, current]) {
      const controller = pod && controllerOf(pod);
      if (controller?.kind === replicaSets.kind)
        yield { namespace: pod!.metadata.namespace ?? '', name: controller.name };
    }
    if (current === undefined || controllerOf(current) !== undefined) return;
    const { namespace, labels } = current.metadata;
    for (const replicaSet of this.#replicaSets.lister.list(namespace))
      if (matchesLabels(selectorOf(replicaSet.spec.selector), labels)) yield requestFor(replicaSet);
  }

  async reconcile(request: Request): Promise<Result> {
    const behind = this.#ownWrites.behind(request);
    if (behind !== undefined) return onceSettled(behind);
    const replicaSet = this.#replicaSets.lister.get(request);
    if (replicaSet === undefined) return done;

    const selector = selectorOf(replicaSet.spec.selector);
    const { active, terminating } = await this.#podsOf(request, replicaSet, selector);
    const nowMs = this.#world.clock.now();
    const isTooMany = active.length > (replicaSet.spec.replicas ?? 1);
    const plan = decide({ replicaSet, active, related: isTooMany ? this.#relatedTo(replicaSet) : [], nowMs });
    const failure = await this.#carryOut(request, replicaSet, plan).catch((error: unknown) => error ?? 'unknown');

    const message = failure === undefined ? undefined : messageOf(failure);
    const status = statusOf(replicaSet, { active, terminating, failure: message, nowMs });
    if (!isSameStatus(status, replicaSet.status)) {
      const next = { ...replicaSet, status };
      const written = await this.#world.client.update(replicaSets, next, { subresource: 'status' });
      this.#ownWrites.wrote(request, this.#replicaSets, written);
    }
    if (failure !== undefined) throw failure;

    const { minReadySeconds = 0 } = replicaSet.spec;
    if (minReadySeconds === 0 || status.readyReplicas === status.availableReplicas) return done;
    return again(nextAvailableInMs(active, minReadySeconds, nowMs) ?? minReadySeconds * 1000);
  }

  async #podsOf(
    request: Request,
    replicaSet: ReplicaSet,
    selector: Selector,
  ): Promise<{ active: readonly Pod[]; terminating: readonly Pod[] }> {
    const candidates = claimCandidates(this.#pods.lister, replicaSet, selector);
    const active = await claim({
      client: this.#world.client,
      ownerResource: replicaSets,
      owner: replicaSet,
      selector,
      resource: pods,
      candidates: candidates.filter(isPodActive),
      onWrite: (pod) => this.#ownWrites.wrote(request, this.#pods, pod),
    });
    const terminating = this.#pods.lister
      .by(controllerUid, replicaSet.metadata.uid)
      .filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod))
      .filter((pod) => matchesLabels(selector, pod.metadata.labels));
    return { active, terminating };
  }

  /** The pods of all ReplicaSets of the same owner. */
  #relatedTo(replicaSet: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(replicaSet);
    const siblings = owner === undefined ? [replicaSet] : this.#replicaSets.lister.by(controllerUid, owner.uid);
    return siblings.flatMap((sibling) => this.#pods.lister.by(controllerUid, sibling.metadata.uid));
  }

  async #carryOut(request: Request, replicaSet: ReplicaSet, plan: Plan): Promise<undefined> {
    await slowStart(plan.create, () => this.#createPod(request, replicaSet));
    const deletions = await Promise.allSettled(plan.delete.map((pod) => this.#deletePod(request, replicaSet, pod)));
    const failed = deletions.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return undefined;
  }

  async #createPod(request: Request, replicaSet: ReplicaSet): Promise<void> {
    try {
      const draft = podFromTemplate(replicaSet.spec.template, replicaSets, replicaSet);
      const pod = await this.#world.client.create(pods, draft);
      this.#ownWrites.wrote(request, this.#pods, pod);
      this.#tell(replicaSet, 'Normal', successfulCreate, `Created pod: ${pod.metadata.name}`);
    } catch (error) {
      // In a namespace that is ending nothing can be made and nothing needs to be said.
      if (isNamespaceTerminating(error)) return;
      this.#tell(replicaSet, 'Warning', failedCreate, `Error creating: ${messageOf(error)}`);
      throw error;
    }
  }

  async #deletePod(request: Request, replicaSet: ReplicaSet, pod: Pod): Promise<void> {
    const { name, uid } = pod.metadata;
    try {
      const answer = await this.#world.client.delete(pods, pod.metadata, { preconditions: { uid } });
      this.#ownWrites.deleted(request, this.#pods, pod, answer);
      this.#tell(replicaSet, 'Normal', successfulDelete, `Deleted pod: ${name}`);
    } catch (error) {
      // Gone, or another pod has its name by now.
      if (isNotFound(error) || isConflict(error)) return this.#ownWrites.deleted(request, this.#pods, pod, undefined);
      this.#tell(replicaSet, 'Warning', failedDelete, `Error deleting: ${messageOf(error)}`);
      if (!(error instanceof ApiError)) throw error;
      throw new ApiError(error.reason, `unable to delete pods: ${error.message}`, { cause: error });
    }
  }

  #tell(replicaSet: ReplicaSet, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#recorder.event(replicaSets, replicaSet, type, reason, message);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
