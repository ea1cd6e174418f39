import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events, nodes, pods } from '../../api/resources.ts';
import type { Toleration } from '../../api/schema/core-v1.ts';
import { secondMs } from '../../std/clock.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { taintEvictionController } from './controller.ts';

async function opened(tolerations: readonly Toleration[]): Promise<Sandbox> {
  const sandbox = await Sandbox.open();
  const { world, informers } = sandbox;
  await world.client.create(nodes, { metadata: { name: 'node-1' } });
  await sandbox.start(taintEvictionController(world, informers), sandboxKubelet(world, informers));
  await world.client.create(pods, {
    metadata: { namespace: 'default', name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i' }], tolerations },
  });
  await sandbox.clock.advance(5 * secondMs);
  return sandbox;
}

const taint = async ({ world, clock }: Sandbox, ...keys: readonly string[]): Promise<void> => {
  const taints = keys.map((key) => ({ key, effect: 'NoExecute' }));
  await world.client.patch(
    nodes,
    { name: 'node-1' },
    { type: 'merge', body: { spec: { taints: keys.length === 0 ? null : taints } } },
  );
  await clock.settle();
};
const isThere = async ({ world }: Sandbox): Promise<boolean> =>
  (await world.client.list(pods)).items.some(({ metadata }) => metadata.deletionTimestamp === undefined);
const told = async ({ world }: Sandbox): Promise<readonly (string | undefined)[]> =>
  (await world.client.list(events)).items
    .filter(({ reason }) => reason === 'TaintManagerEviction')
    .map(({ message }) => message);

const tolerating = (tolerationSeconds: number, key = 'lost'): Toleration => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds,
});

test('a pod that does not tolerate a taint is deleted at once and says why', async () => {
  await using sandbox = await opened([]);
  await taint(sandbox, 'lost');
  assert.equal(await isThere(sandbox), false);
  const [pod] = (await sandbox.world.client.list(pods)).items;
  const condition = pod?.status.conditions?.find(({ type }) => type === 'DisruptionTarget');
  assert.deepEqual(
    [condition?.status, condition?.reason, condition?.message],
    ['True', 'DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint'],
  );
  assert.deepEqual(await told(sandbox), ['Marking for deletion Pod default/p']);
});

test('a pod that tolerates it for a while goes when that is over', async () => {
  await using sandbox = await opened([tolerating(300)]);
  await taint(sandbox, 'lost');
  await sandbox.clock.advance(299 * secondMs);
  assert.equal(await isThere(sandbox), true);
  await sandbox.clock.advance(2 * secondMs);
  assert.equal(await isThere(sandbox), false);
});

test('taking the taint off in time cancels the eviction, and the next taint starts anew', async () => {
  await using sandbox = await opened([tolerating(300)]);
  await taint(sandbox, 'lost');
  await sandbox.clock.advance(200 * secondMs);
  await taint(sandbox);
  await sandbox.clock.advance(200 * secondMs);
  assert.equal(await isThere(sandbox), true);
  assert.deepEqual(await told(sandbox), ['Cancelling deletion of Pod default/p']);
  await taint(sandbox, 'lost');
  await sandbox.clock.advance(299 * secondMs);
  assert.equal(await isThere(sandbox), true);
  await sandbox.clock.advance(2 * secondMs);
  assert.equal(await isThere(sandbox), false);
});

test('a second taint that is not tolerated ends the wait', async () => {
  await using sandbox = await opened([tolerating(300)]);
  await taint(sandbox, 'lost');
  await sandbox.clock.advance(10 * secondMs);
  await taint(sandbox, 'lost', 'worse');
  assert.equal(await isThere(sandbox), false);
});

test('a pod that tolerates everything forever stays', async () => {
  await using sandbox = await opened([{ operator: 'Exists' }]);
  await taint(sandbox, 'lost');
  await sandbox.clock.advance(3000 * secondMs);
  assert.equal(await isThere(sandbox), true);
});

test('a pod that arrives on a tainted node is judged, too', async () => {
  await using sandbox = await opened([{ operator: 'Exists' }]);
  await taint(sandbox, 'lost');
  await sandbox.world.client.create(pods, {
    metadata: { namespace: 'default', name: 'late' },
    spec: { containers: [{ name: 'c', image: 'i' }], tolerations: [tolerating(30)] },
  });
  await sandbox.clock.advance(20 * secondMs);
  assert.equal((await sandbox.world.client.list(pods)).items.length, 2);
  await sandbox.clock.advance(20 * secondMs);
  assert.deepEqual(
    (await sandbox.world.client.list(pods)).items.map(({ metadata }) => metadata.name),
    ['p'],
  );
});
