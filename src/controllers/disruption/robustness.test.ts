import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPodActive, isPodReady } from '../../api/core/v1/pod-readiness.ts';
import { deployments, podDisruptionBudgets, pods } from '../../api/resources.ts';
import { secondMs } from '../../std/clock.ts';
import { type FaultsOfLife, FragileComponents } from '../../worlds/fragile-components.ts';
import { perturbations, seeds } from '../../worlds/perturbations.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { deploymentController } from '../deployment/controller.ts';
import { replicaSetController } from '../replicaset/controller.ts';
import { disruptionController } from './controller.ts';

const key = { namespace: 'default', name: 'web' };
const labels = { app: 'web' };

/** Somebody tries to evict all the time; the budget's controller is in trouble, the others are not. */
async function evictAtWill(seed: number, faultsOf: FaultsOfLife): Promise<number> {
  await using sandbox = await Sandbox.open({ seed });
  const { world, informers, clock, server } = sandbox;
  const { client } = world;
  const random = world.random.fork('evictor');
  await sandbox.start(
    deploymentController(world, informers),
    replicaSetController(world, informers),
    sandboxKubelet(world, informers),
  );
  const resources = () => server.registry.resources.all().map(({ resource }) => resource);
  new FragileComponents(
    sandbox,
    (own, ownInformers) => [disruptionController(own, ownInformers, { resources })],
    faultsOf,
  );
  await client.create(podDisruptionBudgets, {
    metadata: key,
    spec: { maxUnavailable: 2, selector: { matchLabels: labels } },
  });
  await client.create(deployments, {
    metadata: key,
    spec: {
      replicas: 8,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  });
  await clock.advance(20 * secondMs);
  let least = 8;
  const watched = informers.for(pods);
  watched.onChange(() => {
    const available = watched.lister.list().filter((pod) => isPodActive(pod) && isPodReady(pod)).length;
    least = Math.min(least, available);
  });
  let evicted = 0;
  for (let step = 0; step < 120; step++) {
    const present = watched.lister.list();
    const victim = present[Math.floor(random.next() * present.length)]!;
    await client.post(pods, victim.metadata, 'eviction', { metadata: { name: victim.metadata.name } }).then(
      () => evicted++,
      () => undefined,
    );
    await clock.advance(random.next() * 0.3 * secondMs);
  }
  assert.ok(least >= 6, `${least} were available (seed ${seed})`);
  return evicted;
}

for (const { name, faultsOf } of perturbations)
  test(`under ${name} evictions never go beyond the budget, and go on`, async () => {
    for (const seed of seeds) assert.ok((await evictAtWill(seed, faultsOf(seed))) >= 3, `seed ${seed}`);
  });
