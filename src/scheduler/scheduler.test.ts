import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events, nodes, pods } from '../api/resources.ts';
import type { Pod, PodSpec } from '../api/schema/core-v1.ts';
import type { Draft } from '../api/schema/draft.ts';
import { Sandbox } from '../worlds/sandbox.ts';
import { Scheduler } from './scheduler.ts';

/** A scheduler over nodes that nobody runs. */
class Cluster implements AsyncDisposable {
  readonly sandbox: Sandbox;

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  static async open(...names: readonly string[]): Promise<Cluster> {
    const cluster = new Cluster(await Sandbox.open());
    for (const name of names) await cluster.addNode(name);
    const { world, informers } = cluster.sandbox;
    await cluster.sandbox.start(new Scheduler(world, informers));
    return cluster;
  }

  get client() {
    return this.sandbox.world.client;
  }

  async addNode(name: string, cpu = '4'): Promise<void> {
    const node = await this.client.create(nodes, { metadata: { name } });
    const capacity = { cpu, memory: '8Gi', pods: '10' };
    const status = { ...node.status, capacity, allocatable: capacity };
    await this.client.update(nodes, { ...node, status }, { subresource: 'status' });
  }

  async addPod(name: string, cpu: string, spec: Draft<PodSpec> & object = {}): Promise<Pod> {
    return this.client.create(pods, {
      metadata: { name, namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }], ...spec },
    });
  }

  async advance(seconds: number): Promise<void> {
    await this.sandbox.clock.advance(seconds * 1000);
  }

  async nodeOf(name: string): Promise<string> {
    return (await this.pod(name)).spec.nodeName ?? 'none';
  }

  pod(name: string): Promise<Pod> {
    return this.client.get(pods, { namespace: 'default', name });
  }

  async events(): Promise<readonly string[]> {
    const { items } = await this.client.list(events, { namespace: 'default' });
    return items.map(({ involvedObject, reason, message }) => `${involvedObject.name} ${reason}: ${message}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}

test('a pod is bound, its condition and an event say so', async () => {
  await using cluster = await Cluster.open('n1');
  await cluster.addPod('p', '1');
  await cluster.advance(0);
  const { spec, status } = await cluster.pod('p');
  assert.equal(spec.nodeName, 'n1');
  assert.equal(status.conditions?.find(({ type }) => type === 'PodScheduled')?.status, 'True');
  assert.deepEqual(await cluster.events(), ['p Scheduled: Successfully assigned default/p to n1']);
});

test('pods that come at once never take the same room', async () => {
  await using cluster = await Cluster.open('n1', 'n2');
  await Promise.all(Array.from({ length: 6 }, (_, index) => cluster.addPod(`p${index}`, '1500m')));
  await cluster.advance(0);
  const placed = await Promise.all(Array.from({ length: 6 }, (_, index) => cluster.nodeOf(`p${index}`)));
  const count = (name: string): number => placed.filter((node) => node === name).length;
  assert.deepEqual([count('n1'), count('n2'), count('none')], [2, 2, 2]);
});

test('a pod that fits nowhere says why, and is bound as soon as a node comes', async () => {
  await using cluster = await Cluster.open('n1');
  await cluster.addPod('big', '6');
  await cluster.advance(1);
  const condition = (await cluster.pod('big')).status.conditions?.find(({ type }) => type === 'PodScheduled');
  assert.deepEqual([condition?.status, condition?.reason], ['False', 'Unschedulable']);
  assert.match(condition?.message ?? '', /^0\/1 nodes are available: 1 Insufficient cpu\. /);
  assert.match((await cluster.events())[0] ?? '', /^big FailedScheduling: 0\/1 nodes are available/);
  await cluster.addNode('n2', '8');
  await cluster.advance(2);
  assert.equal(await cluster.nodeOf('big'), 'n2');
});

test('a pod that waits gets the room of one that leaves', async () => {
  await using cluster = await Cluster.open('n1');
  await cluster.addPod('first', '3');
  await cluster.advance(1);
  await cluster.addPod('second', '3');
  await cluster.advance(5);
  assert.equal(await cluster.nodeOf('second'), 'none');
  await cluster.client.delete(pods, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 });
  await cluster.advance(0);
  assert.equal(await cluster.nodeOf('second'), 'n1');
});

test('a pod that has succeeded takes no room', async () => {
  await using cluster = await Cluster.open('n1');
  const first = await cluster.addPod('first', '3');
  await cluster.advance(0);
  const bound = await cluster.pod('first');
  await cluster.client.update(
    pods,
    { ...bound, status: { ...first.status, phase: 'Succeeded' } },
    { subresource: 'status' },
  );
  await cluster.addPod('second', '3');
  await cluster.advance(0);
  assert.equal(await cluster.nodeOf('second'), 'n1');
});

test('the more important of those that wait comes first', async () => {
  await using cluster = await Cluster.open();
  await cluster.addPod('low', '3');
  await cluster.addPod('high', '3', { priorityClassName: 'system-cluster-critical' });
  await cluster.advance(1);
  await cluster.addNode('n1');
  await cluster.advance(11);
  assert.deepEqual([await cluster.nodeOf('low'), await cluster.nodeOf('high')], ['none', 'n1']);
});

test('gated pods and those of other schedulers are left alone', async () => {
  await using cluster = await Cluster.open('n1');
  await cluster.addPod('gated', '1', { schedulingGates: [{ name: 'example.com/wait' }] });
  await cluster.addPod('foreign', '1', { schedulerName: 'mine' });
  await cluster.advance(400);
  assert.deepEqual([await cluster.nodeOf('gated'), await cluster.nodeOf('foreign')], ['none', 'none']);
  assert.deepEqual(await cluster.events(), []);
  const gated = await cluster.pod('gated');
  await cluster.client.update(pods, { ...gated, spec: { ...gated.spec, schedulingGates: [] } });
  await cluster.advance(0);
  assert.equal(await cluster.nodeOf('gated'), 'n1');
});

test('a pod that is deleted while it waits is forgotten', async () => {
  await using cluster = await Cluster.open('n1');
  await cluster.addPod('big', '6');
  await cluster.advance(1);
  await cluster.client.delete(pods, { namespace: 'default', name: 'big' });
  await cluster.addNode('n2', '8');
  await cluster.advance(400);
  assert.equal((await cluster.events()).filter((text) => text.startsWith('big Scheduled')).length, 0);
});

test('what cannot be honoured is not scheduled, and the event names the field', async () => {
  await using cluster = await Cluster.open('n1');
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } };
  await cluster.addPod('apart', '1', {
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
  });
  await cluster.advance(1);
  assert.equal(await cluster.nodeOf('apart'), 'none');
  assert.match((await cluster.events())[0] ?? '', /cannot honour spec\.affinity\.podAntiAffinity\./);
});
