import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject, Resource } from '../../api/resource.ts';
import { configMaps, secrets } from '../../api/resources.ts';
import { secondMs } from '../../std/clock.ts';
import { type FaultsOfLife, FragileComponents } from '../../worlds/fragile-components.ts';
import { perturbations, seeds } from '../../worlds/perturbations.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { garbageCollector } from './controller.ts';

/** Two resources, so that a dependent may be heard of before its owner. */
const kinds: readonly Resource[] = [configMaps as Resource, secrets as Resource];

interface Item {
  readonly resource: Resource;
  readonly object: KubernetesObject;
}

/** Objects that own each other at random; some are deleted in some way. What goes must have no owner left. */
async function grow(seed: number, faultsOf: FaultsOfLife): Promise<void> {
  const trouble = (what: string): string => `${what} (seed ${seed})`;
  await using sandbox = await Sandbox.open({ seed });
  const { world, informers, clock, server } = sandbox;
  const { client } = world;
  const random = world.random.fork('graph');
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random.next() * items.length)];
  const resources = (): readonly Resource[] => server.registry.resources.all().map(({ resource }) => resource);

  const byHand = new Set<string>();
  const wrong: string[] = [];
  const living = (): readonly Item[] =>
    kinds.flatMap((resource) =>
      informers
        .for(resource)
        .lister.list('default')
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map((object) => ({ resource, object })),
    );
  for (const resource of kinds)
    informers.for(resource).onChange(({ old, current }) => {
      const isGoing = current === undefined || current.metadata.deletionTimestamp !== undefined;
      const { metadata } = (current ?? old)!;
      if (!isGoing || byHand.has(metadata.uid)) return;
      const owners = metadata.ownerReferences ?? [];
      const alive = new Set(living().map(({ object }) => object.metadata.uid));
      if (owners.length === 0 || owners.some(({ uid }) => alive.has(uid))) wrong.push(metadata.name);
    });
  await sandbox.start();
  new FragileComponents(sandbox, (own, ownInformers) => [garbageCollector(own, ownInformers, { resources })], faultsOf);

  for (let step = 0; step < 50; step++) {
    const present = living();
    const victim = pick(present);
    if (victim !== undefined && random.next() < 0.3) {
      byHand.add(victim.object.metadata.uid);
      const propagationPolicy = pick(['Background', 'Foreground', 'Orphan'] as const)!;
      await client.delete(victim.resource, victim.object.metadata, { propagationPolicy });
    } else {
      const owners = new Set(
        [pick(present), present.at(-1)].flatMap((owner) => (owner === undefined || random.next() < 0.3 ? [] : [owner])),
      );
      await client.create(pick(kinds)!, {
        metadata: {
          namespace: 'default',
          name: `object-${step}`,
          ownerReferences: [...owners].map(({ resource, object }) => ({
            apiVersion: 'v1',
            kind: resource.kind,
            name: object.metadata.name,
            uid: object.metadata.uid,
            blockOwnerDeletion: random.next() < 0.5,
          })),
        },
      });
    }
    await clock.advance(random.next() * secondMs);
  }
  await clock.advance(120 * secondMs);
  assert.deepEqual(wrong, [], trouble('deleted without a reason'));
  const left = kinds.flatMap((resource) => informers.for(resource).lister.list('default'));
  const uids = new Set(left.map(({ metadata }) => metadata.uid));
  for (const { metadata } of left) {
    assert.equal(metadata.deletionTimestamp, undefined, trouble(`${metadata.name} never goes`));
    for (const { name, uid } of metadata.ownerReferences ?? [])
      assert.ok(uids.has(uid), trouble(`${metadata.name} still names ${name}, which is gone`));
  }
  const revision = server.registry.store.revision;
  await clock.advance(60 * secondMs);
  assert.equal(server.registry.store.revision, revision, trouble('it never rests'));
}

for (const { name, faultsOf } of perturbations)
  test(`under ${name} what is owned stays, what nobody owns goes`, async () => {
    for (const seed of seeds) await grow(seed, faultsOf(seed));
  });
