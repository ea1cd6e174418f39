import { ApiError, isAlreadyExists, isNotFound } from '../api/error.ts';
import { controllerOf } from '../api/owner-references.ts';
import type { KubernetesObject, Resource } from '../api/resource.ts';
import { deployments, horizontalPodAutoscalers, inferences, podDisruptionBudgets, services } from '../api/resources.ts';
import type { Draft } from '../api/schema/draft.ts';
import { inferenceLabel, type Inference } from '../api/slipway/v1alpha1/inference.ts';
import { requestFor } from '../machinery/controller-runner.ts';
import type { EventRecorder } from '../machinery/event-recorder.ts';
import type { Informers } from '../machinery/informers.ts';
import type { OwnWrites } from '../machinery/own-writes.ts';
import type { World } from '../machinery/world.ts';
import type { Children } from './children.ts';
import { appliedFieldsOf, patchFor, withAppliedFields } from './patch-for.ts';
import * as reasons from './reasons.ts';

/** Why the children cannot all be kept. */
export interface Obstacle {
  /** One sentence. */
  readonly message: string;
  /** `Passes`: by itself, and a change of the child tells. `Refused`: perhaps later, and nothing tells. */
  readonly kind: 'Passes' | 'InTheWay' | 'Refused';
}

export interface ChildKeeperOptions {
  readonly informers: Informers;
  readonly ownWrites: OwnWrites;
  readonly recorder: EventRecorder;
}

/** Makes the children of an Inference and keeps our fields of them as they should be. */
export class ChildKeeper {
  readonly #client: World['client'];
  readonly #informers: Informers;
  readonly #ownWrites: OwnWrites;
  readonly #recorder: EventRecorder;

  constructor({ client }: World, { informers, ownWrites, recorder }: ChildKeeperOptions) {
    this.#client = client;
    this.#informers = informers;
    this.#ownWrites = ownWrites;
    this.#recorder = recorder;
  }

  /** Keeps as many as it can; answers the first obstacle. */
  async keep(inference: Inference, wanted: Children): Promise<Obstacle | undefined> {
    const replicas = inference.spec.replicas.min;
    const obstacles = [
      await this.#keepOne(inference, deployments, wanted.deployment, { replicas }),
      await this.#keepOne(inference, services, wanted.service),
      await this.#keepOne(inference, horizontalPodAutoscalers, wanted.autoscaler),
      await this.#keepOne(inference, podDisruptionBudgets, wanted.budget),
    ];
    return obstacles.find((obstacle) => obstacle !== undefined);
  }

  async #keepOne<T extends KubernetesObject>(
    inference: Inference,
    resource: Resource<T>,
    wanted: Draft<T>,
    initial: object = {},
  ): Promise<Obstacle | undefined> {
    const live = this.#informers.for(resource).lister.get(requestFor(inference));
    const desired = withAppliedFields(wanted as object) as Draft<T>;
    try {
      if (live === undefined) await this.#create(inference, resource, desired, initial);
      else {
        const obstacle = ownershipObstacle(inference, resource, live);
        if (obstacle !== undefined) return obstacle;
        await this.#patch(inference, resource, live, desired);
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError) || !refusals.has(error.reason)) throw error;
      return { kind: 'Refused', message: `its ${resource.kind} is refused: ${error.message}` };
    }
  }

  /** With `initial` in its spec, which is then left alone. */
  async #create<T extends KubernetesObject>(
    inference: Inference,
    resource: Resource<T>,
    desired: Draft<T>,
    initial: object,
  ): Promise<void> {
    const request = requestFor(inference);
    if (!(await this.#isStillThere(inference))) return;
    const body = { ...desired, spec: { ...(desired as { spec?: object }).spec, ...initial } } as Draft<T>;
    try {
      const written = await this.#client.create(resource, body, { fieldManager: 'slipway' });
      this.#ownWrites.wrote(request, this.#informers.for(resource), written);
      this.#tell(inference, reasons.created, `Created ${resource.kind} ${request.name}`);
    } catch (error) {
      // Somebody's, whom the informer has not shown yet: its change brings us back.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  /**
   * Asks the server, since what the informer shows may be gone: a child made for it would be collected at once and made
   * again, as fast as both can.
   */
  async #isStillThere(inference: Inference): Promise<boolean> {
    try {
      const { metadata } = await this.#client.get(inferences, requestFor(inference));
      return metadata.uid === inference.metadata.uid && metadata.deletionTimestamp === undefined;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #patch<T extends KubernetesObject>(
    inference: Inference,
    resource: Resource<T>,
    live: T,
    desired: Draft<T>,
  ): Promise<void> {
    const body = patchFor(live, desired, appliedFieldsOf(live));
    if (body === undefined) return;
    const request = requestFor(inference);
    const patch = { type: 'strategic', body } as const;
    const written = await this.#client.patch(resource, request, patch, { fieldManager: 'slipway' });
    this.#ownWrites.wrote(request, this.#informers.for(resource), written);
    this.#tell(inference, reasons.updated, `Updated ${resource.kind} ${request.name}`);
  }

  #tell(inference: Inference, reason: string, message: string): void {
    this.#recorder.event(inferences, inference, 'Normal', reason, message);
  }
}

/** What a server says of a write that would have to be another one. */
const refusals: ReadonlySet<string> = new Set(['Invalid', 'Forbidden', 'BadRequest']);

/** One of ours that lost its owner, as orphaning does, is taken back. */
function ownershipObstacle({ metadata }: Inference, { kind }: Resource, live: KubernetesObject): Obstacle | undefined {
  const owner = controllerOf(live);
  if (owner?.uid === metadata.uid) return undefined;
  if (owner === undefined && live.metadata.labels?.[inferenceLabel] === metadata.name) return undefined;
  if (owner?.kind === inferences.kind && owner.name === metadata.name)
    return { kind: 'Passes', message: `the ${kind} of the Inference that had its name before is being removed` };
  const message = `a ${kind} "${metadata.name}" that belongs to somebody else is in the way: rename the one or the other`;
  return { kind: 'InTheWay', message };
}
