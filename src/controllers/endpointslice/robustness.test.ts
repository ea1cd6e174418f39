import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPodReady } from '../../api/core/v1/pod-readiness.ts';
import { endpointSlices, endpoints, nodes, pods, services } from '../../api/resources.ts';
import { secondMs } from '../../std/clock.ts';
import { type FaultsOfLife, FragileComponents } from '../../worlds/fragile-components.ts';
import { perturbations, seeds } from '../../worlds/perturbations.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { endpointsController } from '../endpoints/controller.ts';
import { endpointSliceController } from './controller.ts';

const key = { namespace: 'default', name: 'web' };

async function churn(
  seed: number,
  { faultsOf, slicesMax }: { readonly faultsOf: FaultsOfLife; readonly slicesMax: number },
): Promise<void> {
  const trouble = (what: string): string => `${what} (seed ${seed})`;
  await using sandbox = await Sandbox.open({ seed });
  const { world, informers, clock } = sandbox;
  const { client } = world;
  const random = world.random.fork('churn');
  await client.create(nodes, { metadata: { name: 'node-1' } });
  await sandbox.start(sandboxKubelet(world, informers, { stopMs: 2 * secondMs }));
  const slices = informers.for(endpointSlices);
  let most = 0;
  slices.onChange(() => (most = Math.max(most, slices.lister.list('default').length)));
  new FragileComponents(
    sandbox,
    (own, ownInformers) => [endpointSliceController(own, ownInformers), endpointsController(own, ownInformers)],
    faultsOf,
  );
  await client.create(services, {
    metadata: key,
    spec: { ipFamilies: ['IPv4'], selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  });
  for (let step = 0; step < 25; step++) {
    const present = (await client.list(pods)).items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const victim = present[Math.floor(random.next() * present.length)];
    const draw = random.next();
    if (victim === undefined || draw < 0.5)
      await client.create(pods, {
        metadata: { namespace: 'default', generateName: 'p-', labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      });
    else if (draw < 0.75) await client.delete(pods, victim.metadata);
    else {
      const app = victim.metadata.labels?.['app'] === 'web' ? 'other' : 'web';
      await client.patch(pods, victim.metadata, { type: 'merge', body: { metadata: { labels: { app } } } });
    }
    await clock.advance(random.next() * 2 * secondMs);
  }
  await clock.advance(60 * secondMs);
  const expected = (await client.list(pods)).items
    .filter((pod) => pod.metadata.labels?.['app'] === 'web' && isPodReady(pod))
    .map(({ metadata }) => metadata.name)
    .sort();
  const found = (await client.list(endpointSlices, { namespace: 'default' })).items.flatMap((slice) =>
    (slice.endpoints ?? []).map(({ targetRef }) => targetRef?.name ?? ''),
  );
  assert.deepEqual(found.sort(), expected, trouble('endpoints'));
  const legacy = (await client.get(endpoints, key)).subsets?.flatMap(({ addresses = [] }) => addresses) ?? [];
  assert.deepEqual(legacy.map(({ targetRef }) => targetRef?.name ?? '').sort(), expected, trouble('legacy endpoints'));
  assert.ok(most <= slicesMax, trouble(`${most} slices at once`));
  const revision = sandbox.server.registry.store.revision;
  await clock.advance(120 * secondMs);
  assert.equal(sandbox.server.registry.store.revision, revision, trouble('it never rests'));
}

for (const { name, faultsOf, isAmbiguous } of perturbations)
  test(`under ${name} endpoints end up as the pods are`, async () => {
    // A create that failed although it was done leaves a second slice.
    const slicesMax = isAmbiguous === true ? 3 : 1;
    for (const seed of seeds) await churn(seed, { faultsOf: faultsOf(seed), slicesMax });
  });
