import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCondition } from '../../api/conditions.ts';
import { leases, nodes, pods } from '../../api/resources.ts';
import { microTimestamp, timestamp } from '../../api/timestamps.ts';
import { secondMs } from '../../std/clock.ts';
import { type FaultsOfLife, FragileComponents } from '../../worlds/fragile-components.ts';
import { perturbations, seeds } from '../../worlds/perturbations.ts';
import { sandboxKubelet } from '../../worlds/sandbox-kubelet.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { podGarbageCollector } from '../pod-gc/controller.ts';
import { taintEvictionController } from '../taint-eviction/controller.ts';
import { nodeLifecycleController } from './controller.ts';

const names = ['node-1', 'node-2', 'node-3', 'node-4'];
const unreachable = {
  key: 'node.kubernetes.io/unreachable',
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 30,
};

/** Four nodes with a pod each, of which one goes silent and one is removed. */
async function loseNodes(seed: number, faultsOf: FaultsOfLife): Promise<void> {
  await using sandbox = await Sandbox.open({ seed });
  const { world, informers, clock } = sandbox;
  const { client } = world;
  const silent = new Set<string>();
  for (const name of names) {
    const node = await client.create(nodes, { metadata: { name } });
    const now = timestamp(clock.now());
    const ready = { type: 'Ready', status: 'True', lastHeartbeatTime: now, lastTransitionTime: now };
    await client.update(nodes, { ...node, status: { ...node.status, conditions: [ready] } }, { subresource: 'status' });
    const key = { namespace: 'kube-node-lease', name };
    await client.create(leases, {
      metadata: key,
      spec: { holderIdentity: name, renewTime: microTimestamp(clock.now()) },
    });
    const renew = (): void => {
      clock.after(10 * secondMs, renew);
      const spec = { renewTime: microTimestamp(clock.now()) };
      if (!silent.has(name)) void client.patch(leases, key, { type: 'merge', body: { spec } });
    };
    clock.after(10 * secondMs, renew);
  }
  await sandbox.start(sandboxKubelet(world, informers, { nodeNames: names }));
  for (const name of names)
    await client.create(pods, {
      metadata: { namespace: 'default', name: `on-${name}` },
      spec: { nodeName: name, containers: [{ name: 'c', image: 'i' }], tolerations: [unreachable] },
    });
  const wronged = new Set<string>();
  informers.for(nodes).onChange(({ current }) => {
    if (current === undefined || silent.has(current.metadata.name)) return;
    if (findCondition(current.status.conditions, 'Ready')?.status !== 'True') wronged.add(current.metadata.name);
  });
  informers.for(pods).onChange(({ old, current }) => {
    const node = (current ?? old)!.spec.nodeName ?? '';
    const isGoing = current === undefined || current.metadata.deletionTimestamp !== undefined;
    if (isGoing && !silent.has(node)) wronged.add(`pod of ${node}`);
  });
  await informers.start();
  new FragileComponents(
    sandbox,
    (own, ownInformers) => [
      nodeLifecycleController(own, ownInformers),
      taintEvictionController(own, ownInformers),
      podGarbageCollector(own, ownInformers),
    ],
    faultsOf,
  );
  await clock.advance(60 * secondMs);
  silent.add('node-1');
  silent.add('node-2');
  await client.delete(nodes, { name: 'node-2' });
  await clock.advance(600 * secondMs);
  assert.deepEqual([...wronged], [], `living nodes and their pods (seed ${seed})`);
  const left = (await client.list(pods)).items.map(({ metadata }) => metadata.name);
  assert.deepEqual(left, ['on-node-3', 'on-node-4'], `seed ${seed}`);
  const lost = await client.get(nodes, { name: 'node-1' });
  assert.equal(findCondition(lost.status.conditions, 'Ready')?.status, 'Unknown', `seed ${seed}`);
  const taints = (lost.spec.taints ?? []).map(({ effect }) => effect).sort();
  assert.deepEqual(taints, ['NoExecute', 'NoSchedule'], `seed ${seed}`);
}

for (const { name, faultsOf } of perturbations)
  test(`under ${name} only nodes that went silent or away lose their pods`, async () => {
    for (const seed of seeds) await loseNodes(seed, faultsOf(seed));
  });
