import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInKinds } from '../../api/kinds.ts';
import { deployments, events, horizontalPodAutoscalers, pods } from '../../api/resources.ts';
import { ApiServer } from '../../apiserver/api-server.ts';
import { memoryJournal } from '../../apiserver/journal.ts';
import type { Client } from '../../machinery/client.ts';
import { Informers } from '../../machinery/informers.ts';
import { silentLog } from '../../machinery/log.ts';
import { seededRandom } from '../../std/random.ts';
import { VirtualClock } from '../../std/virtual-clock.ts';
import type { MetricsSource } from '../metrics/metrics-source.ts';
import { horizontalAutoscaler } from './controller.ts';

const notServed = (): Promise<never> => Promise.reject(new Error('the server could not find the requested resource'));

interface Setting {
  readonly client: Client;
  readonly clock: VirtualClock;
  /** In-flight requests by pod; pods that are absent report nothing. */
  readonly load: Map<string, number>;
  readonly replicas: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** A Deployment with two ready pods, an HPA that wants four requests a pod, and the controller. */
async function setting(client: (real: Client) => Client = (real) => real): Promise<Setting> {
  const clock = new VirtualClock({
    drain: () => new Promise((resolve) => void setImmediate(resolve)),
    startMs: Date.parse('2026-01-01T12:00:00Z'),
  });
  const random = seededRandom(1);
  const server = new ApiServer({ clock, random, journal: memoryJournal(), kinds: builtInKinds });
  await server.start();
  const real = server.client();
  const world = { clock, random, client: client(real), log: silentLog };
  const labels = { app: 'chat' };
  await real.create(deployments, {
    metadata: { name: 'chat', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'server', image: 'slipway/sim' }] } },
    },
  });
  const load = new Map<string, number>();
  for (const name of ['chat-a', 'chat-b']) {
    const pod = await real.create(pods, {
      metadata: { name, namespace: 'default', labels },
      spec: { containers: [{ name: 'server', image: 'slipway/sim' }] },
    });
    await real.update(
      pods,
      { ...pod, status: { ...pod.status, phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
      { subresource: 'status' },
    );
    load.set(name, 4);
  }
  await real.create(horizontalPodAutoscalers, {
    metadata: { name: 'chat', namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'chat' },
      maxReplicas: 5,
      metrics: [
        {
          type: 'Pods',
          pods: { metric: { name: 'slipway_in_flight_requests' }, target: { type: 'AverageValue', averageValue: '4' } },
        },
      ],
    },
  });
  const metrics: MetricsSource = {
    podMetric: async () =>
      [...load].map(([pod, value]) => ({ pod, value: BigInt(value * 1000), timestamp: clock.now(), windowMs: 2_000 })),
    podUsage: notServed,
    objectMetric: notServed,
    externalMetric: notServed,
  };
  const informers = new Informers(world);
  const controller = horizontalAutoscaler(world, informers, { metrics });
  await Promise.all([informers.start(), controller.start(), clock.settle()]);
  return {
    client: real,
    clock,
    load,
    replicas: async () => (await real.get(deployments, { namespace: 'default', name: 'chat' })).spec.replicas ?? 0,
    async stop() {
      const stopped = Promise.all([controller.stop(), informers.stop()]);
      await clock.advance(60_000);
      await stopped;
    },
  };
}

const hpaOf = (client: Client) => client.get(horizontalPodAutoscalers, { namespace: 'default', name: 'chat' });

test('the first look comes one period after the HPA, and a load on target changes nothing', async () => {
  const { client, clock, replicas, stop } = await setting();
  await clock.advance(14_000);
  assert.equal((await hpaOf(client)).status.conditions, undefined);
  await clock.advance(2_000);
  const { status } = await hpaOf(client);
  assert.deepEqual(
    status.conditions?.map(({ type, reason }) => `${type} ${reason}`),
    ['AbleToScale ReadyForNewScale', 'ScalingActive ValidMetricFound', 'ScalingLimited DesiredWithinRange'],
  );
  assert.equal(status.currentReplicas, 2);
  assert.equal(await replicas(), 2);
  await stop();
});

test('a steady state writes nothing', async () => {
  const { client, clock, stop } = await setting();
  await clock.advance(16_000);
  const before = (await client.list(horizontalPodAutoscalers)).metadata.resourceVersion;
  await clock.advance(600_000);
  assert.equal((await client.list(horizontalPodAutoscalers)).metadata.resourceVersion, before);
  await stop();
});

test('load grows the set through its scale, with an event; idleness shrinks it after five minutes', async () => {
  const { client, clock, load, replicas, stop } = await setting();
  load.set('chat-a', 8);
  load.set('chat-b', 8);
  await clock.advance(16_000);
  assert.equal(await replicas(), 4);
  const told = (await client.list(events, { namespace: 'default' })).items.map(
    ({ reason, message }) => `${reason}: ${message}`,
  );
  assert.deepEqual(told, [
    'SuccessfulRescale: New size: 4; reason: pods metric slipway_in_flight_requests above target',
  ]);
  load.set('chat-a', 0);
  load.set('chat-b', 0);
  await clock.advance(290_000);
  assert.equal(await replicas(), 4);
  await clock.advance(30_000);
  assert.equal(await replicas(), 1);
  await stop();
});

test('a conflict with another writer of the scale is tried again', async () => {
  let conflicts = 2;
  const { clock, load, replicas, stop } = await setting((real) => ({
    ...real,
    async update(resource, object, options = {}) {
      if (options.subresource === 'scale' && conflicts-- > 0)
        await real.patch(
          deployments,
          { namespace: 'default', name: 'chat' },
          { type: 'merge', body: { metadata: { annotations: { touched: String(conflicts) } } } },
        );
      return real.update(resource, object, options);
    },
  }));
  load.set('chat-a', 8);
  load.set('chat-b', 8);
  await clock.advance(16_000);
  assert.equal(conflicts, -1);
  assert.equal(await replicas(), 4);
  await stop();
});

test('a target that is not there is told and looked for again', async () => {
  const { client, clock, stop } = await setting();
  await client.delete(deployments, { namespace: 'default', name: 'chat' });
  await clock.advance(16_000);
  const condition = (await hpaOf(client)).status.conditions?.[0];
  assert.deepEqual(
    [condition?.type, condition?.status, condition?.reason, condition?.message],
    [
      'AbleToScale',
      'False',
      'FailedGetScale',
      `the HPA controller was unable to get the target's current scale: deployments.apps "chat" not found`,
    ],
  );
  await stop();
});

test('two HPAs over the same pods both stand still', async () => {
  const { client, clock, load, replicas, stop } = await setting();
  const { spec } = await hpaOf(client);
  await client.create(horizontalPodAutoscalers, { metadata: { name: 'other', namespace: 'default' }, spec });
  await clock.advance(16_000);
  load.set('chat-a', 40);
  await clock.advance(30_000);
  assert.equal(await replicas(), 2);
  const condition = (await hpaOf(client)).status.conditions?.find(({ type }) => type === 'ScalingActive');
  assert.deepEqual([condition?.status, condition?.reason], ['False', 'AmbiguousSelector']);
  await stop();
});

test('no metric at all leaves the count alone and says so', async () => {
  const { client, clock, load, replicas, stop } = await setting();
  load.clear();
  await clock.advance(16_000);
  assert.equal(await replicas(), 2);
  const condition = (await hpaOf(client)).status.conditions?.find(({ type }) => type === 'ScalingActive');
  assert.equal(
    condition?.message,
    'the HPA was unable to compute the replica count: unable to get metric slipway_in_flight_requests: no metrics returned from custom metrics API',
  );
  await stop();
});
