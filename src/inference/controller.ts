import { isAlreadyExists, isConflict, isNotFound } from '../api/error.ts';
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
import { inferenceLabel, type Inference } from '../api/slipway/v1alpha1/inference.ts';
import { timestamp } from '../api/timestamps.ts';
import { again, done, type Component, type Reconciler, type Request, type Result } from '../machinery/controller.ts';
import { changesOf, ControllerRunner, requestsFrom, type Source } from '../machinery/controller-runner.ts';
import { EventRecorder } from '../machinery/event-recorder.ts';
import type { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';
import { children, type Children } from './children.ts';
import { coldStartOf, observeStart, type StartTimes } from './cold-start.ts';
import { differs } from './differs.ts';
import { chooseServer } from './model-source.ts';
import * as reasons from './reasons.ts';
import { decideReplicas, idleSinceAnnotation } from './replicas.ts';
import { decideStatus } from './status.ts';

export interface InferenceOptions {
  /** Where the gateway answers, such as `http://127.0.0.1:8080`. */
  readonly gatewayUrl: string;
}

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

class InferenceReconciler implements Reconciler {
  readonly #world: World;
  readonly #informers: Informers;
  readonly #options: InferenceOptions;
  readonly #recorder: EventRecorder;
  /** How the pods of each Inference start, by its uid and theirs. */
  readonly #starts = new Map<string, Map<string, StartTimes>>();

  constructor(world: World, informers: Informers, options: InferenceOptions) {
    this.#world = world;
    this.#informers = informers;
    this.#options = options;
    this.#recorder = new EventRecorder(world, 'inference-controller');
  }

  async reconcile({ namespace, name }: Request): Promise<Result> {
    const inference = this.#informers.for(inferences).lister.get({ namespace, name });
    if (inference === undefined || inference.metadata.deletionTimestamp !== undefined) {
      // The garbage collector takes what is owned.
      if (inference !== undefined) this.#starts.delete(inference.metadata.uid);
      return done;
    }
    const choice = chooseServer(inference.spec);
    const wanted = 'server' in choice ? children(inference, choice.server) : undefined;
    let againAfterMs: number | undefined;
    if (wanted !== undefined) {
      await this.#keepChildren(inference, wanted);
      againAfterMs = await this.#keepReplicas(inference);
    }
    await this.#report(inference, 'refusal' in choice ? choice.refusal : undefined);
    return againAfterMs === undefined ? done : again(againAfterMs);
  }

  async #keepChildren(inference: Inference, wanted: Children): Promise<void> {
    await this.#keep(inference, deployments, wanted.deployment, { spec: { replicas: inference.spec.replicas.min } });
    await this.#keep(inference, services, wanted.service);
    await this.#keep(inference, horizontalPodAutoscalers, wanted.autoscaler);
    await this.#keep(inference, podDisruptionBudgets, wanted.budget);
  }

  /** Creates it (with `initial`, which is then left alone), or writes our fields when the live object differs in them. */
  async #keep<T extends KubernetesObject>(
    inference: Inference,
    resource: Resource<T>,
    wanted: Draft<T>,
    initial: { readonly spec?: object } = {},
  ): Promise<void> {
    const { client } = this.#world;
    const key = { namespace: inference.metadata.namespace, name: inference.metadata.name };
    const live = this.#informers.for(resource).lister.get(key);
    if (live === undefined) {
      const body = { ...wanted, spec: { ...(wanted as { spec?: object }).spec, ...initial.spec } } as Draft<T>;
      try {
        await client.create(resource, body, { fieldManager: 'slipway' });
        this.#recorder.event(inferences, inference, 'Normal', reasons.created, `Created ${resource.kind} ${key.name}`);
      } catch (error) {
        // Made by ourselves a moment ago, and not seen yet; or somebody else's, which the next look tells.
        if (!isAlreadyExists(error)) throw error;
      }
      return;
    }
    if (live.metadata.ownerReferences?.some(({ uid }) => uid === inference.metadata.uid) !== true) {
      this.#recorder.event(
        inferences,
        inference,
        'Warning',
        reasons.notOurs,
        `A ${resource.kind} ${key.name} that belongs to somebody else is in the way`,
      );
      return;
    }
    if (!differs(live, wanted)) return;
    await client.patch(resource, key, { type: 'merge', body: wanted }, { fieldManager: 'slipway' });
    this.#recorder.event(inferences, inference, 'Normal', reasons.updated, `Updated ${resource.kind} ${key.name}`);
  }

  /** Sleep and wake. Returns when to look again. */
  async #keepReplicas(inference: Inference): Promise<number | undefined> {
    const { client, clock } = this.#world;
    const { namespace, name } = inference.metadata;
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
      await client.patch(deployments, { namespace, name }, { type: 'merge', body }, { fieldManager: 'slipway' });
      const reason = decision.because === 'Idle' ? reasons.scaledToZero : reasons.woken;
      this.#recorder.event(
        inferences,
        inference,
        'Normal',
        reason,
        `Scaled to ${decision.replicas}: ${decision.message}`,
      );
    } catch (error) {
      // Somebody scaled it meanwhile: the change comes through the informer.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    return undefined;
  }

  async #report(inference: Inference, refusal: string | undefined): Promise<void> {
    const { client, clock } = this.#world;
    const living = this.#podsOf(inference);
    const status = decideStatus({
      inference,
      refusal,
      deployment: this.#deploymentOf(inference),
      pods: living,
      coldStart: this.#observeStarts(inference, living),
      url: `${this.#options.gatewayUrl}/v1`,
      now: timestamp(clock.now()),
    });
    if (!differs(inference.status, status)) return;
    try {
      await client.update(inferences, { ...inference, status }, { subresource: 'status' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** The start of the pod that became ready last. */
  #observeStarts(inference: Inference, living: readonly Pod[]): ReturnType<typeof coldStartOf> {
    const before = this.#starts.get(inference.metadata.uid) ?? new Map<string, StartTimes>();
    const now = new Map<string, StartTimes>();
    let latest: StartTimes | undefined;
    for (const pod of living) {
      const times = observeStart(before.get(pod.metadata.uid), pod, this.#world.clock.now());
      if (times === undefined) continue;
      now.set(pod.metadata.uid, times);
      if ((times.readyMs ?? -Infinity) > (latest?.readyMs ?? -Infinity)) latest = times;
    }
    this.#starts.set(inference.metadata.uid, now);
    return latest === undefined ? undefined : coldStartOf(latest);
  }

  #deploymentOf({ metadata: { namespace, name, uid } }: Inference): Deployment | undefined {
    const deployment = this.#informers.for(deployments).lister.get({ namespace, name });
    return deployment?.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true ? deployment : undefined;
  }

  /** Newest first, without those that end. */
  #podsOf({ metadata: { namespace = '', name } }: Inference): readonly Pod[] {
    return this.#informers
      .for(pods)
      .lister.list(namespace)
      .filter(({ metadata }) => metadata.labels?.[inferenceLabel] === name && metadata.deletionTimestamp === undefined)
      .toSorted((a, b) => Number(b.metadata.resourceVersion) - Number(a.metadata.resourceVersion));
  }
}
