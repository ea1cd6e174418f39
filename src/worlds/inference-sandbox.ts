import { customResourceDefinitions } from '../api/resources.ts';
import { inferenceCustomResourceDefinition } from '../api/slipway/v1alpha1/inference-crd.ts';
import { deploymentController } from '../controllers/deployment/controller.ts';
import { garbageCollector } from '../controllers/garbage-collector/controller.ts';
import { replicaSetController } from '../controllers/replicaset/controller.ts';
import type { Component } from '../machinery/controller.ts';
import { secondMs } from '../std/clock.ts';
import { sandboxKubelet, type SandboxKubeletOptions } from './sandbox-kubelet.ts';
import { Sandbox, type SandboxOptions } from './sandbox.ts';

/**
 * A sandbox in which Inferences can be made and their pods come up after two seconds: everything but the operator,
 * which the caller brings.
 */
export async function inferenceSandbox(
  operator: (sandbox: Sandbox) => readonly Component[],
  options: SandboxOptions & SandboxKubeletOptions = {},
): Promise<Sandbox> {
  const sandbox = await Sandbox.open(options);
  const { world, informers, server } = sandbox;
  await world.client.create(customResourceDefinitions, inferenceCustomResourceDefinition);
  await sandbox.clock.settle();
  const resources = () => server.registry.resources.all().map(({ resource }) => resource);
  await sandbox.start(
    deploymentController(world, informers),
    replicaSetController(world, informers),
    garbageCollector(world, informers, { resources }),
    sandboxKubelet(world, informers, { startMs: 2 * secondMs, ...options }),
    ...operator(sandbox),
  );
  return sandbox;
}
