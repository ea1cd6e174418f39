import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deployments,
  events,
  horizontalPodAutoscalers,
  inferences,
  podDisruptionBudgets,
  pods,
  services,
} from '../api/resources.ts';
import type { Resource } from '../api/resource.ts';
import type { ContainerStatus, Pod } from '../api/schema/core-v1.ts';
import type { Draft } from '../api/schema/draft.ts';
import { type Inference, inferenceLabel, wakeAnnotation } from '../api/slipway/v1alpha1/inference.ts';
import { timestamp } from '../api/timestamps.ts';
import { horizontalAutoscaler } from '../autoscaling/horizontal/controller.ts';
import type { MetricsSource } from '../autoscaling/metrics/metrics-source.ts';
import { minuteMs, secondMs } from '../std/clock.ts';
import { inferenceSandbox } from '../worlds/inference-sandbox.ts';
import type { Sandbox } from '../worlds/sandbox.ts';
import { inferenceController } from './controller.ts';
import type { HealthReader } from './server-health.ts';

const key = { namespace: 'default', name: 'chat' };

function opened({
  becomesReady = () => true,
  health,
}: { becomesReady?: (pod: Pod) => boolean; health?: HealthReader } = {}): Promise<Sandbox> {
  return inferenceSandbox(
    ({ world, informers }) => [inferenceController(world, informers, { gatewayUrl: 'http://127.0.0.1:8080', health })],
    { becomesReady },
  );
}

const chat = (spec: Draft<Inference['spec']> = {}, name = 'chat'): Draft<Inference> => ({
  metadata: { namespace: 'default', name },
  spec: { model: 'builtin://tiny-chat', ...spec },
});
const inferenceOf = ({ world }: Sandbox): Promise<Inference> => world.client.get(inferences, key);
const deploymentOf = ({ world }: Sandbox) => world.client.get(deployments, key);
const replicasOf = async (sandbox: Sandbox): Promise<number | undefined> => (await deploymentOf(sandbox)).spec.replicas;
const patch = ({ world }: Sandbox, body: object) => world.client.patch(inferences, key, { type: 'merge', body });
const toldIn = async ({ world }: Sandbox): Promise<string[]> =>
  (await world.client.list(events, { namespace: 'default' })).items
    .filter(({ involvedObject }) => involvedObject.kind === 'Inference')
    .map(({ reason, message }) => `${reason}: ${message}`);

test('one field is enough: four objects, owned and labelled, and then Ready with a URL', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  const { metadata } = await client.create(inferences, chat());
  await sandbox.clock.advance(5 * secondMs);
  for (const resource of [deployments, services, horizontalPodAutoscalers, podDisruptionBudgets]) {
    const child = await client.get(resource as Resource, key);
    assert.equal(child.metadata.labels?.[inferenceLabel], 'chat');
    assert.deepEqual(
      child.metadata.ownerReferences?.map(({ kind, uid, controller }) => [kind, uid, controller]),
      [['Inference', metadata.uid, true]],
    );
  }
  const { status } = await inferenceOf(sandbox);
  assert.deepEqual(
    [status?.phase, status?.reason, status?.url],
    ['Ready', '1 of 1 replica ready', 'http://127.0.0.1:8080/v1'],
  );
  assert.deepEqual([status?.replicas, status?.readyReplicas, status?.selector], [1, 1, 'slipway.dev/inference=chat']);
  assert.deepEqual(
    status?.conditions?.map(({ type, status: value, reason }) => `${type}=${value} ${reason}`),
    ['Ready=True ReplicasReady', 'Schedulable=True Scheduled', 'ModelAvailable=True Loaded'],
  );
  assert.equal(status?.coldStart?.totalMs, 2 * secondMs);
  assert.deepEqual((await toldIn(sandbox)).toSorted(), [
    'Created: Created Deployment chat',
    'Created: Created HorizontalPodAutoscaler chat',
    'Created: Created PodDisruptionBudget chat',
    'Created: Created Service chat',
    'Ready: 1 of 1 replica ready',
  ]);
});

test('what others add to a child survives, what they change of ours is put right', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(
    inferences,
    chat({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    }),
  );
  await sandbox.clock.advance(5 * secondMs);
  const body = {
    metadata: { annotations: { team: 'blue' } },
    spec: {
      minReadySeconds: 3,
      template: {
        spec: {
          nodeSelector: { disk: 'fast' },
          containers: [
            { name: 'llm', image: 'slipway/nonsense', env: [{ name: 'THEIRS', value: 'x' }] },
            { name: 'sidecar', image: 'slipway/sim' },
          ],
        },
      },
    },
  };
  await client.patch(deployments, key, { type: 'strategic', body });
  await sandbox.clock.advance(5 * secondMs);
  await patch(sandbox, { spec: { env: [{ name: 'B', value: '3' }] } });
  await sandbox.clock.advance(5 * secondMs);
  const { metadata, spec } = await deploymentOf(sandbox);
  const { containers, nodeSelector } = spec.template.spec;
  assert.equal(metadata.annotations?.['team'], 'blue');
  assert.deepEqual([spec.minReadySeconds, nodeSelector], [3, { disk: 'fast' }]);
  assert.deepEqual(containers.map(({ name, image }) => `${name} ${image}`).toSorted(), [
    'llm slipway/llm',
    'sidecar slipway/sim',
  ]);
  const env = Object.fromEntries(
    containers.find(({ name }) => name === 'llm')?.env?.map(({ name, value }) => [name, value]) ?? [],
  );
  assert.deepEqual(env, { POD_IP: undefined, B: '3', THEIRS: 'x' }, 'A was ours and is gone');
});

test('another model is a rollout, another limit is not', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(inferences, chat());
  await sandbox.clock.advance(5 * secondMs);
  const [before] = (await client.list(pods, { namespace: 'default' })).items;
  await patch(sandbox, { spec: { replicas: { max: 7 }, target: { concurrency: 4 } } });
  await sandbox.clock.advance(10 * secondMs);
  assert.equal((await client.get(horizontalPodAutoscalers, key)).spec.maxReplicas, 7);
  assert.deepEqual(
    (await client.list(pods, { namespace: 'default' })).items.map(({ metadata }) => metadata.uid),
    [before?.metadata.uid],
  );
  await patch(sandbox, { spec: { model: 'file:///models/other.gguf' } });
  await sandbox.clock.advance(90 * secondMs);
  const after = (await client.list(pods, { namespace: 'default' })).items;
  assert.equal(after.length, 1);
  assert.notEqual(after[0]?.metadata.uid, before?.metadata.uid);
  assert.ok(after[0]?.spec.containers[0]?.args?.includes('file:///models/other.gguf'));
});

test('another kind of model changes the server, and the old container goes', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(inferences, chat());
  await sandbox.clock.advance(5 * secondMs);
  await patch(sandbox, { spec: { model: 'builtin://use-lite' } });
  await sandbox.clock.advance(5 * secondMs);
  const { containers } = (await deploymentOf(sandbox)).spec.template.spec;
  assert.deepEqual(
    containers.map(({ image }) => image),
    ['slipway/embed'],
  );
});

test("the floor is honoured at once, the autoscaler's choice above it is left alone", async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(inferences, chat());
  await sandbox.clock.advance(5 * secondMs);
  await client.patch(deployments, key, { type: 'merge', body: { spec: { replicas: 3 } } });
  await sandbox.clock.advance(5 * secondMs);
  assert.equal(await replicasOf(sandbox), 3);
  await patch(sandbox, { spec: { replicas: { min: 5 } } });
  await sandbox.clock.advance(100);
  assert.equal(await replicasOf(sandbox), 5);
  const { minReplicas, maxReplicas } = (await client.get(horizontalPodAutoscalers, key)).spec;
  assert.deepEqual([minReplicas, maxReplicas], [5, 5]);
});

test('nobody asks: it sleeps; a request wakes it', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(inferences, chat({ idle: { after: '5m', action: 'zero' } }));
  await sandbox.clock.advance(4 * minuteMs);
  assert.equal(await replicasOf(sandbox), 1);
  await patch(sandbox, { metadata: { annotations: { [wakeAnnotation]: timestamp(sandbox.clock.now()) } } });
  await sandbox.clock.advance(4 * minuteMs);
  assert.equal(await replicasOf(sandbox), 1, 'the request counts');
  await sandbox.clock.advance(2 * minuteMs);
  assert.equal(await replicasOf(sandbox), 0);
  const asleep = (await inferenceOf(sandbox)).status;
  assert.deepEqual([asleep?.phase, asleep?.replicas], ['Idle', 0]);
  assert.match(asleep?.reason ?? '', /nobody asked for 5m; the next request wakes it/);

  const { revision } = sandbox.server.registry.store;
  // Less than events are kept for.
  await sandbox.clock.advance(45 * minuteMs);
  assert.equal(sandbox.server.registry.store.revision, revision, 'sleep writes nothing');

  await patch(sandbox, { metadata: { annotations: { [wakeAnnotation]: timestamp(sandbox.clock.now()) } } });
  await sandbox.clock.advance(10 * secondMs);
  assert.equal(await replicasOf(sandbox), 1);
  assert.equal((await inferenceOf(sandbox)).status?.phase, 'Ready');
  const told = await toldIn(sandbox);
  assert.ok(told.includes('ScaledToZero: Scaled to 0: no request for 5m'));
  assert.ok(told.includes('Woken: Scaled to 1: a request came'));
});

test('a model that loads for longer than it may be idle is not put to sleep while it does', async () => {
  let isReady = false;
  await using sandbox = await opened({ becomesReady: () => isReady });
  await sandbox.world.client.create(inferences, chat({ idle: { after: '1m', action: 'zero' } }));
  await sandbox.clock.advance(10 * minuteMs);
  assert.equal(await replicasOf(sandbox), 1);
  isReady = true;
  const [pod] = (await sandbox.world.client.list(pods)).items;
  await sandbox.world.client.patch(pods, pod!.metadata, {
    type: 'merge',
    body: { metadata: { annotations: { x: '1' } } },
  });
  await sandbox.clock.advance(30 * secondMs);
  assert.equal(await replicasOf(sandbox), 1);
  await sandbox.clock.advance(60 * secondMs);
  assert.equal(await replicasOf(sandbox), 0);
});

test('zero by hand stays zero', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(inferences, chat());
  await sandbox.clock.advance(5 * secondMs);
  await client.patch(deployments, key, { type: 'merge', body: { spec: { replicas: 0 } } });
  await sandbox.clock.advance(minuteMs);
  assert.equal(await replicasOf(sandbox), 0);
  const { status } = await inferenceOf(sandbox);
  assert.deepEqual(
    [status?.phase, status?.reason],
    ['Idle', 'it was scaled to 0 by hand: kubectl scale deployment chat --replicas=1 wakes it'],
  );
});

test('woken by hand and put to zero by hand again, no request wakes it', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  const scale = (replicas: number): Promise<unknown> =>
    client.patch(deployments, key, { type: 'merge', body: { spec: { replicas } } });
  await client.create(inferences, chat({ idle: { after: '1m', action: 'zero' } }));
  await sandbox.clock.advance(2 * minuteMs);
  assert.equal(await replicasOf(sandbox), 0);
  await scale(1);
  await sandbox.clock.advance(10 * secondMs);
  assert.equal((await inferenceOf(sandbox)).status?.phase, 'Ready');
  await scale(0);
  await sandbox.clock.advance(10 * secondMs);
  await patch(sandbox, { metadata: { annotations: { [wakeAnnotation]: timestamp(sandbox.clock.now()) } } });
  await sandbox.clock.advance(minuteMs);
  assert.equal(await replicasOf(sandbox), 0);
  assert.match((await inferenceOf(sandbox)).status?.reason ?? '', /^it was scaled to 0 by hand/);
});

test('a request in flight, noted once a second in whole seconds, keeps even the shortest idle time awake', async () => {
  for (const after of ['0s', '500ms', '1s', '2s', '5s']) {
    await using sandbox = await opened();
    await sandbox.world.client.create(inferences, chat({ idle: { after, action: 'zero' } }));
    let least = Infinity;
    sandbox.informers.for(deployments).onChange(({ current }) => {
      least = Math.min(least, current?.spec.replicas ?? Infinity);
    });
    // As the gateway does: late in a second, of which nothing remains in the note.
    await sandbox.clock.advance(990);
    for (let seconds = 0; seconds < 60; seconds++) {
      await patch(sandbox, { metadata: { annotations: { [wakeAnnotation]: timestamp(sandbox.clock.now()) } } });
      await sandbox.clock.advance(secondMs);
    }
    assert.equal(least, 1, after);
    await sandbox.clock.advance(10 * secondMs);
    assert.equal(await replicasOf(sandbox), 0, after);
  }
});

test('the autoscaler neither wakes a model that sleeps nor is changed by its sleep', async () => {
  await using sandbox = await inferenceSandbox(({ world, informers }) => {
    const metrics: MetricsSource = {
      podMetric: async () => [{ pod: 'chat', value: 100_000n, timestamp: world.clock.now(), windowMs: 1000 }],
      podUsage: async () => [],
      objectMetric: () => Promise.reject(new Error('not served')),
      externalMetric: () => Promise.reject(new Error('not served')),
    };
    return [
      inferenceController(world, informers, { gatewayUrl: 'http://127.0.0.1:8080' }),
      horizontalAutoscaler(world, informers, { metrics }),
    ];
  });
  const { client } = sandbox.world;
  await client.create(inferences, chat({ replicas: { min: 2 }, idle: { after: '1m', action: 'zero' } }));
  await sandbox.clock.advance(5 * minuteMs);
  assert.equal(await replicasOf(sandbox), 0);
  const { spec, status } = await client.get(horizontalPodAutoscalers, key);
  assert.equal(spec.minReplicas, 2);
  const active = status.conditions?.find(({ type }) => type === 'ScalingActive');
  assert.deepEqual([active?.status, active?.reason], ['False', 'ScalingDisabled']);
  await patch(sandbox, { metadata: { annotations: { [wakeAnnotation]: timestamp(sandbox.clock.now()) } } });
  await sandbox.clock.advance(secondMs);
  assert.equal(await replicasOf(sandbox), 2, 'awake, and before the autoscaler has had a look');
});

test('a broken model that is corrected is no longer Failed, though the broken pod is still there', async () => {
  await using sandbox = await opened({ becomesReady: () => false });
  const { client } = sandbox.world;
  await client.create(inferences, chat({ model: 'file:///models/missing.gguf' }));
  await sandbox.clock.advance(secondMs);
  await report(sandbox, { state: { terminated: { exitCode: 1, message: 'no such file' } } });
  assert.equal((await inferenceOf(sandbox)).status?.phase, 'Failed');
  await patch(sandbox, { spec: { model: 'builtin://tiny-chat' } });
  await sandbox.clock.advance(10 * secondMs);
  assert.equal((await client.list(pods)).items.length, 2);
  const { status } = await inferenceOf(sandbox);
  assert.deepEqual([status?.phase, status?.reason], ['Loading', 'the model server starts']);
});

test('a ceiling below the floor is said once', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(inferences, chat({ replicas: { min: 5, max: 2 } }));
  await sandbox.clock.advance(minuteMs);
  const said = (await toldIn(sandbox)).filter((line) => line.startsWith('MaxBelowMin'));
  assert.deepEqual(said, ['MaxBelowMin: spec.replicas.max 2 is below min 5: 5 run']);
});

test('what cannot be served is Failed and says what can, and nothing is made', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(inferences, chat({ model: 'file:///models/weights.safetensors' }));
  await sandbox.clock.advance(5 * secondMs);
  const { status } = await inferenceOf(sandbox);
  assert.equal(status?.phase, 'Failed');
  assert.match(
    status?.reason ?? '',
    /no model server for "file:\/\/\/models\/weights\.safetensors": spec\.model may be a \.gguf file/,
  );
  assert.equal((await client.list(deployments)).items.length, 0);
  await patch(sandbox, { spec: { model: 'builtin://tiny-chat' } });
  await sandbox.clock.advance(5 * secondMs);
  assert.equal((await inferenceOf(sandbox)).status?.phase, 'Ready', 'corrected, it is served');
});

test('a name that is taken is told, and what has it is left alone', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(services, { metadata: key, spec: { ports: [{ port: 1 }] } });
  await client.create(inferences, chat());
  await sandbox.clock.advance(5 * secondMs);
  const { status } = await inferenceOf(sandbox);
  assert.equal(status?.phase, 'Failed');
  assert.match(status?.reason ?? '', /a Service "chat" that belongs to somebody else is in the way/);
  assert.equal((await client.get(services, key)).spec.ports?.[0]?.port, 1);
  await client.delete(services, key);
  await sandbox.clock.advance(5 * secondMs);
  assert.equal((await inferenceOf(sandbox)).status?.phase, 'Ready');
});

test('a name that no Service can have is refused', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(inferences, chat({}, '4chat'));
  await sandbox.clock.advance(5 * secondMs);
  const { status } = await client.get(inferences, { namespace: 'default', name: '4chat' });
  assert.match(status?.reason ?? '', /must be a name for a Service too/);
});

test('a child that is deleted is made again', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  await client.create(inferences, chat());
  await sandbox.clock.advance(5 * secondMs);
  const { metadata } = await client.get(services, key);
  await client.delete(services, key);
  await sandbox.clock.advance(secondMs);
  assert.notEqual((await client.get(services, key)).metadata.uid, metadata.uid);
});

/** Puts a container status on the only pod, as its node agent would. */
async function report(sandbox: Sandbox, status: Partial<ContainerStatus>): Promise<void> {
  const { client } = sandbox.world;
  const [pod] = (await client.list(pods, { namespace: 'default' })).items;
  const container: ContainerStatus = {
    name: 'llm',
    image: 'slipway/llm',
    imageID: '',
    ready: false,
    restartCount: 0,
    state: {},
    lastState: {},
    ...status,
  };
  await client.update(
    pods,
    { ...pod!, status: { ...pod!.status, phase: 'Running', podIP: '127.64.0.1', containerStatuses: [container] } },
    { subresource: 'status' },
  );
  await sandbox.clock.advance(secondMs);
}

test('the last words of a server that refuses its model are the reason, at once and until it is ready', async () => {
  await using sandbox = await opened({ becomesReady: () => false });
  const { client } = sandbox.world;
  await client.create(inferences, chat({ model: 'file:///models/missing.gguf' }));
  await sandbox.clock.advance(secondMs);
  const words = 'the model file /models/missing.gguf does not exist\n';
  const terminated = { exitCode: 1, reason: 'Error', message: words };
  await report(sandbox, { state: { terminated } });
  const expectFailed = async (): Promise<void> => {
    const { status } = await inferenceOf(sandbox);
    assert.deepEqual([status?.phase, status?.reason], ['Failed', words.trim()]);
    const condition = status?.conditions?.find(({ type }) => type === 'ModelAvailable');
    assert.deepEqual([condition?.status, condition?.reason], ['False', 'ServerFailed']);
  };
  await expectFailed();
  await report(sandbox, { restartCount: 1, state: { running: {} }, lastState: { terminated } });
  await expectFailed();
  assert.equal((await toldIn(sandbox)).filter((line) => line === `Failed: ${words.trim()}`).length, 1);
});

test('a start goes through its phases, as the server itself tells them', async () => {
  let phase: 'downloading' | 'loading' | 'warming' | 'ready' = 'downloading';
  let receivedBytes = 10_000_000;
  const durations = { downloadMs: 3_000 };
  const health: HealthReader = { read: async () => ({ phase, receivedBytes, totalBytes: 100_000_000, durations }) };
  await using sandbox = await opened({ becomesReady: () => false, health });
  const seen = async (): Promise<string> => {
    const { status } = await inferenceOf(sandbox);
    return `${status?.phase}: ${status?.reason}`;
  };
  await sandbox.world.client.create(inferences, chat({ model: 'hf://a/b/c.gguf' }));
  await sandbox.clock.advance(200);
  assert.equal(await seen(), 'Loading: the model server starts');
  await report(sandbox, { state: { running: {} } });
  assert.equal(await seen(), 'Downloading: the model is being downloaded: 10 % of 100 MB');
  const { revision } = sandbox.server.registry.store;
  receivedBytes = 19_000_000;
  await sandbox.clock.advance(5 * secondMs);
  assert.equal(sandbox.server.registry.store.revision, revision, 'a few bytes more are no news');
  receivedBytes = 50_000_000;
  await sandbox.clock.advance(2 * secondMs);
  assert.equal(await seen(), 'Downloading: the model is being downloaded: 50 % of 100 MB');
  phase = 'loading';
  await sandbox.clock.advance(2 * secondMs);
  assert.equal(await seen(), 'Loading: the model server loads the model');
  phase = 'ready';
  const [pod] = (await sandbox.world.client.list(pods)).items;
  const conditions = [{ type: 'Ready', status: 'True' }];
  await sandbox.world.client.update(
    pods,
    { ...pod!, status: { ...pod!.status, conditions } },
    { subresource: 'status' },
  );
  await sandbox.clock.advance(2 * secondMs);
  const { status } = await inferenceOf(sandbox);
  assert.equal(status?.phase, 'Ready');
  const { phases, totalMs } = status.coldStart!;
  assert.equal(phases.downloadMs, 3_000);
  assert.equal((phases.scheduleMs ?? 0) + (phases.startMs ?? 0) + 3_000 + (phases.loadMs ?? 0), totalMs);
});
