import { isConflict, isNotFound } from '../api/error.ts';
import { isControlledBy } from '../api/owner-references.ts';
import type { KubernetesObject } from '../api/resource.ts';
import {
  deployments,
  horizontalPodAutoscalers,
  inferences,
  podDisruptionBudgets,
  pods,
  replicaSets,
  services,
} from '../api/resources.ts';
import type { Deployment } from '../api/schema/apps-v1.ts';
import { inferenceLabel, type Inference, type InferenceStatus } from '../api/slipway/v1alpha1/inference.ts';
import { timestamp } from '../api/timestamps.ts';
import {
  again,
  done,
  onceSettled,
  type Component,
  type Reconciler,
  type Request,
  type Result,
} from '../machinery/controller.ts';
import { changesOf, ControllerRunner, requestFor, requestsFrom } from '../machinery/controller-runner.ts';
import { EventRecorder } from '../machinery/event-recorder.ts';
import { controllerUid } from '../machinery/indexes.ts';
import type { Change } from '../machinery/informer.ts';
import type { Informers } from '../machinery/informers.ts';
import { OwnWrites } from '../machinery/own-writes.ts';
import type { World } from '../machinery/world.ts';
import { secondMs } from '../std/clock.ts';
import { isEqual } from '../std/is-equal.ts';
import { ChildKeeper, type Obstacle } from './child-keeper.ts';
import { children } from './children.ts';
import { chooseServer } from './model-source.ts';
import * as reasons from './reasons.ts';
import { refusalOf } from './refusal.ts';
import { noPods, replicaPods, type ReplicaPods } from './replica-pods.ts';
import { decideReplicas, idleSinceAnnotation } from './replicas.ts';
import type { HealthReader } from './server-health.ts';
import { StartWatch } from './start-watch.ts';
import { decideStatus } from './status.ts';

export interface InferenceOptions {
  /** Where the gateway answers, such as `http://127.0.0.1:8080`. */
  readonly gatewayUrl: string;
  /** Tells downloads from loading; without it both are Loading. */
  readonly health?: HealthReader | undefined;
}

/** How often a server that starts is asked how far it is. */
const healthEveryMs = secondMs;
/** How often what the API server refused is tried again: a quota may have grown. */
const refusedAgainMs = 30 * secondMs;

export function inferenceController(world: World, informers: Informers, options: InferenceOptions): Component {
  return new ControllerRunner(world, {
    name: 'inference',
    reconciler: new InferenceReconciler(world, informers, options),
    // Children have the name of their Inference, and so has what is in their way.
    sources: [
      changesOf(informers.for(inferences)),
      changesOf(informers.for(deployments)),
      changesOf(informers.for(services)),
      changesOf(informers.for(horizontalPodAutoscalers)),
      changesOf(informers.for(podDisruptionBudgets)),
      requestsFrom(informers.for(replicaSets), byLabel),
      requestsFrom(informers.for(pods), byLabel),
    ],
    workers: 2,
  });
}

/** The Inference whose label it has, or had. */
function* byLabel<T extends KubernetesObject>({ old, current }: Change<T>): Iterable<Request> {
  const names = [old, current].map((object) => object?.metadata.labels?.[inferenceLabel]);
  const namespace = (current ?? old)?.metadata.namespace ?? '';
  for (const name of new Set(names)) if (name !== undefined) yield { namespace, name };
}

class InferenceReconciler implements Reconciler {
  readonly #world: World;
  readonly #informers: Informers;
  readonly #options: InferenceOptions;
  readonly #recorder: EventRecorder;
  readonly #ownWrites = new OwnWrites();
  readonly #children: ChildKeeper;
  readonly #starts: StartWatch;

  constructor(world: World, informers: Informers, options: InferenceOptions) {
    this.#world = world;
    this.#informers = informers;
    this.#options = options;
    this.#recorder = new EventRecorder(world, 'inference-controller');
    this.#children = new ChildKeeper(world, { informers, ownWrites: this.#ownWrites, recorder: this.#recorder });
    this.#starts = new StartWatch(world.clock, options.health);
  }

  async reconcile(request: Request): Promise<Result> {
    const behind = this.#ownWrites.behind(request);
    if (behind !== undefined) return onceSettled(behind);
    const inference = this.#informers.for(inferences).lister.get(request);
    if (inference === undefined || inference.metadata.deletionTimestamp !== undefined) {
      // The garbage collector takes what is owned.
      this.#starts.forget(request);
      this.#ownWrites.forget(request);
      return done;
    }
    const refusal = refusalOf(inference);
    const choice = refusal === undefined ? chooseServer(inference.spec) : { refusal };
    const obstacle =
      'server' in choice ? await this.#children.keep(inference, children(inference, choice.server)) : undefined;
    const isInOrder = 'server' in choice && obstacle === undefined;
    const idleMs = isInOrder ? await this.#keepReplicas(inference) : undefined;
    const isStarting = await this.#report(inference, 'refusal' in choice ? choice.refusal : undefined, obstacle);
    const waits = [
      idleMs,
      isStarting ? healthEveryMs : undefined,
      obstacle?.kind === 'Refused' ? refusedAgainMs : undefined,
    ];
    const nextMs = Math.min(...waits.filter((wait) => wait !== undefined));
    return Number.isFinite(nextMs) ? again(nextMs) : done;
  }

  /** Sleep, wake and floor. Returns when to look again. */
  async #keepReplicas(inference: Inference): Promise<number | undefined> {
    const { client, clock } = this.#world;
    const request = requestFor(inference);
    const deployment = this.#deploymentOf(inference);
    if (deployment === undefined) return undefined;
    const decision = decideReplicas(inference, deployment, clock.now());
    if (decision.because === 'Unchanged') return decision.againAfterMs;
    const { resourceVersion } = deployment.metadata;
    const isByHand = decision.because === 'AwakeByHand';
    const idleSince = (isByHand ? undefined : decision.idleSince) ?? null;
    const body = {
      metadata: { resourceVersion, annotations: { [idleSinceAnnotation]: idleSince } },
      ...(isByHand ? {} : { spec: { replicas: decision.replicas } }),
    };
    try {
      const written = await client.patch(deployments, request, { type: 'merge', body }, { fieldManager: 'slipway' });
      this.#ownWrites.wrote(request, this.#informers.for(deployments), written);
      if (isByHand) return undefined;
      const reason = { Idle: reasons.scaledToZero, Woken: reasons.woken, Raised: reasons.raised }[decision.because];
      this.#tell(inference, 'Normal', reason, `Scaled to ${decision.replicas}: ${decision.message}`);
    } catch (error) {
      // Somebody scaled it meanwhile: the change comes through the informer.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    return undefined;
  }

  /** Whether a server starts, so that its health is worth another look. */
  async #report(inference: Inference, refusal: string | undefined, obstacle: Obstacle | undefined): Promise<boolean> {
    const { client, clock } = this.#world;
    const request = requestFor(inference);
    const deployment = this.#deploymentOf(inference);
    const observed = deployment === undefined ? noPods : this.#podsOf(deployment);
    const { health, coldStart } = await this.#starts.observe(inference, observed.living);
    const status = decideStatus({
      inference,
      refusal,
      obstacle,
      deployment,
      pods: observed,
      health,
      coldStart,
      url: `${this.#options.gatewayUrl}/v1`,
      now: timestamp(clock.now()),
    });
    const isStarting =
      this.#options.health !== undefined && (status.phase === 'Loading' || status.phase === 'Downloading');
    if (isEqual(inference.status, status)) return isStarting;
    try {
      const written = await client.update(inferences, { ...inference, status }, { subresource: 'status' });
      this.#ownWrites.wrote(request, this.#informers.for(inferences), written);
      this.#tellOfPhase(inference, status);
    } catch (error) {
      // A newer one comes through the informer.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    return isStarting;
  }

  #tellOfPhase(inference: Inference, { phase, reason = '' }: InferenceStatus): void {
    if (phase === inference.status?.phase) return;
    if (phase === 'Ready') this.#tell(inference, 'Normal', reasons.ready, reason);
    else if (phase === 'Failed') this.#tell(inference, 'Warning', reasons.failed, reason);
    const { min, max } = inference.spec.replicas;
    if (inference.status?.phase === undefined && max < min)
      this.#tell(inference, 'Warning', reasons.maxBelowMin, `spec.replicas.max ${max} is below min ${min}: ${min} run`);
  }

  #tell(inference: Inference, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#recorder.event(inferences, inference, type, reason, message);
  }

  #deploymentOf(inference: Inference): Deployment | undefined {
    const deployment = this.#informers.for(deployments).lister.get(requestFor(inference));
    return deployment !== undefined && isControlledBy(deployment, inference) ? deployment : undefined;
  }

  #podsOf(deployment: Deployment): ReplicaPods {
    const controlledBy = this.#informers.for(replicaSets).lister.by(controllerUid, deployment.metadata.uid);
    return replicaPods(deployment, controlledBy, ({ metadata }) =>
      this.#informers.for(pods).lister.by(controllerUid, metadata.uid),
    );
  }
}
