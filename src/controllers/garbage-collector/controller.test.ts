import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiVersionOf, type KubernetesObject, type Resource } from '../../api/resource.ts';
import {
  configMaps,
  customResourceDefinitions,
  secrets,
  deployments,
  events,
  namespaces,
  nodes,
  pods,
  replicaSets,
} from '../../api/resources.ts';
import type { OwnerReference } from '../../api/schema/meta-v1.ts';
import type { Client } from '../../machinery/client.ts';
import { secondMs } from '../../std/clock.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { deploymentController } from '../deployment/controller.ts';
import { replicaSetController } from '../replicaset/controller.ts';
import { garbageCollector } from './controller.ts';

const resourcesOf =
  ({ server }: Sandbox) =>
  (): readonly Resource[] =>
    server.registry.resources.all().map(({ resource }) => resource);

async function opened(): Promise<Sandbox> {
  const sandbox = await Sandbox.open();
  const { world, informers } = sandbox;
  await sandbox.start(garbageCollector(world, informers, { resources: resourcesOf(sandbox) }));
  return sandbox;
}

const ownedBy = (resource: Resource, owner: KubernetesObject, extra: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  ...extra,
});

async function make(
  { world }: Sandbox,
  name: string,
  ownerReferences: readonly OwnerReference[] = [],
  { namespace = 'default', finalizers = [] as readonly string[] } = {},
): Promise<KubernetesObject> {
  return world.client.create(configMaps, { metadata: { namespace, name, ownerReferences, finalizers } });
}

async function names({ world }: Sandbox): Promise<readonly string[]> {
  return (await world.client.list(configMaps)).items.map(({ metadata }) => metadata.name).sort();
}

const remove = (
  { world }: Sandbox,
  name: string,
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan',
): Promise<unknown> => world.client.delete(configMaps, { namespace: 'default', name }, { propagationPolicy });

test('dependents go after their owner, and theirs after them', async () => {
  await using sandbox = await opened();
  const owner = await make(sandbox, 'owner');
  const child = await make(sandbox, 'child', [ownedBy(configMaps, owner)]);
  await make(sandbox, 'grandchild', [ownedBy(configMaps, child)]);
  await make(sandbox, 'other');
  await sandbox.clock.settle();
  assert.deepEqual(await names(sandbox), ['child', 'grandchild', 'other', 'owner']);
  await remove(sandbox, 'owner');
  await sandbox.clock.settle();
  assert.deepEqual(await names(sandbox), ['other']);
});

test('an object with another owner stays and names only that', async () => {
  await using sandbox = await opened();
  const [one, two] = [await make(sandbox, 'one'), await make(sandbox, 'two')];
  const both = await make(sandbox, 'both', [ownedBy(configMaps, one), ownedBy(configMaps, two)]);
  await remove(sandbox, 'one');
  await sandbox.clock.settle();
  const { metadata } = await sandbox.world.client.get(configMaps, both.metadata);
  assert.deepEqual(
    metadata.ownerReferences?.map(({ name }) => name),
    ['two'],
  );
});

test('an owner that never was, or whose name another has now, counts as gone', async () => {
  await using sandbox = await opened();
  const owner = await make(sandbox, 'owner');
  await make(sandbox, 'of-nobody', [
    ownedBy(configMaps, { metadata: { ...owner.metadata, uid: 'other', name: 'absent' } }),
  ]);
  await make(sandbox, 'of-namesake', [ownedBy(configMaps, { metadata: { ...owner.metadata, uid: 'other' } })]);
  await sandbox.clock.settle();
  assert.deepEqual(await names(sandbox), ['owner']);
});

test('foreground deletion waits for the dependents that block, depth first, and for no others', async () => {
  await using sandbox = await opened();
  const owner = await make(sandbox, 'owner');
  const child = await make(sandbox, 'child', [ownedBy(configMaps, owner, { blockOwnerDeletion: true })]);
  await make(sandbox, 'grandchild', [ownedBy(configMaps, child, { blockOwnerDeletion: true })], {
    finalizers: ['example.com/slow'],
  });
  await make(sandbox, 'loose', [ownedBy(configMaps, owner)]);
  await sandbox.clock.settle();
  await remove(sandbox, 'owner', 'Foreground');
  await sandbox.clock.settle();
  assert.deepEqual(await names(sandbox), ['child', 'grandchild', 'owner']);
  const { metadata } = await sandbox.world.client.get(configMaps, child.metadata);
  assert.deepEqual(metadata.finalizers, ['foregroundDeletion']);
  await sandbox.world.client.patch(
    configMaps,
    { namespace: 'default', name: 'grandchild' },
    { type: 'merge', body: { metadata: { finalizers: null } } },
  );
  await sandbox.clock.settle();
  assert.deepEqual(await names(sandbox), []);
});

test('a dependent that stops to block lets its owner go', async () => {
  await using sandbox = await opened();
  const owner = await make(sandbox, 'owner');
  const child = await make(sandbox, 'child', [ownedBy(configMaps, owner, { blockOwnerDeletion: true })], {
    finalizers: ['example.com/slow'],
  });
  await remove(sandbox, 'owner', 'Foreground');
  await sandbox.clock.settle();
  assert.deepEqual(await names(sandbox), ['child', 'owner']);
  const ownerReferences = [ownedBy(configMaps, owner, { blockOwnerDeletion: false })];
  await sandbox.world.client.patch(configMaps, child.metadata, {
    type: 'merge',
    body: { metadata: { ownerReferences } },
  });
  await sandbox.clock.settle();
  assert.deepEqual(await names(sandbox), ['child']);
});

test('two that own each other are both deleted in the foreground', async () => {
  await using sandbox = await opened();
  const one = await make(sandbox, 'one');
  const two = await make(sandbox, 'two', [ownedBy(configMaps, one, { blockOwnerDeletion: true })]);
  const ownerReferences = [ownedBy(configMaps, two, { blockOwnerDeletion: true })];
  await sandbox.world.client.patch(configMaps, one.metadata, {
    type: 'merge',
    body: { metadata: { ownerReferences } },
  });
  await sandbox.clock.settle();
  await remove(sandbox, 'one', 'Foreground');
  await sandbox.clock.advance(10 * secondMs);
  assert.deepEqual(await names(sandbox), []);
});

test('orphaning keeps the dependents and takes their reference away', async () => {
  await using sandbox = await opened();
  const owner = await make(sandbox, 'owner');
  const child = await make(sandbox, 'child', [ownedBy(configMaps, owner, { blockOwnerDeletion: true })]);
  await sandbox.clock.settle();
  await remove(sandbox, 'owner', 'Orphan');
  await sandbox.clock.settle();
  assert.deepEqual(await names(sandbox), ['child']);
  assert.equal((await sandbox.world.client.get(configMaps, child.metadata)).metadata.ownerReferences, undefined);
});

test('an owner in another namespace counts as gone, and that is told', async () => {
  await using sandbox = await opened();
  await sandbox.world.client.create(namespaces, { metadata: { name: 'elsewhere' } });
  const owner = await make(sandbox, 'owner', [], { namespace: 'elsewhere' });
  await sandbox.clock.settle();
  await make(sandbox, 'child', [ownedBy(configMaps, owner)]);
  await sandbox.clock.settle();
  assert.deepEqual(await names(sandbox), ['owner']);
  const [event] = (await sandbox.world.client.list(events)).items;
  assert.equal(event?.reason, 'OwnerRefInvalidNamespace');
  assert.match(
    event.message ?? '',
    /^ownerRef \[v1\/ConfigMap, namespace: default, name: owner, uid: .*\] does not exist in namespace "default"$/,
  );
});

test('an owner without a namespace is found, and an object without one never follows an owner in one', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  const node = await client.create(nodes, { metadata: { name: 'node-1' } });
  await make(sandbox, 'of-node', [ownedBy(nodes, node)]);
  const map = await make(sandbox, 'map');
  await client.create(nodes, { metadata: { name: 'node-2', ownerReferences: [ownedBy(configMaps, map)] } });
  await sandbox.clock.settle();
  await remove(sandbox, 'map');
  await sandbox.clock.settle();
  assert.deepEqual(await names(sandbox), ['of-node']);
  await client.get(nodes, { name: 'node-2' });
  await client.delete(nodes, { name: 'node-1' });
  await sandbox.clock.settle();
  assert.deepEqual(await names(sandbox), []);
});

test('at rest and for dependents of known owners nothing is read or written', async () => {
  const sandbox = await Sandbox.open();
  let requests = 0;
  const { client } = sandbox.world;
  const counted: Client = {
    ...client,
    get: (...request) => (requests++, client.get(...request)),
    patch: (...request) => (requests++, client.patch(...request)),
    delete: (...request) => (requests++, client.delete(...request)),
  };
  await sandbox.start(
    garbageCollector({ ...sandbox.world, client: counted }, sandbox.informers, { resources: resourcesOf(sandbox) }),
  );
  const owner = await make(sandbox, 'owner');
  await sandbox.clock.settle();
  for (let i = 0; i < 20; i++) await make(sandbox, `child-${i}`, [ownedBy(configMaps, owner)]);
  await sandbox.clock.advance(600 * secondMs);
  assert.equal(requests, 0);
  await sandbox[Symbol.asyncDispose]();
});

test('objects whose owner vanished while nobody looked are collected at the start', async () => {
  const sandbox = await Sandbox.open();
  const owner = await make(sandbox, 'owner');
  await make(sandbox, 'child', [ownedBy(configMaps, owner)]);
  await remove(sandbox, 'owner');
  await sandbox.start(garbageCollector(sandbox.world, sandbox.informers, { resources: resourcesOf(sandbox) }));
  assert.deepEqual(await names(sandbox), []);
  await sandbox[Symbol.asyncDispose]();
});

test('deleting a Deployment deletes its ReplicaSets and pods; orphaning it leaves them to the next one', async () => {
  await using sandbox = await opened();
  const { world, informers } = sandbox;
  const { client } = world;
  await sandbox.start(deploymentController(world, informers), replicaSetController(world, informers));
  const key = { namespace: 'default', name: 'web' };
  const labels = { app: 'web' };
  const draft = {
    metadata: key,
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  };
  const podUids = async (): Promise<readonly string[]> =>
    (await client.list(pods)).items.map(({ metadata }) => metadata.uid).sort();
  await client.create(deployments, draft);
  await sandbox.clock.settle();
  const before = await podUids();
  assert.equal(before.length, 2);
  await client.delete(deployments, key, { propagationPolicy: 'Orphan' });
  await sandbox.clock.settle();
  assert.equal((await client.list(deployments)).items.length, 0);
  assert.deepEqual(await podUids(), before);
  await client.create(deployments, draft);
  await sandbox.clock.settle();
  assert.deepEqual(await podUids(), before);
  await client.delete(deployments, key, { propagationPolicy: 'Foreground' });
  await sandbox.clock.advance(secondMs);
  assert.deepEqual(await podUids(), []);
  assert.deepEqual((await client.list(replicaSets)).items, []);
  assert.deepEqual((await client.list(deployments)).items, []);
});
test('custom resources are collected from half a minute after they are served', async () => {
  await using sandbox = await opened();
  const { client } = sandbox.world;
  const widgets: Resource = {
    group: 'example.com',
    version: 'v1',
    resource: 'widgets',
    singular: 'widget',
    kind: 'Widget',
    namespaced: true,
    shortNames: [],
    categories: [],
  };
  await client.create(customResourceDefinitions, {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  });
  await sandbox.clock.advance(31 * secondMs);
  const owner = await client.create(widgets, { metadata: { namespace: 'default', name: 'owner' } });
  const secret = await client.create(secrets, {
    metadata: { namespace: 'default', name: 'child', ownerReferences: [ownedBy(widgets, owner)] },
  });
  await client.create(widgets, {
    metadata: { namespace: 'default', name: 'grandchild', ownerReferences: [ownedBy(secrets, secret)] },
  });
  await sandbox.clock.settle();
  await client.delete(widgets, owner.metadata);
  await sandbox.clock.settle();
  assert.deepEqual((await client.list(secrets)).items, []);
  assert.deepEqual((await client.list(widgets)).items, []);
});
