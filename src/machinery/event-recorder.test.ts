import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../api/error.ts';
import { events, namespaces, nodes, pods } from '../api/resources.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import { secondMs } from '../std/clock.ts';
import { Sandbox } from '../worlds/sandbox.ts';
import { EventRecorder } from './event-recorder.ts';

const podIn = ({ world }: Sandbox): Promise<Pod> =>
  world.client.create(pods, {
    metadata: { namespace: 'default', name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });

test('an event is written as Kubernetes writes it', async () => {
  await using sandbox = await Sandbox.open();
  const { client } = sandbox.world;
  const pod = await podIn(sandbox);
  const recorder = new EventRecorder(sandbox.world, 'kubelet', { host: 'node-1' });
  recorder.event(pods, pod, 'Warning', 'BackOff', 'Back-off', { fieldPath: 'spec.containers{c}' });
  await recorder.flushed();
  const [event] = (await client.list(events)).items;
  assert.match(event!.metadata.name, /^p\.[0-9a-f]{16}$/);
  const { metadata: _, apiVersion: __, kind: ___, ...rest } = event!;
  assert.deepEqual(rest, {
    involvedObject: {
      kind: 'Pod',
      namespace: 'default',
      name: 'p',
      uid: pod.metadata.uid,
      apiVersion: 'v1',
      resourceVersion: pod.metadata.resourceVersion,
      fieldPath: 'spec.containers{c}',
    },
    reason: 'BackOff',
    message: 'Back-off',
    source: { component: 'kubelet', host: 'node-1' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 1,
    type: 'Warning',
    reportingComponent: 'kubelet',
    reportingInstance: 'node-1',
  });
});

test('the same words again count up, even when somebody removed the event', async () => {
  await using sandbox = await Sandbox.open();
  const { client } = sandbox.world;
  const pod = await podIn(sandbox);
  const recorder = new EventRecorder(sandbox.world, 'test');
  const say = async (): Promise<void> => {
    await sandbox.clock.advance(10 * secondMs);
    recorder.event(pods, pod, 'Normal', 'R', 'hello');
    await recorder.flushed();
  };
  for (let i = 0; i < 3; i++) await say();
  const [event, ...more] = (await client.list(events)).items;
  assert.equal(more.length, 0);
  assert.deepEqual(
    [event!.count, event!.firstTimestamp, event!.lastTimestamp],
    [3, '2026-01-01T00:00:10Z', '2026-01-01T00:00:30Z'],
  );
  await client.delete(events, event!.metadata);
  await say();
  assert.deepEqual(
    (await client.list(events)).items.map(({ count }) => count),
    [4],
  );
});

test('two events about an object in one millisecond are two', async () => {
  await using sandbox = await Sandbox.open();
  const pod = await podIn(sandbox);
  for (const component of ['a', 'b']) {
    const recorder = new EventRecorder(sandbox.world, component);
    recorder.event(pods, pod, 'Normal', 'R', 'one');
    recorder.event(pods, pod, 'Normal', 'R', 'two');
    await recorder.flushed();
  }
  assert.equal((await sandbox.world.client.list(events)).items.length, 4);
});

test('events of objects without a namespace are in default', async () => {
  await using sandbox = await Sandbox.open();
  const node = await sandbox.world.client.create(nodes, { metadata: { name: 'node-1' } });
  const recorder = new EventRecorder(sandbox.world, 'test');
  recorder.event(nodes, node, 'Normal', 'R', 'm');
  await recorder.flushed();
  assert.equal((await sandbox.world.client.list(events)).items[0]?.metadata.namespace, 'default');
});

test('while the server cannot be reached events wait, in their order', async () => {
  await using sandbox = await Sandbox.open();
  const pod = await podIn(sandbox);
  let isDown = true;
  const client: typeof sandbox.world.client = {
    ...sandbox.world.client,
    create: (resource, object, options) =>
      isDown
        ? Promise.reject(new ApiError('ServiceUnavailable', 'down'))
        : sandbox.world.client.create(resource, object, options),
  };
  const recorder = new EventRecorder({ ...sandbox.world, client }, 'test');
  recorder.event(pods, pod, 'Normal', 'R', 'first');
  recorder.event(pods, pod, 'Normal', 'R', 'second');
  await sandbox.clock.advance(30 * secondMs);
  isDown = false;
  await sandbox.clock.advance(30 * secondMs);
  assert.deepEqual(
    (await sandbox.world.client.list(events)).items
      .toSorted((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ message }) => message),
    ['first', 'second'],
  );
});

test('an event that is refused is dropped and the next is written', async () => {
  await using sandbox = await Sandbox.open();
  const { client } = sandbox.world;
  const pod = await podIn(sandbox);
  await client.create(namespaces, { metadata: { name: 'ending' } });
  await client.delete(namespaces, { name: 'ending' });
  const recorder = new EventRecorder(sandbox.world, 'test');
  recorder.event(pods, { ...pod, metadata: { ...pod.metadata, namespace: 'ending' } }, 'Normal', 'R', 'refused');
  recorder.event(pods, pod, 'Normal', 'R', 'written');
  await recorder.flushed();
  assert.deepEqual(
    (await client.list(events)).items.map(({ message }) => message),
    ['written'],
  );
});

test('when a thousand events wait more are dropped, not kept', async () => {
  await using sandbox = await Sandbox.open();
  const pod = await podIn(sandbox);
  const client: typeof sandbox.world.client = { ...sandbox.world.client, create: () => new Promise(() => {}) };
  const warned: string[] = [];
  const log = { info() {}, warn: (message: string) => void warned.push(message), error() {}, with: () => log };
  const recorder = new EventRecorder({ ...sandbox.world, client, log }, 'test');
  for (let i = 0; i < 1005; i++)
    recorder.event(pods, { ...pod, metadata: { ...pod.metadata, uid: `u${i}` } }, 'Normal', 'R', 'm');
  assert.equal(warned.length, 5);
});
