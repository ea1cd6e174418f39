import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../api/error.ts';
import { events, pods, replicaSets } from '../../api/resources.ts';
import type { ReplicaSet } from '../../api/schema/apps-v1.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';
import type { Client } from '../../machinery/client.ts';
import { runningPod, sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { replicaSetController } from './controller.ts';

const key = { namespace: 'default', name: 'web' };

function web(replicas: number, spec: Draft<ReplicaSet['spec']> = {}): Draft<ReplicaSet> {
  return {
    metadata: key,
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', tier: 'front' } },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      },
      ...spec,
    },
  };
}

const barePod = (name: string, labels: Record<string, string>): Draft<Pod> => ({
  metadata: { namespace: 'default', name, labels },
  spec: { containers: [{ name: 'c', image: 'i' }] },
});

async function opened({ kubelet = true } = {}): Promise<Sandbox> {
  const sandbox = await Sandbox.open();
  const { world, informers } = sandbox;
  await sandbox.start(replicaSetController(world, informers), ...(kubelet ? [sandboxKubelet(world, informers)] : []));
  return sandbox;
}

const podsOf = async ({ world }: Sandbox): Promise<readonly Pod[]> => (await world.client.list(pods)).items;
const reasonsIn = async ({ world }: Sandbox): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { reason = '', count = 0 } of (await world.client.list(events)).items)
    counts[reason] = (counts[reason] ?? 0) + count;
  return counts;
};

async function setReplicas({ world: { client } }: Sandbox, replicas: number): Promise<void> {
  await client.patch(replicaSets, key, { type: 'merge', body: { spec: { replicas } } });
}

test('a ReplicaSet gets its pods, counts them as they become ready, and then nothing is written any more', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(replicaSets, web(3));
  await sandbox.clock.settle();
  const made = await podsOf(sandbox);
  assert.equal(made.length, 3);
  for (const { metadata } of made) {
    assert.match(metadata.name, /^web-[a-z0-9]{5}$/);
    assert.deepEqual(metadata.labels, { app: 'web', tier: 'front' });
    assert.equal(metadata.ownerReferences?.[0]?.controller, true);
  }
  await sandbox.clock.advance(5000);
  const { status, metadata } = await sandbox.world.client.get(replicaSets, key);
  assert.deepEqual(status, {
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
    observedGeneration: 1,
  });
  assert.deepEqual(await reasonsIn(sandbox), { SuccessfulCreate: 3 });
  await sandbox.clock.advance(3_000_000);
  const { metadata: later } = await sandbox.world.client.get(replicaSets, key);
  assert.equal(later.resourceVersion, metadata.resourceVersion);
});

test('scaling down deletes the surplus and counts what is still terminating', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(replicaSets, web(5));
  await sandbox.clock.advance(5000);
  await setReplicas(sandbox, 2);
  await sandbox.clock.settle();
  const { status } = await sandbox.world.client.get(replicaSets, key);
  assert.deepEqual([status.replicas, status.terminatingReplicas], [2, 3]);
  await sandbox.clock.advance(5000);
  assert.equal((await podsOf(sandbox)).length, 2);
  assert.equal((await sandbox.world.client.get(replicaSets, key)).status.terminatingReplicas, 0);
  assert.deepEqual(await reasonsIn(sandbox), { SuccessfulCreate: 5, SuccessfulDelete: 3 });
});

test('a pod that is deleted or ends is replaced at once', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(replicaSets, web(2));
  await sandbox.clock.advance(5000);
  const [first, second] = await podsOf(sandbox);
  await client.delete(pods, first!.metadata);
  await client.update(pods, { ...second!, status: { ...second!.status, phase: 'Failed' } }, { subresource: 'status' });
  await sandbox.clock.advance(5000);
  const alive = (await podsOf(sandbox)).filter(({ status }) => status.phase === 'Running');
  assert.equal(alive.length, 2);
  assert.ok(!alive.some(({ metadata }) => metadata.uid === first!.metadata.uid));
});

test('an orphan with matching labels is adopted, and one made surplus by it goes', async () => {
  await using sandbox = await opened({ kubelet: false });
  const { client } = sandbox.world;
  await client.create(pods, barePod('orphan', { app: 'web' }));
  await client.create(pods, barePod('stranger', { app: 'other' }));
  await client.create(replicaSets, web(2));
  await sandbox.clock.settle();
  const names = (await podsOf(sandbox)).map(({ metadata }) => metadata.name);
  assert.equal(names.length, 3);
  const { metadata } = await client.get(pods, { namespace: 'default', name: 'orphan' });
  assert.deepEqual(
    metadata.ownerReferences?.map(({ kind, name, controller, blockOwnerDeletion }) => ({
      kind,
      name,
      controller,
      blockOwnerDeletion,
    })),
    [{ kind: 'ReplicaSet', name: 'web', controller: true, blockOwnerDeletion: true }],
  );
  const { status } = await client.get(replicaSets, key);
  assert.deepEqual([status.replicas, status.fullyLabeledReplicas], [2, 1], 'the orphan lacks a label of the template');
});

test('a pod whose labels no longer match is released and replaced', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(replicaSets, web(1));
  await sandbox.clock.advance(5000);
  const [pod] = await podsOf(sandbox);
  await client.patch(pods, pod!.metadata, { type: 'merge', body: { metadata: { labels: { app: 'debug' } } } });
  await sandbox.clock.advance(5000);
  assert.equal((await client.get(pods, pod!.metadata)).metadata.ownerReferences, undefined);
  const owned = (await podsOf(sandbox)).filter(({ metadata }) => metadata.ownerReferences !== undefined);
  assert.equal(owned.length, 1);
});

test('with minReadySeconds a pod is available only after it stayed ready, without any event to say so', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(replicaSets, web(1, { minReadySeconds: 30 }));
  await sandbox.clock.advance(10_000);
  const before = (await client.get(replicaSets, key)).status;
  assert.deepEqual([before.readyReplicas, before.availableReplicas ?? 0], [1, 0]);
  await sandbox.clock.advance(21_000);
  assert.equal((await client.get(replicaSets, key)).status.availableReplicas, 1);
});

test('when pods are refused the condition says so, few are tried, and it goes away with the trouble', async () => {
  const sandbox = await Sandbox.open();
  let refused = 0;
  let isRefusing = true;
  const client: Client = {
    ...sandbox.world.client,
    async create(resource, object, options) {
      if (resource.resource === 'pods' && isRefusing) {
        refused++;
        throw new ApiError('Forbidden', 'pods "web-" is forbidden: exceeded quota');
      }
      return sandbox.world.client.create(resource, object, options);
    },
  };
  await sandbox.start(replicaSetController({ ...sandbox.world, client }, sandbox.informers));
  await client.create(replicaSets, web(50));
  await sandbox.clock.settle();
  // One try a pass: the first, and the one that the written condition led to.
  assert.equal(refused, 2);
  const [condition] = (await client.get(replicaSets, key)).status.conditions ?? [];
  assert.deepEqual(
    { ...condition, lastTransitionTime: '' },
    {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'pods "web-" is forbidden: exceeded quota',
      lastTransitionTime: '',
    },
  );
  isRefusing = false;
  await sandbox.clock.advance(10_000);
  assert.equal((await podsOf(sandbox)).length, 50);
  assert.equal((await client.get(replicaSets, key)).status.conditions, undefined);
  const { FailedCreate } = await reasonsIn(sandbox);
  assert.ok((FailedCreate ?? 0) >= 1);
  await sandbox[Symbol.asyncDispose]();
});

test('a ReplicaSet that is being deleted neither makes nor deletes pods', async () => {
  await using sandbox = await opened({ kubelet: false });
  const { client } = sandbox.world;
  const draft = web(2);
  await client.create(replicaSets, { ...draft, metadata: { ...key, finalizers: ['example.com/hold'] } });
  await sandbox.clock.settle();
  await client.delete(replicaSets, key);
  await client.delete(pods, (await podsOf(sandbox))[0]!.metadata, { gracePeriodSeconds: 0 });
  await sandbox.clock.advance(5000);
  assert.equal((await podsOf(sandbox)).length, 1);
  assert.equal((await client.get(replicaSets, key)).status.replicas, 1);
});

test('pods beyond five hundred come in the next pass', async () => {
  await using sandbox = await opened({ kubelet: false });
  await sandbox.world.client.create(replicaSets, web(600));
  await sandbox.clock.settle();
  assert.equal((await podsOf(sandbox)).length, 600);
});

test('of ready and unready pods the unready go first', async () => {
  await using sandbox = await opened({ kubelet: false });
  const { client } = sandbox.world;
  await client.create(replicaSets, web(4));
  await sandbox.clock.settle();
  const made = await podsOf(sandbox);
  for (const [index, pod] of made.entries()) {
    await client.post(pods, pod.metadata, 'binding', { target: { kind: 'Node', name: 'n' } });
    const bound = await client.get(pods, pod.metadata);
    await client.update(pods, runningPod(bound, { nowMs: sandbox.clock.now(), ready: index % 2 === 0 }), {
      subresource: 'status',
    });
  }
  await setReplicas(sandbox, 2);
  await sandbox.clock.settle();
  const kept = (await podsOf(sandbox)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  assert.deepEqual(
    kept.map(({ metadata }) => metadata.uid).sort(),
    [made[0]!.metadata.uid, made[2]!.metadata.uid].sort(),
  );
});
