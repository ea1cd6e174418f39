import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { tellStory } from '../../test/real-cluster/controller-story.ts';
import { nodes } from '../api/resources.ts';
import type { Resource } from '../api/resource.ts';
import { secondMs } from '../std/clock.ts';
import { sandboxKubelet } from '../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../worlds/sandbox.ts';
import { deploymentController } from './deployment/controller.ts';
import { disruptionController } from './disruption/controller.ts';
import { endpointsController } from './endpoints/controller.ts';
import { endpointSliceController } from './endpointslice/controller.ts';
import { garbageCollector } from './garbage-collector/controller.ts';
import { namespaceController } from './namespace/controller.ts';
import { replicaSetController } from './replicaset/controller.ts';
import { rootCaCertPublisher } from './root-ca-cert-publisher/controller.ts';
import { serviceAccountController } from './serviceaccount/controller.ts';

test('the life of a Deployment, its Service and its budget is told as the real Kubernetes tells it', async () => {
  await using sandbox = await Sandbox.open();
  const { world, informers, server, clock } = sandbox;
  const resources = (): readonly Resource[] => server.registry.resources.all().map(({ resource }) => resource);
  await world.client.create(nodes, { metadata: { name: 'node-1' } });
  await sandbox.start(
    namespaceController(world, informers, { resources }),
    serviceAccountController(world, informers),
    rootCaCertPublisher(world, informers, { rootCertificate: 'PEM' }),
    deploymentController(world, informers),
    replicaSetController(world, informers),
    endpointSliceController(world, informers),
    endpointsController(world, informers),
    disruptionController(world, informers, { resources }),
    garbageCollector(world, informers, { resources }),
    sandboxKubelet(world, informers),
  );
  const lines = await tellStory({
    client: world.client,
    until: async (what, holds) => {
      for (let tries = 0; tries < 600; tries++) {
        await clock.advance(secondMs);
        if (await holds()) return;
      }
      assert.fail(`${what}: it never came`);
    },
  });
  const real = readFileSync(new URL('testdata/story.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  assert.deepEqual(lines.join('\n').trimEnd().split('\n'), real);
});
