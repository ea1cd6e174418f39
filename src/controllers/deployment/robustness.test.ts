import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPodActive, isPodReady } from '../../api/core/v1/pod-readiness.ts';
import { controllerOf } from '../../api/owner-references.ts';
import { deployments, pods, replicaSets } from '../../api/resources.ts';
import { secondMs } from '../../std/clock.ts';
import { type FaultsOfLife, FragileComponents } from '../../worlds/fragile-components.ts';
import { crashStride, perturbations, seeds } from '../../worlds/perturbations.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { replicaSetController } from '../replicaset/controller.ts';
import { deploymentController } from './controller.ts';

const key = { namespace: 'default', name: 'web' };
const labels = { app: 'web' };
const replicas = 4;
const [maxSurge, maxUnavailable] = [2, 1];
const templateOf = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image }] } });

/** Makes a Deployment, rolls out a new template and goes back half way, with every event of the pods watched. */
async function rollOut(
  seed: number,
  faultsOf: FaultsOfLife,
  { isAmbiguous = false }: { readonly isAmbiguous?: boolean | undefined } = {},
): Promise<{ readonly writes: number; readonly lives: number }> {
  const trouble = (what: string): string => `${what} (seed ${seed})`;
  await using sandbox = await Sandbox.open({ seed });
  const { client } = sandbox.world;
  const watched = sandbox.informers.for(pods);
  await sandbox.start(
    sandboxKubelet(sandbox.world, sandbox.informers, { startMs: 2 * secondMs, stopMs: 3 * secondMs }),
  );
  const fragile = new FragileComponents(
    sandbox,
    (world, informers) => [deploymentController(world, informers), replicaSetController(world, informers)],
    faultsOf,
  );
  let isUp = false;
  const broken: string[] = [];
  watched.onChange(() => {
    const alive = watched.lister.list().filter(isPodActive);
    const available = alive.filter(isPodReady).length;
    const at = `at ${sandbox.clock.now()}`;
    // A pod that was made without an answer is made again, until the first is seen.
    if (alive.length > replicas + maxSurge + (isAmbiguous ? 4 : 0)) broken.push(`${alive.length} pods ${at}`);
    if (isUp && available < replicas - maxUnavailable) broken.push(`${available} available ${at}`);
  });
  const isAllOf = (image: string): boolean => {
    const all = watched.lister.list();
    return all.length === replicas && all.every((pod) => isPodReady(pod) && pod.spec.containers[0]?.image === image);
  };
  const reach = async (image: string): Promise<void> => {
    assert.ok(
      await sandbox.clock.runUntilTrue(() => isAllOf(image), 1800 * secondMs),
      trouble(`${image} never came up`),
    );
  };
  const setImage = (image: string): Promise<unknown> =>
    client.patch(deployments, key, { type: 'merge', body: { spec: { template: templateOf(image) } } });

  await client.create(deployments, {
    metadata: key,
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxSurge, maxUnavailable } },
      template: templateOf('a'),
    },
  });
  await reach('a');
  isUp = true;
  await setImage('b');
  await sandbox.clock.runUntilTrue(() => broken.length > 0, 4 * secondMs);
  await setImage('c');
  await reach('c');
  await sandbox.clock.advance(60 * secondMs);

  assert.deepEqual(broken, [], trouble('an invariant broke'));
  assert.ok(isAllOf('c'), trouble('what had come up did not stay'));
  const sets = (await client.list(replicaSets)).items;
  assert.ok(sets.length <= 3, trouble(`${sets.length} ReplicaSets of three templates`));
  const owners = new Set(watched.lister.list().map((pod) => controllerOf(pod)?.uid));
  assert.deepEqual(
    [...owners].map((uid) => sets.some(({ metadata }) => metadata.uid === uid)),
    [true],
    trouble('orphans'),
  );
  const { status } = await client.get(deployments, key);
  assert.deepEqual(
    [status.replicas, status.updatedReplicas, status.availableReplicas],
    [replicas, replicas, replicas],
    trouble('status'),
  );
  const revision = sandbox.server.registry.store.revision;
  await sandbox.clock.advance(120 * secondMs);
  assert.equal(sandbox.server.registry.store.revision, revision, trouble('it never rests'));
  return { writes: fragile.writes, lives: fragile.lives };
}

for (const { name, faultsOf, isAmbiguous } of perturbations)
  test(`under ${name} a rollout keeps to its fenceposts and ends`, async () => {
    for (const seed of seeds) await rollOut(seed, faultsOf(seed), { isAmbiguous });
  });

test('a rollout survives a crash before and after each of its writes', async () => {
  const { writes } = await rollOut(0, () => ({}));
  assert.ok(writes > 20, `${writes} writes`);
  for (let atWrite = 1; atWrite <= writes; atWrite += crashStride)
    for (const isWritten of [false, true]) {
      const { lives } = await rollOut(0, (life) => (life === 1 ? { crash: { atWrite, isWritten } } : {}));
      assert.equal(lives, 2, `write ${atWrite} was never reached`);
    }
});
