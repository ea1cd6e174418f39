import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, forbidden } from '../api/error.ts';
import {
  deployments,
  events,
  horizontalPodAutoscalers,
  inferences,
  podDisruptionBudgets,
  pods,
  replicaSets,
  services,
} from '../api/resources.ts';
import type { Draft } from '../api/schema/draft.ts';
import type { Inference } from '../api/slipway/v1alpha1/inference.ts';
import type { Client } from '../machinery/client.ts';
import { Informers } from '../machinery/informers.ts';
import { hourMs, minuteMs, secondMs } from '../std/clock.ts';
import { inferenceSandbox } from '../worlds/inference-sandbox.ts';
import type { Sandbox } from '../worlds/sandbox.ts';
import { inferenceController } from './controller.ts';

const key = { namespace: 'default', name: 'chat' };
const chat: Draft<Inference> = { metadata: key, spec: { model: 'builtin://tiny-chat' } };

function opened(clientOf: (real: Client) => Client = (real) => real): Promise<Sandbox> {
  return inferenceSandbox(({ world, informers }) => [
    inferenceController({ ...world, client: clientOf(world.client) }, informers, {
      gatewayUrl: 'http://127.0.0.1:8080',
    }),
  ]);
}

/** Every phase and reason that was ever written. */
function told({ informers }: Sandbox): readonly string[] {
  const lines: string[] = [];
  informers.for(inferences).onChange(({ old, current }) => {
    const text = current?.status && `${current.status.phase}: ${current.status.reason}`;
    if (text !== undefined && text !== `${old?.status?.phase}: ${old?.status?.reason}`) lines.push(text);
  });
  return lines;
}

const uidOf = async ({ world }: Sandbox): Promise<string> => (await world.client.get(deployments, key)).metadata.uid;
const podUids = async ({ world }: Sandbox): Promise<readonly string[]> =>
  (await world.client.list(pods)).items.map(({ metadata }) => metadata.uid).toSorted();

test('an hour at rest costs not one write, once events have expired', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(inferences, chat);
  await sandbox.clock.advance(hourMs + 10 * minuteMs);
  assert.equal((await sandbox.world.client.list(events)).items.length, 0);
  const { revision } = sandbox.server.registry.store;
  await sandbox.clock.advance(hourMs);
  assert.equal(sandbox.server.registry.store.revision, revision);
});

test('a Deployment that belongs to somebody else is not touched; status and an event say so', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  const labels = { app: 'theirs' };
  const theirs = await client.create(deployments, {
    metadata: key,
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'host/cat' }] } },
    },
  });
  await client.create(inferences, chat);
  await sandbox.clock.advance(minuteMs);
  assert.deepEqual((await client.get(deployments, key)).spec, theirs.spec);
  const why = 'a Deployment "chat" that belongs to somebody else is in the way: rename the one or the other';
  const { status } = await client.get(inferences, key);
  assert.deepEqual([status?.phase, status?.reason], ['Failed', why]);
  const said = (await client.list(events)).items.map(({ type, reason, message, count }) => [
    type,
    reason,
    message,
    count,
  ]);
  assert.deepEqual(
    said.filter(([, reason]) => reason === 'Failed'),
    [['Warning', 'Failed', why, 1]],
  );
  await client.delete(deployments, key);
  await sandbox.clock.advance(10 * secondMs);
  assert.equal((await client.get(inferences, key)).status?.phase, 'Ready', 'out of the way, without anybody asking');
});

test('labels and owner that somebody takes off are put back', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(inferences, chat);
  await sandbox.clock.advance(5 * secondMs);
  const before = await client.get(deployments, key);
  await client.patch(deployments, key, { type: 'merge', body: { metadata: { ownerReferences: null } } });
  await client.patch(services, key, { type: 'merge', body: { metadata: { labels: null, annotations: null } } });
  await sandbox.clock.advance(secondMs);
  assert.deepEqual((await client.get(deployments, key)).metadata.ownerReferences, before.metadata.ownerReferences);
  assert.equal((await client.get(services, key)).metadata.labels?.['slipway.dev/inference'], 'chat');
});

test('children that were orphaned are taken over by the next Inference of the name, pods and all', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  const lines = told(sandbox);
  const { metadata } = await client.create(inferences, chat);
  await sandbox.clock.advance(5 * secondMs);
  const before = [await uidOf(sandbox), ...(await podUids(sandbox))];
  await client.delete(inferences, key, { propagationPolicy: 'Orphan' });
  await sandbox.clock.advance(minuteMs);
  assert.deepEqual([await uidOf(sandbox), ...(await podUids(sandbox))], before, 'they serve on');
  const next = await client.create(inferences, chat);
  assert.notEqual(next.metadata.uid, metadata.uid);
  await sandbox.clock.advance(minuteMs);
  assert.deepEqual([await uidOf(sandbox), ...(await podUids(sandbox))], before);
  assert.equal((await client.get(deployments, key)).metadata.ownerReferences?.[0]?.uid, next.metadata.uid);
  assert.ok(!lines.some((line) => line.startsWith('Failed')), lines.join('\n'));
});

test('one that is made anew at once waits for what is left of the old one, and never calls that failed', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  const lines = told(sandbox);
  await client.create(inferences, chat);
  await sandbox.clock.advance(5 * secondMs);
  const before = await uidOf(sandbox);
  await client.delete(inferences, key);
  await client.create(inferences, chat);
  await sandbox.clock.advance(minuteMs);
  assert.notEqual(await uidOf(sandbox), before);
  assert.equal((await client.get(inferences, key)).status?.phase, 'Ready');
  assert.ok(!lines.some((line) => line.startsWith('Failed')), lines.join('\n'));
});

for (const propagationPolicy of ['Background', 'Foreground'] as const)
  test(`deleted in the ${propagationPolicy.toLowerCase()}, all goes by the garbage collector and nothing is made again`, async () => {
    let writes = 0;
    await using sandbox = await opened((real) => ({
      ...real,
      create: (resource, object, options) => (writes++, real.create(resource, object, options)),
      update: (resource, object, options) => (writes++, real.update(resource, object, options)),
      patch: (resource, name, patch, options) => (writes++, real.patch(resource, name, patch, options)),
    }));
    const { client } = sandbox.world;
    await client.create(inferences, chat);
    await sandbox.clock.advance(5 * secondMs);
    assert.ok(writes > 4);
    writes = 0;
    await client.delete(inferences, key, { propagationPolicy });
    await sandbox.clock.advance(2 * minuteMs);
    assert.equal(writes, 0);
    for (const resource of [inferences, deployments, horizontalPodAutoscalers, podDisruptionBudgets, replicaSets, pods])
      assert.deepEqual((await client.list(resource as typeof pods)).items, [], resource.resource);
    assert.deepEqual((await client.list(services, { labelSelector: 'slipway.dev/inference' })).items, []);
  });

test('what the API server refuses is told with its words, and tried again', async () => {
  let isFull = true;
  await using sandbox = await opened((real) => ({
    ...real,
    async create(resource, object, options) {
      if (isFull && resource.resource === 'services') throw forbidden(services, 'chat', 'exceeded quota: small');
      return real.create(resource, object, options);
    },
  }));
  const { client } = sandbox.world;
  await client.create(inferences, chat);
  await sandbox.clock.advance(minuteMs);
  const { status } = await client.get(inferences, key);
  assert.equal(status?.phase, 'Failed');
  assert.equal(status.reason, 'its Service is refused: services "chat" is forbidden: exceeded quota: small');
  await client.get(podDisruptionBudgets, key);
  const { revision } = sandbox.server.registry.store;
  await sandbox.clock.advance(10 * minuteMs);
  assert.equal(sandbox.server.registry.store.revision, revision, 'trying writes nothing');
  isFull = false;
  await sandbox.clock.advance(minuteMs);
  assert.equal((await client.get(inferences, key)).status?.phase, 'Ready');
});

test('what passes, such as a server that does not answer in time, is no word in the status', async () => {
  let failures = 3;
  await using sandbox = await opened((real) => ({
    ...real,
    async create(resource, object, options) {
      if (resource.resource === 'deployments' && failures-- > 0) throw new ApiError('Timeout', 'too slow');
      return real.create(resource, object, options);
    },
  }));
  const lines = told(sandbox);
  await sandbox.world.client.create(inferences, chat);
  await sandbox.clock.advance(10 * secondMs);
  assert.ok(failures < 0);
  assert.ok(!lines.some((line) => line.startsWith('Failed')), lines.join('\n'));
  assert.equal(lines.at(-1), 'Ready: 1 of 1 replica ready');
});

test('an operator that has not heard yet that the Inference is gone makes nothing for it', async () => {
  let creations = 0;
  await using sandbox = await inferenceSandbox(({ world }) => {
    const { client, clock } = world;
    const late: Client = {
      ...client,
      watch: (resource, options) =>
        client.watch(resource, {
          ...options,
          onEvent: (event) => {
            if (resource.resource === 'inferences' && event.type === 'DELETED')
              clock.after(30 * secondMs, () => options.onEvent(event));
            else options.onEvent(event);
          },
        }),
      async create(resource, object, options) {
        // Not an endless loop, should it be one.
        if (resource.resource !== 'events' && ++creations > 20) throw new Error('made again and again');
        return client.create(resource, object, options);
      },
    };
    const own = { ...world, client: late };
    const informers = new Informers(own);
    return [informers, inferenceController(own, informers, { gatewayUrl: 'http://127.0.0.1:8080' })];
  });
  const { client } = sandbox.world;
  await client.create(inferences, chat);
  await sandbox.clock.advance(5 * secondMs);
  assert.equal(creations, 4);
  await client.delete(inferences, key);
  await sandbox.clock.advance(minuteMs);
  assert.equal(creations, 4);
  assert.deepEqual((await client.list(deployments)).items, []);
});
