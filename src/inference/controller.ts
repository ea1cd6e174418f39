import { isAlreadyExists, isConflict, isNotFound } from '../api/error.ts';
import { isControlledBy } from '../api/owner-references.ts';
import {
  deployments,
  horizontalPodAutoscalers,
  inferences,
  podDisruptionBudgets,
  pods,
  services,
} from '../api/resources.ts';
import type { KubernetesObject, Resource } from '../api/resource.ts';
import type { Deployment } from '../api/schema/apps-v1.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import type { Draft } from '../api/schema/draft.ts';
import {
  inferenceLabel,
  type ColdStart,
  type Inference,
  type InferenceStatus,
} from '../api/slipway/v1alpha1/inference.ts';
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
import { changesOf, ControllerRunner, requestFor, requestsFrom, type Source } from '../machinery/controller-runner.ts';
import { EventRecorder } from '../machinery/event-recorder.ts';
import type { Informers } from '../machinery/informers.ts';
import { OwnWrites } from '../machinery/own-writes.ts';
import type { World } from '../machinery/world.ts';
import { isEqual } from '../std/is-equal.ts';
import { secondMs } from '../std/clock.ts';
import { children, type Children } from './children.ts';
import { coldStartOf, observeStart, type StartTimes } from './cold-start.ts';
import { chooseServer } from './model-source.ts';
import { lastAppliedOf, patchFor, withLastApplied } from './patch-for.ts';
import * as reasons from './reasons.ts';
import { refusalOf } from './refusal.ts';
import { decideReplicas, idleSinceAnnotation } from './replicas.ts';
import type { HealthReader, ServerHealth } from './server-health.ts';
import { decideStatus } from './status.ts';

export interface InferenceOptions {
  /** Where the gateway answers, such as `http://127.0.0.1:8080`. */
  readonly gatewayUrl: string;
  /** Tells downloads from loading; without it both are Loading. */
  readonly health?: HealthReader | undefined;
}

/** How often a server that starts is asked how far it is. */
const healthEveryMs = secondMs;

export function inferenceController(world: World, informers: Informers, options: InferenceOptions): Component {
  const ofLabel = <T extends KubernetesObject>(resource: Resource<T>): Source =>
    requestsFrom(informers.for(resource), ({ old, current }) => {
      const metadata = (current ?? old)?.metadata;
      const name = metadata?.labels?.[inferenceLabel];
      return name === undefined ? [] : [{ namespace: metadata?.namespace ?? '', name }];
    });
  return new ControllerRunner(world, {
    name: 'inference',
    reconciler: new InferenceReconciler(world, informers, options),
    sources: [
      changesOf(informers.for(inferences)),
      ofLabel(deployments),
      ofLabel(services),
      ofLabel(horizontalPodAutoscalers),
      ofLabel(podDisruptionBudgets),
      ofLabel(pods),
    ],
    workers: 2,
  });
}

/** What is known of the starts of one Inference's pods, by their uid. */
type Starts = ReadonlyMap<string, { readonly times: StartTimes; readonly health: ServerHealth | undefined }>;

class InferenceReconciler implements Reconciler {
  readonly #world: World;
  readonly #informers: Informers;
  readonly #options: InferenceOptions;
  readonly #recorder: EventRecorder;
  readonly #ownWrites = new OwnWrites();
  readonly #starts = new Map<string, Starts>();

  constructor(world: World, informers: Informers, options: InferenceOptions) {
    this.#world = world;
    this.#informers = informers;
    this.#options = options;
    this.#recorder = new EventRecorder(world, 'inference-controller');
  }

  async reconcile(request: Request): Promise<Result> {
    const behind = this.#ownWrites.behind(request);
    if (behind !== undefined) return onceSettled(behind);
    const inference = this.#informers.for(inferences).lister.get(request);
    if (inference === undefined || inference.metadata.deletionTimestamp !== undefined) {
      // The garbage collector takes what is owned.
      this.#starts.delete(`${request.namespace}/${request.name}`);
      this.#ownWrites.forget(request);
      return done;
    }
    let refusal = refusalOf(inference);
    let againAfterMs: number | undefined;
    if (refusal === undefined) {
      const choice = chooseServer(inference.spec);
      if ('refusal' in choice) refusal = choice.refusal;
      else {
        refusal = await this.#keepChildren(inference, children(inference, choice.server));
        if (refusal === undefined) againAfterMs = await this.#keepReplicas(inference);
      }
    }
    const isStarting = await this.#report(inference, refusal);
    if (isStarting) return again(Math.min(healthEveryMs, againAfterMs ?? healthEveryMs));
    return againAfterMs === undefined ? done : again(againAfterMs);
  }

  /** Why they cannot all be kept: somebody else has one of the names. */
  async #keepChildren(inference: Inference, wanted: Children): Promise<string | undefined> {
    const initial = { replicas: inference.spec.replicas.min };
    const refusals = [
      await this.#keep(inference, deployments, wanted.deployment, initial),
      await this.#keep(inference, services, wanted.service),
      await this.#keep(inference, horizontalPodAutoscalers, wanted.autoscaler),
      await this.#keep(inference, podDisruptionBudgets, wanted.budget),
    ];
    return refusals.find((refusal) => refusal !== undefined);
  }

  /** Creates it (with `initial` in its spec, which is then left alone), or writes our fields when the live object differs in them. */
  async #keep<T extends KubernetesObject>(
    inference: Inference,
    resource: Resource<T>,
    wanted: Draft<T>,
    initial: object = {},
  ): Promise<string | undefined> {
    const { client } = this.#world;
    const request = requestFor(inference);
    const informer = this.#informers.for(resource);
    const live = informer.lister.get(request);
    const desired = withLastApplied(wanted as object) as Draft<T>;
    if (live === undefined) {
      const body = { ...desired, spec: { ...(desired as { spec?: object }).spec, ...initial } } as Draft<T>;
      try {
        this.#ownWrites.wrote(request, informer, await client.create(resource, body, { fieldManager: 'slipway' }));
        this.#tell(inference, 'Normal', reasons.created, `Created ${resource.kind} ${request.name}`);
      } catch (error) {
        // Somebody else's that is not seen yet; the next look tells.
        if (!isAlreadyExists(error)) throw error;
      }
      return undefined;
    }
    if (!isControlledBy(live, inference))
      return `a ${resource.kind} "${request.name}" that belongs to somebody else is in the way: rename the one or the other`;
    const patch = patchFor(live, desired, lastAppliedOf(live));
    if (patch === undefined) return undefined;
    const written = await client.patch(
      resource,
      request,
      { type: 'strategic', body: patch },
      { fieldManager: 'slipway' },
    );
    this.#ownWrites.wrote(request, informer, written);
    this.#tell(inference, 'Normal', reasons.updated, `Updated ${resource.kind} ${request.name}`);
    return undefined;
  }

  /** Sleep, wake and floor. Returns when to look again. */
  async #keepReplicas(inference: Inference): Promise<number | undefined> {
    const { client, clock } = this.#world;
    const request = requestFor(inference);
    const deployment = this.#deploymentOf(inference);
    if (deployment === undefined) return undefined;
    const decision = decideReplicas(inference, deployment, clock.now());
    if (decision.because === 'Unchanged') return decision.againAfterMs;
    const annotations = { [idleSinceAnnotation]: decision.because === 'Idle' ? timestamp(clock.now()) : null };
    const body = {
      metadata: { resourceVersion: deployment.metadata.resourceVersion, annotations },
      spec: { replicas: decision.replicas },
    };
    try {
      const written = await client.patch(deployments, request, { type: 'merge', body }, { fieldManager: 'slipway' });
      this.#ownWrites.wrote(request, this.#informers.for(deployments), written);
      const reason = { Idle: reasons.scaledToZero, Woken: reasons.woken, Raised: reasons.raised }[decision.because];
      this.#tell(inference, 'Normal', reason, `Scaled to ${decision.replicas}: ${decision.message}`);
    } catch (error) {
      // Somebody scaled it meanwhile: the change comes through the informer.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    return undefined;
  }

  /** Whether a server starts, so that its health is worth another look. */
  async #report(inference: Inference, refusal: string | undefined): Promise<boolean> {
    const { client, clock } = this.#world;
    const living = this.#podsOf(inference);
    const starts = await this.#observeStarts(inference, living);
    const status = decideStatus({
      inference,
      refusal,
      deployment: this.#deploymentOf(inference),
      pods: living,
      health: starts.get(living[0]?.metadata.uid ?? '')?.health,
      coldStart: latestStart(starts),
      url: `${this.#options.gatewayUrl}/v1`,
      now: timestamp(clock.now()),
    });
    const isStarting =
      this.#options.health !== undefined && (status.phase === 'Loading' || status.phase === 'Downloading');
    if (isEqual(inference.status, status)) return isStarting;
    const request = requestFor(inference);
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

  async #observeStarts(inference: Inference, living: readonly Pod[]): Promise<Starts> {
    const { health } = this.#options;
    const key = `${inference.metadata.namespace ?? ''}/${inference.metadata.name}`;
    const before: Starts = this.#starts.get(key) ?? new Map();
    const starts: [string, { times: StartTimes; health: ServerHealth | undefined }][] = [];
    for (const pod of living) {
      const { uid } = pod.metadata;
      const known = before.get(uid);
      const times = observeStart(known?.times, pod, this.#world.clock.now());
      if (times === undefined) continue;
      const isOver = known?.health?.phase === 'ready' || times.startedMs === undefined;
      starts.push([uid, { times, health: isOver ? known?.health : ((await health?.read(pod)) ?? known?.health) }]);
    }
    const observed = new Map(starts);
    this.#starts.set(key, observed);
    return observed;
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

  /** Newest first, without those that end. */
  #podsOf({ metadata: { namespace = '', name } }: Inference): readonly Pod[] {
    const requirement = { key: inferenceLabel, operator: '=', values: [name] } as const;
    return this.#informers
      .for(pods)
      .lister.matching(namespace, { requirements: [requirement] })
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .toSorted(
        (a, b) =>
          compare(b.metadata.creationTimestamp, a.metadata.creationTimestamp) ||
          compare(a.metadata.name, b.metadata.name),
      );
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The start of the pod that became ready last. */
function latestStart(starts: Starts): ColdStart | undefined {
  const [latest] = [...starts.values()]
    .filter(({ times }) => times.readyMs !== undefined)
    .toSorted((a, b) => (b.times.readyMs ?? 0) - (a.times.readyMs ?? 0));
  return latest === undefined ? undefined : coldStartOf(latest.times, latest.health);
}
