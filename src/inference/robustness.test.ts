import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPodReady } from '../api/core/v1/pod-readiness.ts';
import {
  deployments,
  horizontalPodAutoscalers,
  inferences,
  podDisruptionBudgets,
  pods,
  replicaSets,
  services,
} from '../api/resources.ts';
import type { Inference } from '../api/slipway/v1alpha1/inference.ts';
import { wakeAnnotation } from '../api/slipway/v1alpha1/inference.ts';
import { timestamp } from '../api/timestamps.ts';
import type { Client } from '../machinery/client.ts';
import { minuteMs, secondMs } from '../std/clock.ts';
import { type FaultsOfLife, FragileComponents } from '../worlds/fragile-components.ts';
import { inferenceSandbox } from '../worlds/inference-sandbox.ts';
import { perturbations } from '../worlds/perturbations.ts';
import { inferenceController } from './controller.ts';

const key = { namespace: 'default', name: 'chat' };
const kinds = [deployments, services, horizontalPodAutoscalers, podDisruptionBudgets];

/** What the children say in the end, without what differs between two makings of the same. */
async function wishes(client: Client): Promise<unknown> {
  const objects = await Promise.all(kinds.map((resource) => client.get(resource as typeof deployments, key)));
  return objects.map(({ metadata: { labels, annotations: all = {}, ownerReferences }, spec }) => {
    // How many templates there were depends on what the operator got to see.
    const annotations = { ...all, 'deployment.kubernetes.io/revision': undefined };
    const owners = ownerReferences?.map(({ kind, name }) => `${kind} ${name}`);
    const text = JSON.stringify({ labels, annotations, owners, spec });
    const same = ownerReferences?.reduce((rest, { uid }) => rest.replaceAll(uid, 'UID'), text) ?? text;
    return JSON.parse(same.replaceAll(/127\.[0-9.]+|10\.[0-9.]+/g, 'ADDRESS')) as unknown;
  });
}

/**
 * The life of an Inference: made, given another model and environment while it loads, asleep, woken, its Service lost,
 * and at last deleted; an operator that crashes and sees late must go through all of it.
 */
async function live(
  seed: number,
  faultsOf: FaultsOfLife,
): Promise<{ readonly writes: number; readonly lives: number; readonly end: unknown }> {
  const trouble = (what: string): string => `${what} (seed ${seed})`;
  await using sandbox = await inferenceSandbox(() => [], { seed });
  const { clock, informers } = sandbox;
  const { client } = sandbox.world;
  const fragile = new FragileComponents(
    sandbox,
    (world, own) => [inferenceController(world, own, { gatewayUrl: 'http://127.0.0.1:8080' })],
    faultsOf,
  );
  const watched = informers.for(pods);
  const statuses = informers.for(inferences);
  await Promise.all([clock.settle(), watched.whenSynced(), statuses.whenSynced()]);
  const model = (): readonly (readonly string[])[] =>
    watched.lister
      .list()
      .filter(isPodReady)
      .map(({ spec }) => spec.containers.flatMap(({ args = [] }) => args));
  const status = (): Inference['status'] => statuses.lister.get(key)?.status;
  const reach = async (what: string, isReached: () => boolean): Promise<void> =>
    assert.ok(
      await clock.runUntilTrue(isReached, 60 * minuteMs),
      trouble(`never: ${what}, but ${JSON.stringify(status())}`),
    );
  const change = (body: object): Promise<unknown> => client.patch(inferences, key, { type: 'merge', body });
  const ask = (): Promise<unknown> =>
    change({ metadata: { annotations: { [wakeAnnotation]: timestamp(clock.now()) } } });

  const idle = { after: '2m', action: 'zero' } as const;
  await client.create(inferences, {
    metadata: key,
    spec: { model: 'file:///a.gguf', idle, env: [{ name: 'A', value: '1' }], resources: { memory: '1Gi' } },
  });
  await clock.advance(secondMs);
  await change({ spec: { model: 'file:///b.gguf', env: null, resources: { memory: null }, replicas: { min: 2 } } });
  const isServed = (): boolean => model().length === 2 && model().every((args) => args.includes('file:///b.gguf'));
  await reach('two replicas of the new model', () => isServed() && status()?.readyReplicas === 2);

  await ask();
  const askedAt = clock.now();
  await reach('asleep', () => status()?.phase === 'Idle' && watched.lister.list().length === 0);
  assert.ok(clock.now() - askedAt >= 2 * minuteMs, trouble('it slept too early'));
  await clock.advance(10 * minuteMs);
  assert.equal(status()?.phase, 'Idle', trouble('it woke by itself'));
  await ask();
  await client.delete(services, key);
  await reach('awake', () => isServed() && status()?.phase === 'Ready');
  await clock.advance(10 * secondMs);
  const end = await wishes(client);

  await client.delete(inferences, key);
  await clock.advance(2 * minuteMs);
  for (const resource of [...kinds, replicaSets, pods, inferences])
    assert.deepEqual(
      (await client.list(resource as typeof pods, { labelSelector: 'slipway.dev/inference' })).items,
      [],
    );
  return { writes: fragile.writes, lives: fragile.lives, end };
}

let undisturbed: Promise<unknown> | undefined;
const asUndisturbed = (): Promise<unknown> => (undisturbed ??= live(0, () => ({})).then(({ end }) => end));

for (const { name, faultsOf } of perturbations)
  test(`under ${name} an Inference is served, sleeps, wakes and ends as without`, async () => {
    for (let seed = 1; seed <= 4; seed++)
      assert.deepEqual((await live(seed, faultsOf(seed))).end, await asUndisturbed());
  });

test('a crash before and after each write of the operator changes nothing in the end', async () => {
  const { writes } = await live(0, () => ({}));
  assert.ok(writes > 15, `${writes} writes`);
  for (let atWrite = 1; atWrite <= writes; atWrite++)
    for (const isWritten of [false, true]) {
      const { end, lives } = await live(0, (life) => (life === 1 ? { crash: { atWrite, isWritten } } : {}));
      assert.equal(lives, 2, `write ${atWrite} was never reached`);
      assert.deepEqual(end, await asUndisturbed(), `a crash ${isWritten ? 'after' : 'before'} write ${atWrite}`);
    }
});
