import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCondition } from '../../api/conditions.ts';
import { deployments, events, pods, replicaSets } from '../../api/resources.ts';
import type { Deployment, ReplicaSet } from '../../api/schema/apps-v1.ts';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { Draft } from '../../api/schema/draft.ts';
import { secondMs } from '../../std/clock.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { replicaSetController } from '../replicaset/controller.ts';
import { deploymentController } from './controller.ts';

const key = { namespace: 'default', name: 'web' };

function web(image: string, spec: Draft<Deployment['spec']> = {}): Draft<Deployment> {
  return {
    metadata: key,
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } },
      ...spec,
    },
  };
}

/** Pods of the image `broken` never become ready. */
async function opened(): Promise<Sandbox> {
  const sandbox = await Sandbox.open();
  const { world, informers } = sandbox;
  const becomesReady = (pod: Pod): boolean => pod.spec.containers[0]?.image !== 'broken';
  await sandbox.start(
    deploymentController(world, informers),
    replicaSetController(world, informers),
    sandboxKubelet(world, informers, { becomesReady }),
  );
  return sandbox;
}

const deploymentOf = ({ world }: Sandbox): Promise<Deployment> => world.client.get(deployments, key);
const setsOf = async ({ world }: Sandbox): Promise<readonly ReplicaSet[]> =>
  (await world.client.list(replicaSets)).items;
const podsOf = async ({ world }: Sandbox): Promise<readonly Pod[]> => (await world.client.list(pods)).items;
const imagesOf = async (sandbox: Sandbox): Promise<readonly string[]> =>
  (await podsOf(sandbox)).map(({ spec }) => spec.containers[0]!.image!).sort();

async function change({ world }: Sandbox, spec: object): Promise<void> {
  await world.client.patch(deployments, key, { type: 'merge', body: { spec } });
}

const setImage = (sandbox: Sandbox, image: string): Promise<void> =>
  change(sandbox, { template: { spec: { containers: [{ name: 'c', image }] } } });

async function progressOf(sandbox: Sandbox): Promise<string | undefined> {
  return findCondition((await deploymentOf(sandbox)).status.conditions, 'Progressing')?.reason;
}

async function told({ world }: Sandbox, name: string): Promise<readonly string[]> {
  const { items } = await world.client.list(events);
  return items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`);
}

test('a Deployment makes its ReplicaSet, reports itself available, and then nothing is written any more', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(deployments, web('a'));
  await sandbox.clock.settle();
  const before = await deploymentOf(sandbox);
  assert.equal(findCondition(before.status.conditions, 'Available')?.reason, 'MinimumReplicasUnavailable');
  assert.equal(findCondition(before.status.conditions, 'Progressing')?.reason, 'ReplicaSetUpdated');
  await sandbox.clock.advance(10 * secondMs);
  const { metadata, status } = await deploymentOf(sandbox);
  const { conditions, ...counts } = status;
  assert.deepEqual(counts, {
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
  });
  const [set] = await setsOf(sandbox);
  const hash = set!.metadata.labels!['pod-template-hash'];
  assert.equal(set!.metadata.name, `web-${hash}`);
  assert.deepEqual(set!.spec.selector.matchLabels, { app: 'web', 'pod-template-hash': hash });
  assert.deepEqual(set!.metadata.annotations, {
    'deployment.kubernetes.io/desired-replicas': '3',
    'deployment.kubernetes.io/max-replicas': '4',
    'deployment.kubernetes.io/revision': '1',
  });
  assert.equal(metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
  assert.deepEqual(conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]).sort(), [
    ['Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
    ['Progressing', 'True', 'NewReplicaSetAvailable', `ReplicaSet "web-${hash}" has successfully progressed.`],
  ]);
  assert.deepEqual(await told(sandbox, 'web'), [`ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 3`]);
  const revision = sandbox.server.registry.store.revision;
  await sandbox.clock.advance(3000 * secondMs);
  assert.equal(sandbox.server.registry.store.revision, revision);
});

test('a new template rolls out within the fenceposts, at every moment, and keeps the old ReplicaSet', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(deployments, web('a', { replicas: 10 }));
  await sandbox.clock.advance(10 * secondMs);
  let [least, most] = [99, 0];
  sandbox.informers.for(pods).onChange(() => {
    const alive = sandbox.informers
      .for(pods)
      .lister.list()
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    most = Math.max(most, alive.length);
    least = Math.min(
      least,
      alive.filter(({ status }) => findCondition(status.conditions, 'Ready')?.status === 'True').length,
    );
  });
  [least, most] = [99, 0];
  await setImage(sandbox, 'b');
  await sandbox.clock.advance(60 * secondMs);
  assert.deepEqual(
    await imagesOf(sandbox),
    Array.from({ length: 10 }, () => 'b'),
  );
  assert.deepEqual({ least, most }, { least: 8, most: 13 });
  const sets = await setsOf(sandbox);
  assert.deepEqual(
    sets.map(({ spec }) => spec.replicas ?? 1).sort((a, b) => a - b),
    [0, 10],
  );
  assert.equal((await deploymentOf(sandbox)).metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
  assert.equal(await progressOf(sandbox), 'NewReplicaSetAvailable');
});

test('going back to an old template takes its ReplicaSet and gives it the next revision', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(deployments, web('a'));
  await sandbox.clock.advance(10 * secondMs);
  await setImage(sandbox, 'b');
  await sandbox.clock.advance(30 * secondMs);
  await setImage(sandbox, 'a');
  await sandbox.clock.advance(30 * secondMs);
  const sets = await setsOf(sandbox);
  const revisions = sets.map(({ metadata: { annotations = {} }, spec }) => ({
    image: spec.template.spec.containers[0]!.image,
    revision: annotations['deployment.kubernetes.io/revision'],
    history: annotations['deployment.kubernetes.io/revision-history'],
  }));
  assert.deepEqual(revisions, [
    { image: 'a', revision: '3', history: '1' },
    { image: 'b', revision: '2', history: undefined },
  ]);
  assert.deepEqual(await imagesOf(sandbox), ['a', 'a', 'a']);
});

test('a rollout that does not come up times out, keeps the old pods, and is overtaken by the next template', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(deployments, web('a', { progressDeadlineSeconds: 60 }));
  await sandbox.clock.advance(10 * secondMs);
  await setImage(sandbox, 'broken');
  await sandbox.clock.advance(50 * secondMs);
  assert.equal(await progressOf(sandbox), 'ReplicaSetUpdated');
  await sandbox.clock.advance(20 * secondMs);
  assert.equal(await progressOf(sandbox), 'ProgressDeadlineExceeded');
  assert.deepEqual(await imagesOf(sandbox), ['a', 'a', 'a', 'broken']);
  const { status } = await deploymentOf(sandbox);
  assert.deepEqual([status.unavailableReplicas, status.availableReplicas], [1, 3]);
  await setImage(sandbox, 'c');
  await sandbox.clock.advance(60 * secondMs);
  assert.deepEqual(await imagesOf(sandbox), ['c', 'c', 'c']);
  assert.equal(await progressOf(sandbox), 'NewReplicaSetAvailable');
});

test('Recreate ends every old pod, terminating ones too, before it makes a new one', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(deployments, web('a', { strategy: { type: 'Recreate' } }));
  await sandbox.clock.advance(10 * secondMs);
  let mixed = 0;
  sandbox.informers.for(pods).onChange(() => {
    const images = sandbox.informers
      .for(pods)
      .lister.list()
      .map(({ spec }) => spec.containers[0]!.image);
    if (new Set(images).size > 1) mixed++;
  });
  await setImage(sandbox, 'b');
  await sandbox.clock.advance(30 * secondMs);
  assert.deepEqual(await imagesOf(sandbox), ['b', 'b', 'b']);
  assert.equal(mixed, 0);
  assert.equal(await progressOf(sandbox), 'NewReplicaSetAvailable');
});

test('a paused Deployment takes a new size but no new template', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(deployments, web('a'));
  await sandbox.clock.advance(10 * secondMs);
  await change(sandbox, { paused: true, replicas: 5 });
  await setImage(sandbox, 'b');
  await sandbox.clock.advance(30 * secondMs);
  assert.deepEqual(await imagesOf(sandbox), ['a', 'a', 'a', 'a', 'a']);
  assert.equal(await progressOf(sandbox), 'DeploymentPaused');
  await change(sandbox, { paused: false });
  await sandbox.clock.advance(60 * secondMs);
  assert.deepEqual(await imagesOf(sandbox), ['b', 'b', 'b', 'b', 'b']);
  assert.equal(await progressOf(sandbox), 'NewReplicaSetAvailable');
});

test('a change of size during a rollout is shared in proportion', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(
    deployments,
    web('a', { replicas: 10, strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }),
  );
  await sandbox.clock.advance(10 * secondMs);
  await setImage(sandbox, 'broken');
  await sandbox.clock.advance(10 * secondMs);
  const sizes = async (): Promise<Record<string, number | undefined>> =>
    Object.fromEntries(
      (await setsOf(sandbox)).map(({ spec }) => [spec.template.spec.containers[0]!.image, spec.replicas]),
    );
  assert.deepEqual(await sizes(), { a: 8, broken: 5 });
  await change(sandbox, { replicas: 30 });
  await sandbox.clock.advance(10 * secondMs);
  assert.deepEqual(await sizes(), { a: 20, broken: 13 });
});

test('scaling to nothing and back keeps the ReplicaSet', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(deployments, web('a'));
  await sandbox.clock.advance(10 * secondMs);
  await change(sandbox, { replicas: 0 });
  await sandbox.clock.advance(10 * secondMs);
  assert.deepEqual(await imagesOf(sandbox), []);
  await change(sandbox, { replicas: 2 });
  await sandbox.clock.advance(10 * secondMs);
  assert.deepEqual(await imagesOf(sandbox), ['a', 'a']);
  assert.equal((await setsOf(sandbox)).length, 1);
});

test('old ReplicaSets beyond the history are deleted', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(deployments, web('a', { revisionHistoryLimit: 1 }));
  for (const image of ['b', 'c', 'd']) {
    await sandbox.clock.advance(30 * secondMs);
    await setImage(sandbox, image);
  }
  await sandbox.clock.advance(30 * secondMs);
  const images = (await setsOf(sandbox)).map(({ spec }) => spec.template.spec.containers[0]!.image!);
  assert.deepEqual(images.sort(), ['c', 'd']);
});

test('a stranger’s ReplicaSet of the same name makes the Deployment take another hash', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(deployments, web('a', { replicas: 0 }));
  await sandbox.clock.settle();
  const [own] = await setsOf(sandbox);
  await client.delete(deployments, key, { propagationPolicy: 'Background' });
  await client.delete(replicaSets, own!.metadata);
  await client.create(replicaSets, {
    metadata: { namespace: 'default', name: own!.metadata.name },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'other' } },
      template: { metadata: { labels: { app: 'other' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
    },
  });
  await client.create(deployments, web('a', { replicas: 2 }));
  await sandbox.clock.advance(10 * secondMs);
  assert.equal((await deploymentOf(sandbox)).status.collisionCount, 1);
  assert.deepEqual(await imagesOf(sandbox), ['a', 'a']);
});

test('an old ReplicaSet with matching labels is adopted with its pods', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  const labels = { app: 'web' };
  await client.create(replicaSets, {
    metadata: { namespace: 'default', name: 'earlier', labels },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'a' }] } },
    },
  });
  await sandbox.clock.advance(10 * secondMs);
  const before = (await podsOf(sandbox)).map(({ metadata }) => metadata.uid);
  await client.create(deployments, web('a'));
  await sandbox.clock.advance(10 * secondMs);
  assert.deepEqual(
    (await podsOf(sandbox)).map(({ metadata }) => metadata.uid),
    before,
  );
  assert.equal((await setsOf(sandbox)).length, 1);
  assert.equal(await progressOf(sandbox), 'NewReplicaSetAvailable');
});

test('a new minReadySeconds reaches the ReplicaSet without a rollout', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(deployments, web('a'));
  await sandbox.clock.advance(10 * secondMs);
  await change(sandbox, { minReadySeconds: 7 });
  await sandbox.clock.advance(10 * secondMs);
  const sets = await setsOf(sandbox);
  assert.deepEqual(
    sets.map(({ spec }) => spec.minReadySeconds),
    [7],
  );
});
