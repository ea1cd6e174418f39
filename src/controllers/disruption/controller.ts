import { isNotFound } from '../../api/error.ts';
import { isPodReady } from '../../api/core/v1/pod-readiness.ts';
import { matchesLabels, selectorOf } from '../../api/label-selector.ts';
import type { KubernetesObject, Resource } from '../../api/resource.ts';
import { deployments, podDisruptionBudgets, pods, replicaSets } from '../../api/resources.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/schema/policy-v1.ts';
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
import { EventRecorder, type EventType } from '../../machinery/event-recorder.ts';
import type { Change, Informer } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import { OwnWrites } from '../../machinery/own-writes.ts';
import type { World } from '../../machinery/world.ts';
import { isEqual } from '../../std/is-equal.ts';
import { type Plan, decide, failSafe, needsScales } from './decide.ts';
import { type Owners, type Scales, scalesOf } from './owner-scale.ts';
import { calculateExpectedPodCountFailed, noPods, notDeleted, unmanagedPods } from './reasons.ts';
import { selectorText } from './selector-text.ts';

export interface DisruptionOptions {
  /** Every resource that is served now: owners of pods are looked up by their kind. */
  readonly resources: () => readonly Resource[];
}

export function disruptionController(world: World, informers: Informers, options: DisruptionOptions): Component {
  const reconciler = new DisruptionReconciler(world, informers, options);
  return new ControllerRunner(world, {
    name: 'disruption-controller',
    reconciler,
    sources: [
      changesOf(informers.for(podDisruptionBudgets)),
      requestsFrom(informers.for(pods), (change) => reconciler.budgetsOf(change)),
      requestsFrom(informers.for(replicaSets), (change) => reconciler.budgetsNear(change)),
      requestsFrom(informers.for(deployments), (change) => reconciler.budgetsNear(change)),
    ],
  });
}

class DisruptionReconciler implements Reconciler {
  readonly #world: World;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: Informer<Pod>;
  readonly #owners: Owners;
  readonly #recorder: EventRecorder;
  readonly #ownWrites = new OwnWrites();

  constructor(world: World, informers: Informers, { resources }: DisruptionOptions) {
    this.#world = world;
    this.#budgets = informers.for(podDisruptionBudgets);
    this.#pods = informers.for(pods);
    this.#owners = {
      client: world.client,
      replicaSets: informers.for(replicaSets).lister,
      deployments: informers.for(deployments).lister,
      resources,
    };
    this.#recorder = new EventRecorder(world, 'controllermanager');
  }

  /** The budgets that count a pod differently after a change of it. */
  *budgetsOf({ old, current }: Change<Pod>): Iterable<Request> {
    if (old !== undefined && current !== undefined && isEqual(countedOf(old), countedOf(current))) return;
    for (const budget of this.#budgets.lister.list((current ?? old)!.metadata.namespace)) {
      const selector = selectorOf(budget.spec.selector);
      if ([old, current].some((pod) => pod !== undefined && matchesLabels(selector, pod.metadata.labels)))
        yield requestFor(budget);
    }
  }

  /** The budgets of a namespace in which a controller of pods changed its size. */
  *budgetsNear({ old, current }: Change<Sized>): Iterable<Request> {
    if (old?.spec.replicas === current?.spec.replicas) return;
    for (const budget of this.#budgets.lister.list((current ?? old)!.metadata.namespace)) yield requestFor(budget);
  }

  async reconcile(request: Request): Promise<Result> {
    const behind = this.#ownWrites.behind(request);
    if (behind !== undefined) return onceSettled(behind);
    const budget = this.#budgets.lister.get(request);
    if (budget === undefined) return done;
    const selected = this.#pods.lister.matching(request.namespace, selectorOf(budget.spec.selector));
    let plan: Plan;
    try {
      if (selected.length === 0) this.#tell(budget, 'Normal', noPods, 'No matching pods found');
      const { scales } = await this.#scales(budget, selected);
      plan = decide({ budget, pods: selected, scales, nowMs: this.#world.clock.now() });
    } catch (error) {
      const message = (error as Error).message;
      const why = `Failed to calculate the number of expected pods: ${message}`;
      this.#tell(budget, 'Warning', calculateExpectedPodCountFailed, why);
      await this.#write(request, budget, failSafe(budget, message, this.#world.clock.now()));
      return done;
    }
    for (const pod of plan.notDeleted) this.#tellNotDeleted(budget, pod);
    await this.#write(request, budget, plan.status);
    return plan.recheckInMs === undefined ? done : again(plan.recheckInMs);
  }

  async #scales(budget: PodDisruptionBudget, selected: readonly Pod[]): Promise<Scales> {
    if (!needsScales(budget)) return { scales: new Map(), unmanaged: [] };
    const result = await scalesOf(selected, this.#owners);
    if (result.unmanaged.length > 0)
      this.#tell(
        budget,
        'Warning',
        unmanagedPods,
        `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget.spec.selector)}) were found to be unmanaged. ` +
          'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ' +
          'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.',
      );
    return result;
  }

  /** An eviction may have taken from the budget meanwhile: then this conflicts and is counted anew. */
  async #write(request: Request, budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus): Promise<void> {
    if (isEqual(status, budget.status)) return;
    const { client } = this.#world;
    try {
      const written = await client.update(podDisruptionBudgets, { ...budget, status }, { subresource: 'status' });
      this.#ownWrites.wrote(request, this.#budgets, written);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #tellNotDeleted({ metadata }: PodDisruptionBudget, pod: Pod): void {
    // Upstream names the namespace twice.
    const message = `Pod was expected by PDB ${metadata.namespace}/${metadata.name} to be deleted but it wasn't`;
    this.#recorder.event(pods, pod, 'Warning', notDeleted, message);
  }

  #tell(budget: PodDisruptionBudget, type: EventType, reason: string, message: string): void {
    this.#recorder.event(podDisruptionBudgets, budget, type, reason, message);
  }
}

type Sized = KubernetesObject & { readonly spec: { readonly replicas?: number | undefined } };

const countedOf = (pod: Pod): unknown => [
  pod.metadata.labels,
  pod.metadata.deletionTimestamp,
  pod.metadata.ownerReferences,
  isPodReady(pod),
];
