import { isConflict, isNamespaceTerminating, isNotFound } from '../../api/error.ts';
import { selectorOfLabels } from '../../api/label-selector.ts';
import { endpoints, pods, services } from '../../api/resources.ts';
import type { Endpoints, Pod, Service } from '../../api/schema/core-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';
import { ControllerRunner, changesOf, requestFor, requestsFrom } from '../../machinery/controller-runner.ts';
import {
  type Component,
  type Reconciler,
  type Request,
  type Result,
  done,
  onceSettled,
} from '../../machinery/controller.ts';
import { EventRecorder } from '../../machinery/event-recorder.ts';
import type { Change, Informer } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import { OwnWrites } from '../../machinery/own-writes.ts';
import type { World } from '../../machinery/world.ts';
import { isEqual } from '../../std/is-equal.ts';
import { servicesOf } from '../endpointslice/services-of-pod.ts';
import { desiredEndpoints, managedBy, managedByLabel } from './decide.ts';
import { failedToCreateEndpoint, failedToUpdateEndpoint } from './reasons.ts';

export function endpointsController(world: World, informers: Informers): Component {
  return new ControllerRunner(world, {
    name: 'endpoints-controller',
    reconciler: new EndpointsReconciler(world, informers),
    sources: [
      changesOf(informers.for(services)),
      requestsFrom(informers.for(pods), (change) => servicesOf(change, informers.for(services).lister)),
      requestsFrom(informers.for(endpoints), ownEndpoints),
    ],
    // kube-controller-manager's --concurrent-endpoint-syncs
    workers: 5,
  });
}

/** Those that somebody else wrote are not ours to mend, nor to delete when they have no Service. */
function* ownEndpoints({ old, current }: Change<Endpoints>): Iterable<Request> {
  const object = (current ?? old)!;
  const labels = [old, current].map((one) => one?.metadata.labels?.[managedByLabel]);
  if (labels.includes(managedBy)) yield requestFor(object);
}

class EndpointsReconciler implements Reconciler {
  readonly #world: World;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #endpoints: Informer<Endpoints>;
  readonly #recorder: EventRecorder;
  readonly #ownWrites = new OwnWrites();

  constructor(world: World, informers: Informers) {
    this.#world = world;
    this.#services = informers.for(services);
    this.#pods = informers.for(pods);
    this.#endpoints = informers.for(endpoints);
    this.#recorder = new EventRecorder(world, 'endpoint-controller');
  }

  async reconcile(request: Request): Promise<Result> {
    const behind = this.#ownWrites.behind(request);
    if (behind !== undefined) return onceSettled(behind);
    const service = this.#services.lister.get(request);
    const current = this.#endpoints.lister.get(request);
    if (service === undefined) {
      if (current !== undefined) await this.#delete(request, current);
      return done;
    }
    if (service.spec.type === 'ExternalName' || service.spec.selector === undefined) return done;
    const selected = this.#pods.lister.matching(request.namespace, selectorOfLabels(service.spec.selector));
    const desired = desiredEndpoints(service, selected, current);
    if (current === undefined || !isEqual(current, desired)) await this.#write(request, service, { current, desired });
    return done;
  }

  async #write(
    request: Request,
    service: Service,
    { current, desired }: { readonly current: Endpoints | undefined; readonly desired: Draft<Endpoints> },
  ): Promise<void> {
    const { client } = this.#world;
    try {
      const written =
        current === undefined
          ? await client.create(endpoints, desired)
          : await client.update(endpoints, desired as Endpoints);
      this.#ownWrites.wrote(request, this.#endpoints, written);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!isConflict(error)) this.#tellFailure(service, current === undefined, (error as Error).message);
      throw error;
    }
  }

  async #delete(request: Request, current: Endpoints): Promise<void> {
    const { uid } = current.metadata;
    try {
      const answer = await this.#world.client.delete(endpoints, request, { preconditions: { uid } });
      this.#ownWrites.deleted(request, this.#endpoints, current, answer);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #tellFailure(service: Service, isNew: boolean, why: string): void {
    const { namespace, name } = service.metadata;
    const [reason, message] = isNew
      ? [failedToCreateEndpoint, `Failed to create endpoint for service ${namespace}/${name}: ${why}`]
      : [failedToUpdateEndpoint, `Failed to update endpoint ${namespace}/${name}: ${why}`];
    this.#recorder.event(services, service, 'Warning', reason, message);
  }
}
