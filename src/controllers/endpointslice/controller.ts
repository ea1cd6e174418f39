import { isConflict, isNamespaceTerminating, isNotFound } from '../../api/error.ts';
import { selectorOfLabels } from '../../api/label-selector.ts';
import { endpointSlices, nodes, pods, services } from '../../api/resources.ts';
import type { Node, Pod, Service } from '../../api/schema/core-v1.ts';
import type { EndpointSlice } from '../../api/schema/discovery-v1.ts';
import { ControllerRunner, changesOf, requestsFrom } from '../../machinery/controller-runner.ts';
import {
  type Component,
  type Reconciler,
  type Request,
  type Result,
  done,
  onceSettled,
} from '../../machinery/controller.ts';
import { EventRecorder } from '../../machinery/event-recorder.ts';
import { nodeName } from '../../machinery/indexes.ts';
import type { Change, Informer } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import { OwnWrites } from '../../machinery/own-writes.ts';
import type { World } from '../../machinery/world.ts';
import { type Plan, decide, managedBy, managedByLabel, serviceNameLabel } from './decide.ts';
import { failedToUpdateEndpointSlices } from './reasons.ts';
import { servicesOf } from './services-of-pod.ts';

export function endpointSliceController(world: World, informers: Informers): Component {
  return new ControllerRunner(world, {
    name: 'endpointslice-controller',
    reconciler: new EndpointSliceReconciler(world, informers),
    sources: [
      changesOf(informers.for(services)),
      requestsFrom(informers.for(pods), (change) => servicesOf(change, informers.for(services).lister)),
      requestsFrom(informers.for(endpointSlices), servicesOfSlice),
      requestsFrom(informers.for(nodes), (change) => servicesOnNewNode(change, informers)),
    ],
    // kube-controller-manager's --concurrent-service-endpoint-syncs
    workers: 5,
  });
}

function* servicesOfSlice({ old, current }: Change<EndpointSlice>): Iterable<Request> {
  for (const slice of [old, current]) {
    const { namespace = '', labels = {} } = slice?.metadata ?? {};
    const name = labels[serviceNameLabel];
    if (name !== undefined && labels[managedByLabel] === managedBy) yield { namespace, name };
  }
}

/** Endpoints are left out while their node is unknown. */
function* servicesOnNewNode({ old, current }: Change<Node>, informers: Informers): Iterable<Request> {
  if (old !== undefined || current === undefined) return;
  for (const pod of informers.for(pods).lister.by(nodeName, current.metadata.name))
    yield* servicesOf({ old: undefined, current: pod }, informers.for(services).lister);
}

class EndpointSliceReconciler implements Reconciler {
  readonly #world: World;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #recorder: EventRecorder;
  readonly #ownWrites = new OwnWrites();

  constructor(world: World, informers: Informers) {
    this.#world = world;
    this.#services = informers.for(services);
    this.#pods = informers.for(pods);
    this.#nodes = informers.for(nodes);
    this.#slices = informers.for(endpointSlices);
    this.#recorder = new EventRecorder(world, 'endpoint-slice-controller');
  }

  async reconcile(request: Request): Promise<Result> {
    const behind = this.#ownWrites.behind(request);
    if (behind !== undefined) return onceSettled(behind);
    const service = this.#services.lister.get(request);
    if (service === undefined || service.spec.type === 'ExternalName' || service.spec.selector === undefined)
      return done;
    const { namespace } = request;
    const own = { [serviceNameLabel]: request.name, [managedByLabel]: managedBy };
    const plan = decide({
      service,
      pods: this.#pods.lister.matching(namespace, selectorOfLabels(service.spec.selector)),
      nodeOf: (name) => this.#nodes.lister.get({ name }),
      slices: this.#slices.lister
        .matching(namespace, selectorOfLabels(own))
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    });
    try {
      await this.#carryOut(request, service, plan);
    } catch (error) {
      if (isNamespaceTerminating(error)) return done;
      // A newer version of a slice is on its way to the informer.
      if (!isConflict(error)) this.#tellFailure(service, (error as Error).message);
      throw error;
    }
    return done;
  }

  async #carryOut(request: Request, service: Service, plan: Plan): Promise<void> {
    const { client } = this.#world;
    const wrote = (slice: EndpointSlice): void => this.#ownWrites.wrote(request, this.#slices, slice);
    // The garbage collector takes away what a Service leaves behind; nothing may be added to it.
    if (service.metadata.deletionTimestamp === undefined)
      for (const draft of plan.create) wrote(await client.create(endpointSlices, draft));
    for (const slice of plan.update) wrote(await client.update(endpointSlices, slice));
    for (const slice of plan.delete) {
      const { uid } = slice.metadata;
      const answer = await client.delete(endpointSlices, slice.metadata, { preconditions: { uid } }).catch((error) => {
        if (!isNotFound(error)) throw error;
        return undefined;
      });
      this.#ownWrites.deleted(request, this.#slices, slice, answer);
    }
  }

  #tellFailure(service: Service, why: string): void {
    const { namespace, name } = service.metadata;
    const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${why}`;
    this.#recorder.event(services, service, 'Warning', failedToUpdateEndpointSlices, message);
  }
}
