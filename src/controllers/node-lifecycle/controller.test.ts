import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCondition } from '../../api/conditions.ts';
import { events, leases, nodes, pods } from '../../api/resources.ts';
import type { Node } from '../../api/schema/core-v1.ts';
import { microTimestamp, timestamp } from '../../api/timestamps.ts';
import { secondMs } from '../../std/clock.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { taintEvictionController } from '../taint-eviction/controller.ts';
import { nodeLifecycleController } from './controller.ts';

/** Nodes that renew their Leases every ten seconds until they are silenced. */
class Cluster {
  readonly sandbox: Sandbox;
  readonly silent = new Set<string>();

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  static async open(names: readonly string[], zoneOf: (name: string) => string = () => ''): Promise<Cluster> {
    const sandbox = await Sandbox.open();
    const { world, informers } = sandbox;
    const cluster = new Cluster(sandbox);
    for (const name of names) await cluster.join(name, zoneOf(name));
    await sandbox.start(
      nodeLifecycleController(world, informers),
      taintEvictionController(world, informers),
      sandboxKubelet(world, informers, { nodeNames: names, startMs: 0 }),
    );
    return cluster;
  }

  async join(name: string, zone = ''): Promise<void> {
    const { client, clock } = this.sandbox.world;
    const labels = { 'kubernetes.io/os': 'linux', ...(zone === '' ? {} : { 'topology.kubernetes.io/zone': zone }) };
    const node = await client.create(nodes, { metadata: { name, labels } });
    const now = timestamp(clock.now());
    const ready = {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: '',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    };
    await client.update(nodes, { ...node, status: { ...node.status, conditions: [ready] } }, { subresource: 'status' });
    const key = { namespace: 'kube-node-lease', name };
    await client.create(leases, {
      metadata: key,
      spec: { holderIdentity: name, renewTime: microTimestamp(clock.now()) },
    });
    const renew = async (): Promise<void> => {
      if (!this.silent.has(name))
        await client.patch(leases, key, { type: 'merge', body: { spec: { renewTime: microTimestamp(clock.now()) } } });
      clock.after(10 * secondMs, () => void renew());
    };
    clock.after(10 * secondMs, () => void renew());
  }

  /** The node agent is back: it renews its Lease and reports Ready. */
  async revive(name: string): Promise<void> {
    const { client, clock } = this.sandbox.world;
    this.silent.delete(name);
    const node = await client.get(nodes, { name });
    const now = timestamp(clock.now());
    const conditions = (node.status.conditions ?? []).map((condition) => ({
      ...condition,
      status: condition.type === 'Ready' ? 'True' : 'False',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    }));
    await client.update(nodes, { ...node, status: { ...node.status, conditions } }, { subresource: 'status' });
  }

  async pod(name: string, tolerationSeconds?: number): Promise<void> {
    const tolerations =
      tolerationSeconds === undefined
        ? []
        : ['not-ready', 'unreachable'].map((key) => ({
            key: `node.kubernetes.io/${key}`,
            operator: 'Exists',
            effect: 'NoExecute',
            tolerationSeconds,
          }));
    await this.sandbox.world.client.create(pods, {
      metadata: { namespace: 'default', name },
      spec: { containers: [{ name: 'c', image: 'i' }], tolerations },
    });
  }

  node(name: string): Promise<Node> {
    return this.sandbox.world.client.get(nodes, { name });
  }

  async ready(name: string): Promise<string | undefined> {
    return findCondition((await this.node(name)).status.conditions, 'Ready')?.status;
  }

  async taints(name: string): Promise<readonly string[]> {
    return ((await this.node(name)).spec.taints ?? [])
      .map(({ key, effect }) => `${key.split('/')[1]}:${effect}`)
      .sort();
  }

  async podReady(name: string): Promise<string | undefined> {
    const pod = await this.sandbox.world.client.get(pods, { namespace: 'default', name });
    return findCondition(pod.status.conditions, 'Ready')?.status;
  }

  advance(seconds: number): Promise<void> {
    return this.sandbox.clock.advance(seconds * secondMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.sandbox[Symbol.asyncDispose]();
  }
}

test('a node that goes silent is unknown after fifty seconds, its pods leave service in that moment and are evicted when they no longer tolerate it', async () => {
  await using cluster = await Cluster.open(['node-1', 'node-2']);
  await cluster.pod('a', 300);
  await cluster.pod('b', 300);
  await cluster.advance(60);
  assert.deepEqual(
    [await cluster.ready('node-1'), await cluster.taints('node-1'), await cluster.podReady('a')],
    ['True', [], 'True'],
  );
  cluster.silent.add('node-1');
  await cluster.advance(49);
  assert.deepEqual([await cluster.ready('node-1'), await cluster.podReady('a')], ['True', 'True']);
  await cluster.advance(12);
  assert.deepEqual([await cluster.ready('node-1'), await cluster.podReady('a')], ['Unknown', 'False']);
  assert.deepEqual(await cluster.taints('node-1'), ['unreachable:NoExecute', 'unreachable:NoSchedule']);
  assert.deepEqual([await cluster.ready('node-2'), await cluster.podReady('b')], ['True', 'True']);
  await cluster.advance(285);
  const read = async () =>
    (await cluster.sandbox.world.client.list(pods)).items.filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
  assert.equal((await read()).length, 2);
  await cluster.advance(20);
  assert.deepEqual(
    (await read()).map(({ metadata }) => metadata.name),
    ['b'],
  );
  const told = (await cluster.sandbox.world.client.list(events)).items.map(
    ({ involvedObject, reason, message }) => `${involvedObject.name} ${reason}: ${message}`,
  );
  for (const expected of [
    'node-1 NodeNotReady: Node node-1 status is now: NodeNotReady',
    'a NodeNotReady: Node is not ready',
    'node-1 RegisteredNode: Node node-1 event: Registered Node node-1 in Controller',
  ])
    assert.ok(told.includes(expected), `${expected} is not among ${told.join('; ')}`);
});

test('a node that comes back loses its taints and keeps its pods', async () => {
  await using cluster = await Cluster.open(['node-1', 'node-2']);
  await cluster.pod('a', 300);
  await cluster.advance(30);
  cluster.silent.add('node-1');
  await cluster.advance(120);
  assert.equal(await cluster.ready('node-1'), 'Unknown');
  await cluster.revive('node-1');
  await cluster.advance(11);
  assert.deepEqual([await cluster.ready('node-1'), await cluster.taints('node-1')], ['True', []]);
  await cluster.advance(600);
  const { metadata } = await cluster.sandbox.world.client.get(pods, { namespace: 'default', name: 'a' });
  assert.equal(metadata.deletionTimestamp, undefined);
});

test('a node that turns from unreachable to not ready changes its taint without waiting', async () => {
  await using cluster = await Cluster.open(['node-1', 'node-2']);
  await cluster.advance(30);
  cluster.silent.add('node-1');
  await cluster.advance(120);
  const node = await cluster.node('node-1');
  const conditions = (node.status.conditions ?? []).map((condition) =>
    condition.type === 'Ready'
      ? { ...condition, status: 'False', lastHeartbeatTime: timestamp(cluster.sandbox.clock.now()) }
      : condition,
  );
  await cluster.sandbox.world.client.update(
    nodes,
    { ...node, status: { ...node.status, conditions } },
    { subresource: 'status' },
  );
  cluster.silent.delete('node-1');
  await cluster.advance(6);
  assert.deepEqual(await cluster.taints('node-1'), ['not-ready:NoExecute', 'not-ready:NoSchedule']);
});

test('when no node is ready nobody is evicted, and when one is back the others get their whole grace again', async () => {
  await using cluster = await Cluster.open(['node-1', 'node-2', 'node-3']);
  for (const name of ['a', 'b', 'c']) await cluster.pod(name);
  await cluster.advance(30);
  for (const name of ['node-1', 'node-2', 'node-3']) cluster.silent.add(name);
  await cluster.advance(600);
  for (const name of ['node-1', 'node-2', 'node-3'])
    assert.deepEqual([await cluster.ready(name), await cluster.taints(name)], ['Unknown', ['unreachable:NoSchedule']]);
  assert.equal((await cluster.sandbox.world.client.list(pods)).items.length, 3);
  await cluster.revive('node-1');
  await cluster.advance(20);
  assert.deepEqual(await cluster.taints('node-1'), []);
  const left = async (): Promise<string[]> =>
    (await cluster.sandbox.world.client.list(pods)).items.map(({ metadata }) => metadata.name);
  await cluster.advance(120);
  assert.deepEqual(await left(), ['a', 'b', 'c'], 'five minutes are tolerated unless a pod says otherwise');
  await cluster.advance(300);
  assert.deepEqual(await left(), ['a'], 'then the pods leave the nodes that stayed silent');
});

test('many silent nodes of a large enough zone are tainted one in ten seconds', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `node-${index}`);
  await using cluster = await Cluster.open(names);
  await cluster.advance(30);
  for (const name of names.slice(0, 4)) cluster.silent.add(name);
  await cluster.advance(61);
  const tainted = async (): Promise<number> => {
    const all = await Promise.all(names.map((name) => cluster.taints(name)));
    return all.filter((taints) => taints.includes('unreachable:NoExecute')).length;
  };
  const first = await tainted();
  assert.ok(first >= 1 && first <= 2, `${first} at once`);
  await cluster.advance(10);
  assert.equal(await tainted(), first + 1);
  await cluster.advance(30);
  assert.equal(await tainted(), 4);
});

test('a zone of which more than half is silent is left alone, another is not', async () => {
  const names = ['a-1', 'a-2', 'a-3', 'a-4', 'a-5', 'b-1', 'b-2', 'b-3'];
  await using cluster = await Cluster.open(names, (name) => name[0]!);
  await cluster.advance(30);
  for (const name of ['a-1', 'a-2', 'a-3', 'b-1']) cluster.silent.add(name);
  await cluster.advance(65);
  const tainted = [];
  for (const name of names) if ((await cluster.taints(name)).includes('unreachable:NoExecute')) tainted.push(name);
  // The first of a zone has its turn before the zone's state is known.
  assert.deepEqual(
    tainted.filter((name) => name.startsWith('b')),
    ['b-1'],
  );
  assert.ok(tainted.filter((name) => name.startsWith('a')).length <= 1, tainted.join());
  await cluster.advance(300);
  for (const name of ['a-2', 'a-3']) assert.ok(!(await cluster.taints(name)).includes('unreachable:NoExecute'), name);
});

test('at rest a cluster of living nodes costs no write but their Leases', async () => {
  await using cluster = await Cluster.open(['node-1', 'node-2']);
  await cluster.advance(30);
  const versions = async (): Promise<readonly string[]> =>
    (await cluster.sandbox.world.client.list(nodes)).items.map(({ metadata }) => metadata.resourceVersion);
  const before = await versions();
  await cluster.advance(1200);
  assert.deepEqual(await versions(), before);
  assert.equal((await cluster.node('node-1')).metadata.labels?.['beta.kubernetes.io/os'], 'linux');
});

test('a node that leaves is told and forgotten', async () => {
  await using cluster = await Cluster.open(['node-1', 'node-2']);
  await cluster.advance(30);
  await cluster.sandbox.world.client.delete(nodes, { name: 'node-2' });
  await cluster.advance(6);
  const told = (await cluster.sandbox.world.client.list(events)).items.find(({ reason }) => reason === 'RemovingNode');
  assert.equal(told?.message, 'Node node-2 event: Removing Node node-2 from Controller');
});
