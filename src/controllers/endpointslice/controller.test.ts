import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointSlices, endpoints, nodes, pods, services } from '../../api/resources.ts';
import type { Pod, Service } from '../../api/schema/core-v1.ts';
import type { EndpointSlice } from '../../api/schema/discovery-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';
import { secondMs } from '../../std/clock.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { endpointsController } from '../endpoints/controller.ts';
import { endpointSliceController } from './controller.ts';

async function opened({ node = true } = {}): Promise<Sandbox> {
  const sandbox = await Sandbox.open();
  const { world, informers } = sandbox;
  if (node) await world.client.create(nodes, { metadata: { name: 'node-1' } });
  await sandbox.start(
    endpointSliceController(world, informers),
    endpointsController(world, informers),
    sandboxKubelet(world, informers, { stopMs: 5 * secondMs }),
  );
  return sandbox;
}

const web = (spec: Draft<Service['spec']> = {}): Draft<Service> => ({
  metadata: { namespace: 'default', name: 'web', labels: { team: 'a' } },
  spec: {
    ipFamilies: ['IPv4'],
    selector: { app: 'web' },
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    ...spec,
  },
});
const pod = (name: string, labels: Record<string, string> = { app: 'web' }): Draft<Pod> => ({
  metadata: { namespace: 'default', name, labels },
  spec: { containers: [{ name: 'c', image: 'i' }] },
});
const key = { namespace: 'default', name: 'web' };

const slicesOf = async ({ world }: Sandbox): Promise<readonly EndpointSlice[]> =>
  (await world.client.list(endpointSlices, { namespace: 'default' })).items;
const statesOf = async (sandbox: Sandbox): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await slicesOf(sandbox)).flatMap((slice) =>
      (slice.endpoints ?? []).map(({ targetRef, conditions }) => [
        targetRef?.name,
        (['ready', 'serving', 'terminating'] as const).filter((condition) => conditions[condition]).join(' '),
      ]),
    ),
  );

test('a Service gets a slice with its pods as they become ready, and Endpoints that say the same', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(services, web());
  await sandbox.clock.settle();
  const [empty] = await slicesOf(sandbox);
  assert.deepEqual([empty?.endpoints, empty?.ports], [[], []]);
  for (const name of ['a', 'b']) await client.create(pods, pod(name));
  await client.create(pods, pod('stranger', { app: 'other' }));
  await sandbox.clock.advance(5 * secondMs);
  const [slice, ...more] = await slicesOf(sandbox);
  assert.equal(more.length, 0);
  assert.equal(slice!.metadata.uid, empty!.metadata.uid, 'the empty slice is used');
  assert.equal(slice!.addressType, 'IPv4');
  assert.deepEqual(slice!.ports, [{ name: 'http', protocol: 'TCP', port: 8080 }]);
  assert.deepEqual(slice!.metadata.labels, {
    team: 'a',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    ...((await client.get(services, key)).spec.clusterIP === undefined ? { 'service.kubernetes.io/headless': '' } : {}),
  });
  assert.equal(slice!.metadata.ownerReferences?.[0]?.kind, 'Service');
  assert.deepEqual(await statesOf(sandbox), { a: 'ready serving', b: 'ready serving' });

  const legacy = await client.get(endpoints, key);
  const addresses = legacy.subsets?.flatMap((subset) => subset.addresses ?? []) ?? [];
  assert.deepEqual(addresses.map(({ targetRef, nodeName }) => `${targetRef?.name} on ${nodeName}`).sort(), [
    'a on node-1',
    'b on node-1',
  ]);
  assert.deepEqual(legacy.subsets?.[0]?.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }]);
  assert.equal(legacy.metadata.labels?.['endpoints.kubernetes.io/managed-by'], 'endpoint-controller');

  const revision = sandbox.server.registry.store.revision;
  await sandbox.clock.advance(3000 * secondMs);
  assert.equal(sandbox.server.registry.store.revision, revision, 'at rest nothing is written');
});

test('a terminating pod serves on but is not ready, and leaves when it is gone', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(services, web());
  await client.create(pods, pod('a'));
  await sandbox.clock.advance(3 * secondMs);
  await client.delete(pods, { namespace: 'default', name: 'a' });
  await sandbox.clock.advance(1 * secondMs);
  assert.deepEqual(await statesOf(sandbox), { a: 'serving terminating' });
  assert.equal((await client.get(endpoints, key)).subsets, undefined);
  await sandbox.clock.advance(10 * secondMs);
  assert.deepEqual(await statesOf(sandbox), {});
});

test('pods that gain and lose the labels come and go', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(services, web());
  await client.create(pods, pod('a', { app: 'other' }));
  await sandbox.clock.advance(3 * secondMs);
  assert.deepEqual(await statesOf(sandbox), {});
  const label = async (app: string): Promise<void> => {
    await client.patch(
      pods,
      { namespace: 'default', name: 'a' },
      { type: 'merge', body: { metadata: { labels: { app } } } },
    );
    await sandbox.clock.settle();
  };
  await label('web');
  assert.deepEqual(await statesOf(sandbox), { a: 'ready serving' });
  await label('other');
  assert.deepEqual(await statesOf(sandbox), {});
});

test('a Service without a selector is left alone', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(services, { metadata: key, spec: { ports: [{ port: 80 }] } });
  await client.create(endpoints, {
    metadata: key,
    subsets: [{ addresses: [{ ip: '10.9.9.9' }], ports: [{ port: 80 }] }],
  });
  await sandbox.clock.advance(5 * secondMs);
  assert.deepEqual(await slicesOf(sandbox), []);
  assert.equal((await client.get(endpoints, key)).subsets?.[0]?.addresses?.[0]?.ip, '10.9.9.9');
});

test('Endpoints go with their Service', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(services, web());
  await sandbox.clock.settle();
  await client.delete(services, key);
  await sandbox.clock.settle();
  await assert.rejects(client.get(endpoints, key), { reason: 'NotFound' });
});

test('what somebody changes or deletes is mended', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(services, web());
  await client.create(pods, pod('a'));
  await sandbox.clock.advance(3 * secondMs);
  const [slice] = await slicesOf(sandbox);
  await client.update(endpointSlices, { ...slice!, endpoints: [] });
  await client.delete(endpoints, key);
  await sandbox.clock.settle();
  assert.deepEqual(await statesOf(sandbox), { a: 'ready serving' });
  assert.equal((await client.get(endpoints, key)).subsets?.length, 1);
  await client.delete(endpointSlices, slice!.metadata);
  await sandbox.clock.settle();
  assert.deepEqual(await statesOf(sandbox), { a: 'ready serving' });
});

test('two hundred and fifty pods take three slices', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(services, web());
  for (let i = 0; i < 250; i++) await client.create(pods, pod(`p${i}`));
  await sandbox.clock.advance(5 * secondMs);
  const sizes = (await slicesOf(sandbox)).map((slice) => slice.endpoints.length);
  assert.deepEqual(
    sizes.sort((a, b) => a - b),
    [50, 100, 100],
  );
});

test('a pod whose node is not known yet comes when it is', async () => {
  await using sandbox = await opened({ node: false });
  const { client } = sandbox.world;
  await client.create(services, web());
  await client.create(pods, pod('a'));
  await sandbox.clock.advance(3 * secondMs);
  assert.deepEqual(await statesOf(sandbox), {});
  await client.create(nodes, { metadata: { name: 'node-1' } });
  await sandbox.clock.settle();
  assert.deepEqual(await statesOf(sandbox), { a: 'ready serving' });
});
