import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiError } from '../api/error.ts';
import { builtInKinds } from '../api/kinds.ts';
import type { KubernetesObject } from '../api/resource.ts';
import { configMaps, deployments, namespaces, pods } from '../api/resources.ts';
import type { Deployment } from '../api/schema/apps-v1.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import type { Draft } from '../api/schema/draft.ts';
import type { Client, WatchEvent } from '../machinery/client.ts';
import { seededRandom } from '../std/random.ts';
import { ApiServer } from './api-server.ts';
import { memoryJournal } from './journal.ts';

async function server(): Promise<{ client: Client; advance: (ms: number) => void }> {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const clock = { now: () => now, after: () => ({ cancel() {} }) };
  const api = new ApiServer({ clock, random: seededRandom(1), journal: memoryJournal(), kinds: builtInKinds });
  await api.start();
  return { client: api.client(), advance: (ms) => (now += ms) };
}

const reason = (expected: string) => (error: unknown) => error instanceof ApiError && error.reason === expected;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const containers = [{ name: 'main', image: 'slipway/sim' }];
const pod = (name: string, spec: object = {}): { metadata: { name: string; namespace: string }; spec: object } => ({
  metadata: { name, namespace: 'default' },
  spec: { containers, ...spec },
});

function deployment(name: string): Draft<Deployment> {
  const labels = { app: name };
  return {
    metadata: { name, namespace: 'default' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

test('what is created comes back with the metadata of the system', async () => {
  const { client } = await server();
  const made = await client.create(pods, pod('a'));
  assert.equal(made.kind, 'Pod');
  assert.equal(made.apiVersion, 'v1');
  assert.match(made.metadata.uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  assert.equal(made.metadata.creationTimestamp, '2026-01-01T00:00:00Z');
  assert.equal(made.metadata.generation, 1);
  assert.equal(await client.get(pods, { namespace: 'default', name: 'a' }), made);
  assert.throws(() => Object.assign(made.spec, { nodeName: 'x' }));
});

test('a generated name is the base and five letters', async () => {
  const { client } = await server();
  const made = await client.create(pods, { ...pod('x'), metadata: { generateName: 'web-', namespace: 'default' } });
  assert.match(made.metadata.name, /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test('creating twice is refused', async () => {
  const { client } = await server();
  await client.create(pods, pod('a'));
  await assert.rejects(client.create(pods, pod('a')), { message: 'pods "a" already exists', code: 409 });
});

test('an update of an old version is a conflict, of the current one grows the generation only with the spec', async () => {
  const { client } = await server();
  const made = await client.create(pods, pod('a'));
  const labelled = await client.update(pods, { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } });
  assert.equal(labelled.metadata.generation, 1);
  await assert.rejects(client.update(pods, made), {
    message:
      'Operation cannot be fulfilled on pods "a": the object has been modified; please apply your changes to the latest version and try again',
  });
  const [container] = labelled.spec.containers;
  const spec = { ...labelled.spec, containers: [{ ...container!, image: 'slipway/sim:2' }] };
  const next = await client.update(pods, { ...labelled, spec });
  assert.equal(next.metadata.generation, 2);
  assert.equal(await client.update(pods, next), next, 'a write that changes nothing is none');
});

test('the status is written through its subresource and nothing else is', async () => {
  const { client } = await server();
  const made = await client.create(deployments, { ...deployment('d'), status: { replicas: 9 } });
  assert.deepEqual(made.status, {});
  const spec = { ...made.spec, replicas: 5 };
  const status = { ...made.status, replicas: 2 };
  const written = await client.update(deployments, { ...made, spec, status }, { subresource: 'status' });
  assert.equal(written.spec.replicas, 2);
  assert.equal(written.status.replicas, 2);
  assert.equal(written.metadata.generation, 1);
  const replaced = await client.update(deployments, { ...written, spec, status: {} });
  assert.equal(replaced.status.replicas, 2);
  assert.equal(replaced.metadata.generation, 2);
});

test('a scale changes the replicas', async () => {
  const { client } = await server();
  await client.create(deployments, deployment('d'));
  const key = { namespace: 'default', name: 'd' };
  await client.patch(deployments, key, { type: 'merge', body: { spec: { replicas: 7 } } }, { subresource: 'scale' });
  const scaled = await client.get(deployments, key);
  assert.equal(scaled.spec.replicas, 7);
  assert.equal(scaled.metadata.generation, 2);
  const scale = (await client.get(deployments, key, { subresource: 'scale' })) as unknown as { status: object };
  assert.deepEqual(scale.status, { replicas: 0, selector: 'app=d' });
});

test('nothing is created in a namespace that is not there or terminates', async () => {
  const { client } = await server();
  await assert.rejects(client.create(configMaps, { metadata: { name: 'c', namespace: 'no' } }), {
    message: 'namespaces "no" not found',
  });
  await client.create(namespaces, { metadata: { name: 'n' } });
  const dying = await client.delete(namespaces, { name: 'n' });
  assert.equal(dying?.status.phase, 'Terminating');
  await assert.rejects(client.create(configMaps, { metadata: { name: 'c', namespace: 'n' } }), {
    message: 'configmaps "c" is forbidden: unable to create new content in namespace n because it is being terminated',
  });
  const finalized = { ...dying!, spec: { ...dying!.spec, finalizers: [] } };
  await client.update(namespaces, finalized, { subresource: 'finalize' });
  await assert.rejects(client.get(namespaces, { name: 'n' }), reason('NotFound'));
  await assert.rejects(client.delete(namespaces, { name: 'default' }), reason('Forbidden'));
});

test('a pod on a node terminates gracefully, and its grace can only shrink', async () => {
  const { client, advance } = await server();
  const key = { namespace: 'default', name: 'a' };
  await client.create(pods, pod('a', { terminationGracePeriodSeconds: 30 }));
  await client.post(pods, key, 'binding', { target: { name: 'node-1' } });
  const first = await client.delete(pods, key);
  assert.equal(first?.metadata.deletionTimestamp, '2026-01-01T00:00:30Z');
  assert.equal(first?.metadata.generation, 2);
  assert.equal((await client.delete(pods, key, { gracePeriodSeconds: 60 }))?.metadata.deletionGracePeriodSeconds, 30);
  const shorter = await client.delete(pods, key, { gracePeriodSeconds: 10 });
  assert.equal(shorter?.metadata.deletionTimestamp, '2026-01-01T00:00:10Z');
  advance(20_000);
  assert.equal((await client.delete(pods, key, { gracePeriodSeconds: 5 }))?.metadata.deletionGracePeriodSeconds, 1);
  assert.equal(await client.delete(pods, key, { gracePeriodSeconds: 0 }), undefined);
  await assert.rejects(client.get(pods, key), reason('NotFound'));
});

test('a pod without a node goes at once', async () => {
  const { client } = await server();
  await client.create(pods, pod('a'));
  assert.equal(await client.delete(pods, { namespace: 'default', name: 'a' }), undefined);
});

test('a pod is bound once', async () => {
  const { client } = await server();
  const key = { namespace: 'default', name: 'a' };
  await client.create(pods, pod('a'));
  await client.post(pods, key, 'binding', { metadata: { name: 'a' }, target: { kind: 'Node', name: 'node-1' } });
  const bound = await client.get(pods, key);
  assert.equal(bound.spec.nodeName, 'node-1');
  assert.equal(bound.status.conditions?.[0]?.type, 'PodScheduled');
  await assert.rejects(client.post(pods, key, 'binding', { target: { name: 'node-2' } }), {
    message: 'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "node-1"',
  });
});

test('finalizers hold an object until the last one is taken away', async () => {
  const { client } = await server();
  const key = { namespace: 'default', name: 'c' };
  await client.create(configMaps, { metadata: { ...key, finalizers: ['example.com/hold'] } });
  const dying = await client.delete(configMaps, key);
  assert.equal(dying?.metadata.deletionGracePeriodSeconds, 0);
  const more = { ...dying!, metadata: { ...dying!.metadata, finalizers: ['example.com/hold', 'example.com/more'] } };
  await assert.rejects(client.update(configMaps, more), reason('Invalid'));
  await client.update(configMaps, { ...dying!, metadata: { ...dying!.metadata, finalizers: [] } });
  await assert.rejects(client.get(configMaps, key), reason('NotFound'));
});

test('the propagation policy becomes a finalizer', async () => {
  const { client } = await server();
  for (const [propagationPolicy, finalizers] of [
    ['Foreground', ['foregroundDeletion']],
    ['Orphan', ['orphan']],
  ] as const) {
    const key = { namespace: 'default', name: propagationPolicy.toLowerCase() };
    await client.create(deployments, deployment(key.name));
    const dying = await client.delete(deployments, key, { propagationPolicy });
    assert.deepEqual(dying?.metadata.finalizers, finalizers);
    assert.equal(dying?.metadata.generation, 2);
  }
  const key = { namespace: 'default', name: 'background' };
  await client.create(deployments, deployment(key.name));
  assert.equal(await client.delete(deployments, key, { propagationPolicy: 'Background' }), undefined);
});

test('a watch sees everything after its revision, in order', async () => {
  const { client } = await server();
  const { metadata } = await client.list(pods);
  await client.create(pods, pod('a'));
  const events: string[] = [];
  const watch = client.watch(pods, {
    resourceVersion: metadata.resourceVersion,
    onEvent: (event) => events.push(describe(event)),
    onEnd: () => events.push('end'),
  });
  await client.create(pods, pod('b'));
  await client.delete(pods, { namespace: 'default', name: 'a' });
  await settle();
  assert.deepEqual(events, ['ADDED a', 'ADDED b', 'DELETED a']);
  watch.stop();
  await client.delete(pods, { namespace: 'default', name: 'b' });
  await settle();
  assert.equal(events.length, 3);
});

test('an object that leaves the selection of a watch is deleted from it, one that enters is added', async () => {
  const { client } = await server();
  const { metadata } = await client.list(pods);
  const events: string[] = [];
  client.watch(pods, {
    resourceVersion: metadata.resourceVersion,
    labelSelector: 'app=web',
    onEvent: (event) => events.push(describe(event)),
    onEnd: () => {},
  });
  const made = await client.create(pods, pod('a'));
  const label = async (labels: Record<string, string>): Promise<Pod> =>
    await client.update(pods, { ...made, metadata: { ...made.metadata, resourceVersion: '', labels } });
  await label({ app: 'web' });
  await label({ app: 'web', x: 'y' });
  const left = await label({ app: 'db' });
  await settle();
  assert.deepEqual(events, ['ADDED a', 'MODIFIED a', 'DELETED a']);
  assert.notEqual(left.metadata.labels?.['app'], 'web');
});

test('a watch from a revision that is not known ends with Expired', async () => {
  const { client } = await server();
  const ended = await new Promise<ApiError | undefined>((resolve) => {
    client.watch(pods, { resourceVersion: '0', onEvent() {}, onEnd: resolve });
  });
  assert.equal(ended?.reason, 'BadRequest');
});

test('pages of a list show the state of the first one', async () => {
  const { client } = await server();
  for (const name of ['a', 'b', 'c', 'd']) await client.create(pods, pod(name));
  const first = await client.list(pods, { limit: 2 });
  assert.deepEqual(names(first.items), ['a', 'b']);
  assert.equal(first.metadata.remainingItemCount, 2);
  await client.delete(pods, { namespace: 'default', name: 'c' });
  await client.create(pods, pod('bb'));
  const second = await client.list(pods, { limit: 2, continue: first.metadata.continue });
  assert.deepEqual(names(second.items), ['c', 'd']);
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  assert.deepEqual(names((await client.list(pods)).items), ['a', 'b', 'bb', 'd']);
});

test('lists are narrowed by namespace, labels and fields', async () => {
  const { client } = await server();
  await client.create(pods, { ...pod('a'), metadata: { ...pod('a').metadata, labels: { app: 'x' } } });
  await client.create(pods, {
    metadata: { name: 'b', namespace: 'kube-system' },
    spec: { containers, nodeName: 'n1' },
  });
  assert.deepEqual(names((await client.list(pods, { namespace: 'default' })).items), ['a']);
  assert.deepEqual(names((await client.list(pods, { labelSelector: 'app in (x,y)' })).items), ['a']);
  assert.deepEqual(names((await client.list(pods, { fieldSelector: 'spec.nodeName=n1' })).items), ['b']);
  await assert.rejects(client.list(pods, { fieldSelector: 'spec.color=red' }), /field label not supported: spec.color/);
});

test('a dry run changes nothing', async () => {
  const { client } = await server();
  const made = await client.create(pods, pod('a'), { dryRun: true });
  assert.equal(made.metadata.name, 'a');
  assert.deepEqual((await client.list(pods)).items, []);
});

function describe(event: WatchEvent<KubernetesObject>): string {
  return event.type === 'BOOKMARK' ? event.type : `${event.type} ${event.object.metadata.name}`;
}

const names = (items: readonly KubernetesObject[]): string[] => items.map(({ metadata }) => metadata.name);
