import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../../api/error.ts';
import { isPodActive } from '../../api/core/v1/pod-readiness.ts';
import { matchesLabels, selectorOf } from '../../api/label-selector.ts';
import { controllerOf, isControlledBy } from '../../api/owner-references.ts';
import { deployments, pods, replicaSets } from '../../api/resources.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/schema/apps-v1.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';
import { timestamp } from '../../api/timestamps.ts';
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
import { isEqual } from '../../std/is-equal.ts';
import { withSaying } from './conditions.ts';
import { decide } from './decide.ts';
import { progressDeadlineMs } from './progress.ts';
import {
  newReplicaSetCreated,
  progressing,
  replicaSetCreateError,
  scalingReplicaSet,
  selectingAll,
} from './reasons.ts';
import { sizeOf } from './replica-set-order.ts';
import { revisionAnnotation } from './revision.ts';
import { isSameTemplate } from './template-hash.ts';

export function deploymentController(world: World, informers: Informers): Component {
  const reconciler = new DeploymentReconciler(world, informers);
  return new ControllerRunner(world, {
    name: 'deployment-controller',
    reconciler,
    sources: [
      changesOf(informers.for(deployments)),
      requestsFrom(informers.for(replicaSets), (change) => reconciler.ownersOf(change)),
      requestsFrom(informers.for(pods), (change) => reconciler.waitingFor(change)),
    ],
    // kube-controller-manager's --concurrent-deployment-syncs
    workers: 5,
  });
}

class DeploymentReconciler implements Reconciler {
  readonly #world: World;
  readonly #deployments: Informer<Deployment>;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #recorder: EventRecorder;
  readonly #ownWrites = new OwnWrites();

  constructor(world: World, informers: Informers) {
    this.#world = world;
    this.#deployments = informers.for(deployments);
    this.#replicaSets = informers.for(replicaSets);
    this.#pods = informers.for(pods);
    this.#recorder = new EventRecorder(world, 'deployment-controller');
  }

  /** The Deployments that a change of a ReplicaSet concerns: its owners before and now, or those that may adopt it. */
  *ownersOf({ old, current }: Change<ReplicaSet>): Iterable<Request> {
    for (const replicaSet of [old, current]) {
      const controller = replicaSet && controllerOf(replicaSet);
      if (controller?.kind === deployments.kind)
        yield { namespace: replicaSet!.metadata.namespace ?? '', name: controller.name };
    }
    if (current === undefined || controllerOf(current) !== undefined) return;
    const { namespace, labels } = current.metadata;
    for (const deployment of this.#deployments.lister.list(namespace))
      if (matchesLabels(selectorOf(deployment.spec.selector), labels)) yield requestFor(deployment);
  }

  /** The Deployment that waits for its old pods to end before it makes new ones. */
  *waitingFor({ old, current }: Change<Pod>): Iterable<Request> {
    if (current !== undefined && isPodActive(current)) return;
    const namespace = old?.metadata.namespace ?? current?.metadata.namespace ?? '';
    const owner = controllerOf((current ?? old)!);
    if (owner?.kind !== replicaSets.kind) return;
    const replicaSet = this.#replicaSets.lister.get({ namespace, name: owner.name });
    const controller = replicaSet && controllerOf(replicaSet);
    if (controller === undefined) return;
    const request = { namespace, name: controller.name };
    if (this.#deployments.lister.get(request)?.spec.strategy.type === 'Recreate') yield request;
  }

  async reconcile(request: Request): Promise<Result> {
    const behind = this.#ownWrites.behind(request);
    if (behind !== undefined) return onceSettled(behind);
    const deployment = this.#deployments.lister.get(request);
    if (deployment === undefined) return done;
    if (selectsAll(deployment)) return this.#refuse(request, deployment);

    const selector = selectorOf(deployment.spec.selector);
    const owned = await claim({
      client: this.#world.client,
      ownerResource: deployments,
      owner: deployment,
      selector,
      resource: replicaSets,
      candidates: claimCandidates(this.#replicaSets.lister, deployment, selector),
      onWrite: (replicaSet) => this.#ownWrites.wrote(request, this.#replicaSets, replicaSet),
    });
    const plan = decide({
      deployment,
      replicaSets: owned,
      podsOf: (replicaSet) => this.#pods.lister.by(controllerUid, replicaSet.metadata.uid),
      nowMs: this.#world.clock.now(),
    });
    if (plan.create !== undefined) return this.#create(request, deployment, plan.create);
    for (const { from, to } of plan.updates) await this.#update(request, deployment, { from, to });
    for (const replicaSet of plan.deletions) await this.#delete(request, replicaSet);
    await this.#writeStatus(request, deployment, { status: plan.status, revision: plan.revision });
    return plan.checkInMs === undefined ? done : again(plan.checkInMs);
  }

  /** Makes the ReplicaSet of a new template; the pass that its appearance causes goes on from there. */
  async #create(request: Request, deployment: Deployment, draft: Draft<ReplicaSet>): Promise<Result> {
    const name = draft.metadata?.name ?? '';
    let made: ReplicaSet;
    try {
      made = await this.#world.client.create(replicaSets, draft);
    } catch (error) {
      if (isAlreadyExists(error)) return this.#onNameTaken(request, deployment, name);
      if (isNamespaceTerminating(error)) return done;
      const message = `Failed to create new replica set "${name}": ${(error as Error).message}`;
      this.#recorder.event(deployments, deployment, 'Warning', replicaSetCreateError, message);
      await this.#writeStatus(request, deployment, {
        status: this.#progress(deployment, 'False', replicaSetCreateError, message),
      });
      throw error;
    }
    this.#ownWrites.wrote(request, this.#replicaSets, made);
    if (sizeOf(made) > 0) this.#tellScaled(deployment, made, { from: 0, to: sizeOf(made) });
    await this.#writeStatus(request, deployment, {
      status: this.#progress(deployment, 'True', newReplicaSetCreated, `Created new replica set "${name}"`),
      revision: made.metadata.annotations?.[revisionAnnotation],
    });
    return done;
  }

  /** Either our own, which the informer does not show yet, or another template's with the same hash. */
  async #onNameTaken(request: Request, deployment: Deployment, name: string): Promise<Result> {
    const { namespace } = deployment.metadata;
    const taken = await this.#world.client.get(replicaSets, { namespace, name });
    if (isControlledBy(taken, deployment) && isSameTemplate(taken.spec.template, deployment.spec.template)) {
      this.#ownWrites.wrote(request, this.#replicaSets, taken);
    } else {
      const collisionCount = (deployment.status.collisionCount ?? 0) + 1;
      await this.#writeStatus(request, deployment, { status: { ...deployment.status, collisionCount } });
    }
    return again(0);
  }

  async #update(
    request: Request,
    deployment: Deployment,
    { from, to }: { readonly from: ReplicaSet; readonly to: ReplicaSet },
  ): Promise<void> {
    this.#ownWrites.wrote(request, this.#replicaSets, await this.#world.client.update(replicaSets, to));
    if (sizeOf(from) !== sizeOf(to)) this.#tellScaled(deployment, to, { from: sizeOf(from), to: sizeOf(to) });
  }

  async #delete(request: Request, replicaSet: ReplicaSet): Promise<void> {
    const { uid, resourceVersion } = replicaSet.metadata;
    try {
      const preconditions = { uid, resourceVersion };
      const answer = await this.#world.client.delete(replicaSets, replicaSet.metadata, { preconditions });
      this.#ownWrites.deleted(request, this.#replicaSets, replicaSet, answer);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #writeStatus(
    request: Request,
    deployment: Deployment,
    { status, revision }: { readonly status: DeploymentStatus; readonly revision?: string | undefined },
  ): Promise<void> {
    const { metadata } = deployment;
    const isNoted = revision === undefined || metadata.annotations?.[revisionAnnotation] === revision;
    if (isNoted && isEqual(status, deployment.status)) return;
    const annotations = isNoted ? metadata.annotations : { ...metadata.annotations, [revisionAnnotation]: revision };
    const next: Deployment = { ...deployment, metadata: { ...metadata, annotations }, status };
    const written = await this.#world.client.update(deployments, next, { subresource: 'status' });
    this.#ownWrites.wrote(request, this.#deployments, written);
  }

  #progress(deployment: Deployment, truth: 'True' | 'False', reason: string, message: string): DeploymentStatus {
    if (progressDeadlineMs(deployment) === undefined) return deployment.status;
    const { conditions = [] } = deployment.status;
    const saying = { type: progressing, status: truth, reason, message };
    return { ...deployment.status, conditions: withSaying(conditions, saying, timestamp(this.#world.clock.now())) };
  }

  async #refuse(request: Request, deployment: Deployment): Promise<Result> {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    this.#recorder.event(deployments, deployment, 'Warning', selectingAll, message);
    const { generation = 0 } = deployment.metadata;
    await this.#writeStatus(request, deployment, { status: { ...deployment.status, observedGeneration: generation } });
    return done;
  }

  #tellScaled(deployment: Deployment, { metadata }: ReplicaSet, { from, to }: { from: number; to: number }): void {
    const message = `Scaled ${from < to ? 'up' : 'down'} replica set ${metadata.name} from ${from} to ${to}`;
    this.#recorder.event(deployments, deployment, 'Normal', scalingReplicaSet, message);
  }
}

function selectsAll({ spec }: Deployment): boolean {
  const { matchLabels = {}, matchExpressions = [] } = spec.selector;
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}
