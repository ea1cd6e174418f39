import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, namespaces, pods, secrets } from '../../api/resources.ts';
import { secondMs } from '../../std/clock.ts';
import { type FaultsOfLife, FragileComponents } from '../../worlds/fragile-components.ts';
import { perturbations, seeds } from '../../worlds/perturbations.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { rootCaCertPublisher } from '../root-ca-cert-publisher/controller.ts';
import { serviceAccountController } from '../serviceaccount/controller.ts';
import { namespaceController } from './controller.ts';

async function end(seed: number, faultsOf: FaultsOfLife): Promise<void> {
  await using sandbox = await Sandbox.open({ seed });
  const { world, informers, clock, server } = sandbox;
  const { client } = world;
  await sandbox.start(sandboxKubelet(world, informers, { stopMs: 5 * secondMs }));
  const resources = () => server.registry.resources.all().map(({ resource }) => resource);
  new FragileComponents(
    sandbox,
    (own, ownInformers) => [
      namespaceController(own, ownInformers, { resources }),
      serviceAccountController(own, ownInformers),
      rootCaCertPublisher(own, ownInformers, { rootCertificate: 'PEM' }),
    ],
    faultsOf,
  );
  for (const name of ['going', 'staying']) {
    await client.create(namespaces, { metadata: { name } });
    for (let i = 0; i < 4; i++) {
      await client.create(configMaps, { metadata: { namespace: name, name: `map-${i}` } });
      await client.create(secrets, { metadata: { namespace: name, name: `secret-${i}` } });
    }
    await client.create(pods, {
      metadata: { namespace: name, name: 'pod' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
  }
  await clock.advance(10 * secondMs);
  await client.delete(namespaces, { name: 'going' });
  const known = informers.for(namespaces);
  const isGone = (): boolean => known.lister.get({ name: 'going' }) === undefined;
  await sandbox.informers.start();
  assert.ok(await clock.runUntilTrue(isGone, 1800 * secondMs), `it never ends (seed ${seed})`);
  for (const resource of resources().filter(({ namespaced }) => namespaced)) {
    const { items } = await client.list(resource, { namespace: 'going' });
    assert.deepEqual(
      items.map(({ metadata }) => metadata.name),
      [],
      `${resource.resource} left behind (seed ${seed})`,
    );
  }
  await clock.advance(60 * secondMs);
  const left = await client.list(configMaps, { namespace: 'staying' });
  assert.equal(left.items.length, 5, `the other namespace’s and its certificate (seed ${seed})`);
  assert.equal((await client.list(pods, { namespace: 'staying' })).items.length, 1);
}

for (const { name, faultsOf } of perturbations)
  test(`under ${name} a namespace ends with all that is in it, and no other`, async () => {
    for (const seed of seeds) await end(seed, faultsOf(seed));
  });
