import type { Resource } from '../api/resource.ts';
import { horizontalAutoscaler } from '../autoscaling/horizontal/controller.ts';
import type { MetricsSource } from '../autoscaling/metrics/metrics-source.ts';
import { deploymentController } from '../controllers/deployment/controller.ts';
import { disruptionController } from '../controllers/disruption/controller.ts';
import { staleDisruptionTargetController } from '../controllers/disruption/stale-disruption-target.ts';
import { endpointsController } from '../controllers/endpoints/controller.ts';
import { endpointSliceController } from '../controllers/endpointslice/controller.ts';
import { garbageCollector } from '../controllers/garbage-collector/controller.ts';
import { namespaceController } from '../controllers/namespace/controller.ts';
import { nodeLifecycleController } from '../controllers/node-lifecycle/controller.ts';
import { podGarbageCollector } from '../controllers/pod-gc/controller.ts';
import { replicaSetController } from '../controllers/replicaset/controller.ts';
import { rootCaCertPublisher } from '../controllers/root-ca-cert-publisher/controller.ts';
import { serviceAccountController } from '../controllers/serviceaccount/controller.ts';
import { taintEvictionController } from '../controllers/taint-eviction/controller.ts';
import { type InferenceOptions, inferenceController } from '../inference/controller.ts';
import type { Component } from '../machinery/controller.ts';
import type { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';
import { Scheduler } from '../scheduler/scheduler.ts';

export interface ControlPlaneOptions extends InferenceOptions {
  /** The certificate authority of the API server, PEM. */
  readonly rootCertificate: string;
  /** Every resource that is served now and can be listed, watched and deleted, custom ones included. */
  readonly resources: () => readonly Resource[];
  /** Where the autoscaler reads. */
  readonly metrics: MetricsSource;
}

/**
 * All controllers of a cluster, the same in every world. They wait for the informers' first lists, so start those too;
 * stop the informers last. Inferences must be served.
 */
export function controlPlane(world: World, informers: Informers, options: ControlPlaneOptions): readonly Component[] {
  return [
    namespaceController(world, informers, options),
    serviceAccountController(world, informers),
    rootCaCertPublisher(world, informers, options),
    inferenceController(world, informers, options),
    deploymentController(world, informers),
    replicaSetController(world, informers),
    new Scheduler(world, informers),
    horizontalAutoscaler(world, informers, options),
    endpointSliceController(world, informers),
    endpointsController(world, informers),
    disruptionController(world, informers, options),
    staleDisruptionTargetController(world, informers),
    nodeLifecycleController(world, informers),
    taintEvictionController(world, informers),
    podGarbageCollector(world, informers),
    garbageCollector(world, informers, options),
  ];
}
