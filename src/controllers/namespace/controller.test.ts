import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, namespaces, pods, secrets } from '../../api/resources.ts';
import { secondMs } from '../../std/clock.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { namespaceController } from './controller.ts';

async function opened(): Promise<Sandbox> {
  const sandbox = await Sandbox.open();
  const { world, informers, server } = sandbox;
  const resources = () => server.registry.resources.all().map(({ resource }) => resource);
  await sandbox.start(
    namespaceController(world, informers, { resources }),
    sandboxKubelet(world, informers, { stopMs: 20 * secondMs }),
  );
  await world.client.create(namespaces, { metadata: { name: 'team' } });
  return sandbox;
}

const metadata = (name: string) => ({ namespace: 'team', name });

test('a deleted namespace is emptied and goes; others keep what they have', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  for (let i = 0; i < 3; i++) await client.create(configMaps, { metadata: metadata(`map-${i}`) });
  await client.create(secrets, { metadata: metadata('secret') });
  await client.create(configMaps, { metadata: { namespace: 'default', name: 'kept' } });
  await client.delete(namespaces, { name: 'team' });
  await sandbox.clock.settle();
  await assert.rejects(client.get(namespaces, { name: 'team' }), { reason: 'NotFound' });
  assert.deepEqual(
    (await client.list(configMaps)).items.map((map) => map.metadata.name),
    ['kept'],
  );
});

test('what pods use stays until the last of them has ended, and the namespace goes right then', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(pods, { metadata: metadata('pod'), spec: { containers: [{ name: 'c', image: 'i' }] } });
  await client.create(configMaps, { metadata: metadata('map') });
  await sandbox.clock.advance(5 * secondMs);
  await client.delete(namespaces, { name: 'team' });
  await sandbox.clock.advance(10 * secondMs);
  await client.get(configMaps, metadata('map'));
  const { status } = await client.get(namespaces, { name: 'team' });
  assert.equal(status.phase, 'Terminating');
  const remaining = status.conditions?.find(({ type }) => type === 'NamespaceContentRemaining');
  assert.equal(remaining?.message, 'Some resources are remaining: pods. has 1 resource instances');
  await sandbox.clock.advance(10 * secondMs);
  await assert.rejects(client.get(namespaces, { name: 'team' }), { reason: 'NotFound' });
});

test('an object with a finalizer holds the namespace, and the conditions say which', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(configMaps, { metadata: { ...metadata('held'), finalizers: ['example.com/hold'] } });
  await client.delete(namespaces, { name: 'team' });
  await sandbox.clock.advance(60 * secondMs);
  const { status } = await client.get(namespaces, { name: 'team' });
  const finalizers = status.conditions?.find(({ type }) => type === 'NamespaceFinalizersRemaining');
  assert.equal(
    finalizers?.message,
    'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  );
  await client.patch(configMaps, metadata('held'), { type: 'merge', body: { metadata: { finalizers: null } } });
  await sandbox.clock.advance(10 * secondMs);
  await assert.rejects(client.get(namespaces, { name: 'team' }), { reason: 'NotFound' });
});

test('a finalizer of the namespace’s own stays after its content is gone', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.patch(
    namespaces,
    { name: 'team' },
    { type: 'merge', body: { metadata: { finalizers: ['example.com/hold'] } } },
  );
  await client.create(configMaps, { metadata: metadata('map') });
  await client.delete(namespaces, { name: 'team' });
  await sandbox.clock.settle();
  assert.deepEqual((await client.list(configMaps)).items, []);
  const { spec } = await client.get(namespaces, { name: 'team' });
  assert.deepEqual(spec.finalizers ?? [], []);
});
