import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliValueOf } from '../api/quantity.ts';
import { nodes, pods } from '../api/resources.ts';
import type { Pod } from '../api/schema/core-v1.ts';
import { secondMs } from '../std/clock.ts';
import { type FaultsOfLife, FragileComponents } from '../worlds/fragile-components.ts';
import { perturbations, seeds } from '../worlds/perturbations.ts';
import { Sandbox } from '../worlds/sandbox.ts';
import { Scheduler } from './scheduler.ts';

const names = ['n1', 'n2', 'n3'];
const nodeMillis = 4000;

/**
 * Pods come and go while the scheduler is in trouble, then there is peace. No node ever holds more than it has, and
 * in the end nobody waits who would fit.
 */
async function live(seed: number, faultsOf: FaultsOfLife): Promise<void> {
  await using sandbox = await Sandbox.open({ seed });
  const { world, clock } = sandbox;
  const { client } = world;
  const random = world.random.fork('life');
  for (const name of names) {
    const node = await client.create(nodes, { metadata: { name } });
    const allocatable = { cpu: `${nodeMillis}m`, memory: '64Gi', pods: '100' };
    await client.update(nodes, { ...node, status: { ...node.status, allocatable } }, { subresource: 'status' });
  }
  new FragileComponents(sandbox, (own, informers) => [new Scheduler(own, informers)], faultsOf);
  const millisOf = ({ spec }: Pod): number => milliValueOf(spec.containers[0]?.resources.requests?.['cpu'] ?? '0');
  const overfull: string[] = [];
  const check = async (): Promise<readonly Pod[]> => {
    const { items } = await client.list(pods);
    for (const name of names) {
      const taken = items.filter(({ spec }) => spec.nodeName === name).reduce((sum, pod) => sum + millisOf(pod), 0);
      if (taken > nodeMillis) overfull.push(`${name} holds ${taken} at ${clock.now()}`);
    }
    return items;
  };
  for (let step = 0; step < 80; step++) {
    const present = await check();
    const victim = present[Math.floor(random.next() * present.length)];
    if (random.next() < 0.6 || victim === undefined) {
      const cpu = `${100 + Math.floor(random.next() * 19) * 100}m`;
      await client.create(pods, {
        metadata: { name: `p${step}`, namespace: 'default' },
        spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }] },
      });
    } else await client.delete(pods, victim.metadata, { gracePeriodSeconds: 0 });
    await clock.advance(random.next() * 2 * secondMs);
  }
  await clock.advance(400 * secondMs);
  const left = await check();
  assert.deepEqual(overfull, [], `seed ${seed}`);
  const room = names.map((name) => {
    const on = left.filter(({ spec }) => spec.nodeName === name);
    return nodeMillis - on.reduce((sum, pod) => sum + millisOf(pod), 0);
  });
  const waiting = left.filter(({ spec }) => (spec.nodeName ?? '') === '').map(millisOf);
  assert.deepEqual(
    waiting.filter((millis) => millis <= Math.max(...room)),
    [],
    `nobody waits who would fit (seed ${seed})`,
  );
  assert.ok(left.length > waiting.length);
}

for (const { name, faultsOf } of perturbations)
  test(`under ${name} no node is overfull, and whoever fits is placed`, async () => {
    for (const seed of seeds) await live(seed, faultsOf(seed));
  });
