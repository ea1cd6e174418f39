import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodes, pods } from '../../api/resources.ts';
import { secondMs } from '../../std/clock.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { podGarbageCollector } from './controller.ts';

const metadata = (name: string) => ({ namespace: 'default', name });
const spec = { containers: [{ name: 'c', image: 'i' }] };

async function opened({ threshold = 12_500 } = {}): Promise<Sandbox> {
  const sandbox = await Sandbox.open();
  const { world, informers } = sandbox;
  await world.client.create(nodes, { metadata: { name: 'node-1' } });
  await sandbox.start(
    podGarbageCollector(world, informers, { terminatedPodThreshold: threshold }),
    sandboxKubelet(world, informers, { stopMs: 10_000 * secondMs }),
  );
  return sandbox;
}
const namesOf = async ({ world }: Sandbox): Promise<readonly string[]> =>
  (await world.client.list(pods)).items.map((pod) => pod.metadata.name).sort();

test('pods of a node that is gone fail and go after forty seconds, not before', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(pods, { metadata: { ...metadata('p'), finalizers: ['example.com/look'] }, spec });
  await sandbox.clock.advance(5 * secondMs);
  await client.delete(nodes, { name: 'node-1' });
  await sandbox.clock.advance(39 * secondMs);
  assert.equal((await client.get(pods, metadata('p'))).status.phase, 'Running');
  await sandbox.clock.advance(2 * secondMs);
  const { status, metadata: after } = await client.get(pods, metadata('p'));
  assert.equal(status.phase, 'Failed');
  assert.notEqual(after.deletionTimestamp, undefined);
  const condition = status.conditions?.find(({ type }) => type === 'DisruptionTarget');
  assert.deepEqual([condition?.reason, condition?.message], ['DeletionByPodGC', 'PodGC: node no longer exists']);
});

test('a node that comes back in time keeps its pods', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(pods, { metadata: metadata('p'), spec });
  await sandbox.clock.advance(5 * secondMs);
  await client.delete(nodes, { name: 'node-1' });
  await sandbox.clock.advance(30 * secondMs);
  await client.create(nodes, { metadata: { name: 'node-1' } });
  await sandbox.clock.advance(600 * secondMs);
  assert.deepEqual(await namesOf(sandbox), ['p']);
});

test('a deleted pod of a dead node goes when the node is marked out of service', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(pods, { metadata: metadata('p'), spec });
  await sandbox.clock.advance(5 * secondMs);
  await client.delete(pods, metadata('p'));
  await sandbox.clock.advance(600 * secondMs);
  assert.deepEqual(await namesOf(sandbox), ['p']);
  const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
  await client.patch(nodes, { name: 'node-1' }, { type: 'merge', body: { spec: { taints } } });
  await sandbox.clock.settle();
  assert.deepEqual(await namesOf(sandbox), []);
});

test('ended pods beyond the threshold are removed, the oldest first', async () => {
  await using sandbox = await opened({ threshold: 2 });
  const { client } = sandbox.world;
  for (const name of ['a', 'b', 'c', 'd']) {
    await client.create(pods, { metadata: metadata(name), spec });
    await sandbox.clock.advance(2 * secondMs);
    const pod = await client.get(pods, metadata(name));
    if (name !== 'd')
      await client.update(pods, { ...pod, status: { ...pod.status, phase: 'Succeeded' } }, { subresource: 'status' });
  }
  await sandbox.clock.advance(21 * secondMs);
  assert.deepEqual(await namesOf(sandbox), ['b', 'c', 'd']);
});
