import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, namespaces } from '../../api/resources.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { rootCaCertPublisher } from './controller.ts';

test('every namespace has the certificate authority, whatever people do to it', async () => {
  await using sandbox = await Sandbox.open();
  const { client } = sandbox.world;
  await sandbox.start(rootCaCertPublisher(sandbox.world, sandbox.informers, { rootCertificate: 'PEM' }));
  await client.create(namespaces, { metadata: { name: 'team' } });
  await sandbox.clock.settle();
  const key = { namespace: 'team', name: 'kube-root-ca.crt' };
  const read = async (): Promise<unknown> => (await client.get(configMaps, key)).data;
  assert.deepEqual(await read(), { 'ca.crt': 'PEM' });
  await client.patch(configMaps, key, { type: 'merge', body: { data: { 'ca.crt': 'forged', more: 'x' } } });
  await sandbox.clock.settle();
  assert.deepEqual(await read(), { 'ca.crt': 'PEM' });
  await client.delete(configMaps, key);
  await sandbox.clock.settle();
  assert.deepEqual(await read(), { 'ca.crt': 'PEM' });
  const revision = sandbox.server.registry.store.revision;
  await sandbox.clock.advance(3_000_000);
  assert.equal(sandbox.server.registry.store.revision, revision);
});

test('a new certificate authority replaces the old one at the start', async () => {
  await using sandbox = await Sandbox.open();
  const { client } = sandbox.world;
  const key = { namespace: 'default', name: 'kube-root-ca.crt' };
  await client.create(configMaps, { metadata: key, data: { 'ca.crt': 'old' } });
  await sandbox.start(rootCaCertPublisher(sandbox.world, sandbox.informers, { rootCertificate: 'new' }));
  assert.deepEqual((await client.get(configMaps, key)).data, { 'ca.crt': 'new' });
});
