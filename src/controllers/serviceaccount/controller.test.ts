import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namespaces, serviceAccounts } from '../../api/resources.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { serviceAccountController } from './controller.ts';

test('every active namespace has a default ServiceAccount, again when it was deleted', async () => {
  await using sandbox = await Sandbox.open();
  const { client } = sandbox.world;
  await sandbox.start(serviceAccountController(sandbox.world, sandbox.informers));
  await client.create(namespaces, { metadata: { name: 'team' } });
  await sandbox.clock.settle();
  const key = { namespace: 'team', name: 'default' };
  const first = await client.get(serviceAccounts, key);
  const all = (await client.list(serviceAccounts)).items.length;
  assert.equal(all, (await client.list(namespaces)).items.length);
  await client.delete(serviceAccounts, key);
  await sandbox.clock.settle();
  assert.notEqual((await client.get(serviceAccounts, key)).metadata.uid, first.metadata.uid);
});

test('a namespace that ends gets none', async () => {
  await using sandbox = await Sandbox.open();
  const { client } = sandbox.world;
  await sandbox.start(serviceAccountController(sandbox.world, sandbox.informers));
  await client.create(namespaces, { metadata: { name: 'team' } });
  await sandbox.clock.settle();
  await client.delete(namespaces, { name: 'team' });
  await client.delete(serviceAccounts, { namespace: 'team', name: 'default' });
  await sandbox.clock.advance(10_000);
  assert.deepEqual((await client.list(serviceAccounts, { namespace: 'team' })).items, []);
});
