import { deploymentController } from '../controllers/deployment/controller.ts';
import { endpointsController } from '../controllers/endpoints/controller.ts';
import { endpointSliceController } from '../controllers/endpointslice/controller.ts';
import { replicaSetController } from '../controllers/replicaset/controller.ts';
import type { Component } from '../machinery/controller.ts';
import type { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';

/** All controllers of a cluster, the same in every world. Start the informers before them. */
export function controlPlane(world: World, informers: Informers): readonly Component[] {
  return [
    deploymentController(world, informers),
    replicaSetController(world, informers),
    endpointSliceController(world, informers),
    endpointsController(world, informers),
  ];
}
