import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, events, podDisruptionBudgets, pods } from '../../api/resources.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { PodDisruptionBudget } from '../../api/schema/policy-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { minuteMs, secondMs } from '../../std/clock.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { deploymentController } from '../deployment/controller.ts';
import { replicaSetController } from '../replicaset/controller.ts';
import { disruptionController } from './controller.ts';
import { staleDisruptionTargetController } from './stale-disruption-target.ts';

const key = { namespace: 'default', name: 'web' };
const labels = { app: 'web' };

async function opened(spec: Partial<PodDisruptionBudget['spec']>, replicas = 3): Promise<Sandbox> {
  const sandbox = await Sandbox.open();
  const { world, informers, server } = sandbox;
  const resources = () => server.registry.resources.all().map(({ resource }) => resource);
  await sandbox.start(
    deploymentController(world, informers),
    replicaSetController(world, informers),
    disruptionController(world, informers, { resources }),
    staleDisruptionTargetController(world, informers),
    sandboxKubelet(world, informers),
  );
  await world.client.create(podDisruptionBudgets, {
    metadata: key,
    spec: { selector: { matchLabels: labels }, ...spec },
  });
  if (replicas > 0)
    await world.client.create(deployments, {
      metadata: key,
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    });
  await sandbox.clock.advance(10 * secondMs);
  return sandbox;
}

async function countsOf({ world }: Sandbox): Promise<Record<string, number>> {
  const { status } = await world.client.get(podDisruptionBudgets, key);
  const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods } = status;
  return { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods };
}

const evict = ({ world }: Sandbox, pod: Pod): Promise<unknown> =>
  world.client.post(pods, pod.metadata, 'eviction', { metadata: { name: pod.metadata.name } });

test('a budget follows the pods of a Deployment and then rests', async () => {
  await using sandbox = await opened({ maxUnavailable: 1 });
  assert.deepEqual(await countsOf(sandbox), {
    disruptionsAllowed: 1,
    currentHealthy: 3,
    desiredHealthy: 2,
    expectedPods: 3,
  });
  const revision = sandbox.server.registry.store.revision;
  await sandbox.clock.advance(50 * minuteMs);
  assert.equal(sandbox.server.registry.store.revision, revision);
});

test('evictions are allowed one after another, each when the one before was made good', async () => {
  await using sandbox = await opened({ maxUnavailable: 1 });
  const { client } = sandbox.world;
  const [first, second] = (await client.list(pods)).items;
  await evict(sandbox, first!);
  await assert.rejects(evict(sandbox, second!), { reason: 'TooManyRequests' });
  await sandbox.clock.advance(10 * secondMs);
  await evict(sandbox, second!);
  await sandbox.clock.advance(10 * secondMs);
  assert.deepEqual(await countsOf(sandbox), {
    disruptionsAllowed: 1,
    currentHealthy: 3,
    desiredHealthy: 2,
    expectedPods: 3,
  });
  assert.equal((await client.get(podDisruptionBudgets, key)).status.disruptedPods, undefined);
});

test('a new size of the Deployment is counted at once', async () => {
  await using sandbox = await opened({ minAvailable: '50%' }, 4);
  assert.deepEqual(await countsOf(sandbox), {
    disruptionsAllowed: 2,
    currentHealthy: 4,
    desiredHealthy: 2,
    expectedPods: 4,
  });
  await sandbox.world.client.patch(deployments, key, { type: 'merge', body: { spec: { replicas: 9 } } });
  await sandbox.clock.settle();
  assert.deepEqual(await countsOf(sandbox), {
    disruptionsAllowed: 0,
    currentHealthy: 4,
    desiredHealthy: 5,
    expectedPods: 9,
  });
});

test('pods whose controller is not known stop all evictions and the condition says why', async () => {
  await using sandbox = await opened({ maxUnavailable: 1 }, 0);
  const { client } = sandbox.world;
  const ownerReferences = [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'w', controller: true }];
  await client.create(pods, {
    metadata: { namespace: 'default', name: 'p', labels, ownerReferences },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  await sandbox.clock.settle();
  const { status } = await client.get(podDisruptionBudgets, key);
  assert.equal(status.disruptionsAllowed, 0);
  assert.deepEqual(
    status.conditions?.map(({ reason, message }) => [reason, message]),
    [['SyncFailed', 'found no controllers for pod "p"']],
  );
});

test('bare pods are told to be uncountable by share but count for a whole number', async () => {
  await using sandbox = await opened({ minAvailable: '50%' }, 0);
  const { client } = sandbox.world;
  await client.create(pods, {
    metadata: { namespace: 'default', name: 'p', labels },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  await sandbox.clock.advance(5 * secondMs);
  assert.deepEqual(await countsOf(sandbox), {
    disruptionsAllowed: 0,
    currentHealthy: 1,
    desiredHealthy: 0,
    expectedPods: 0,
  });
  const told = (await client.list(events)).items.find(({ reason }) => reason === 'UnmanagedPods');
  assert.match(
    told?.message ?? '',
    /selector: &LabelSelector{MatchLabels:map\[string\]string{app: web,},MatchExpressions:\[\]LabelSelectorRequirement{},}/,
  );
  await client.patch(podDisruptionBudgets, key, { type: 'merge', body: { spec: { minAvailable: 0 } } });
  await sandbox.clock.settle();
  assert.deepEqual(await countsOf(sandbox), {
    disruptionsAllowed: 1,
    currentHealthy: 1,
    desiredHealthy: 0,
    expectedPods: 1,
  });
});

test('an announced disruption that did not come is called off after two minutes', async () => {
  await using sandbox = await opened({ maxUnavailable: 1 });
  const { client } = sandbox.world;
  const [pod] = (await client.list(pods)).items;
  const announced = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'R',
    lastTransitionTime: timestamp(sandbox.clock.now()),
  };
  await client.update(
    pods,
    { ...pod!, status: { ...pod!.status, conditions: [...(pod!.status.conditions ?? []), announced] } },
    { subresource: 'status' },
  );
  const read = async (): Promise<string | undefined> =>
    (await client.get(pods, pod!.metadata)).status.conditions?.find(({ type }) => type === 'DisruptionTarget')?.status;
  await sandbox.clock.advance(119 * secondMs);
  assert.equal(await read(), 'True');
  await sandbox.clock.advance(2 * secondMs);
  assert.equal(await read(), 'False');
});
