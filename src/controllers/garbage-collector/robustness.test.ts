import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '../../api/resources.ts';
import type { ConfigMap } from '../../api/schema/core-v1.ts';
import { secondMs } from '../../std/clock.ts';
import { type FaultsOfLife, FragileComponents } from '../../worlds/fragile-components.ts';
import { perturbations, seeds } from '../../worlds/perturbations.ts';
import { Sandbox } from '../../worlds/sandbox.ts';
import { garbageCollector } from './controller.ts';

/** Objects that own each other at random; some are deleted in some way. What goes must have no owner left. */
async function grow(seed: number, faultsOf: FaultsOfLife): Promise<void> {
  const trouble = (what: string): string => `${what} (seed ${seed})`;
  await using sandbox = await Sandbox.open({ seed });
  const { world, informers, clock, server } = sandbox;
  const { client } = world;
  const random = world.random.fork('graph');
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random.next() * items.length)];
  const watched = informers.for(configMaps);
  await sandbox.start();
  const resources = () => server.registry.resources.all().map(({ resource }) => resource);
  new FragileComponents(sandbox, (own, ownInformers) => [garbageCollector(own, ownInformers, { resources })], faultsOf);

  const byHand = new Set<string>();
  const wrong: string[] = [];
  const hasLivingOwner = ({ metadata }: ConfigMap): boolean =>
    (metadata.ownerReferences ?? []).some(({ name, uid }) => {
      const owner = watched.lister.get({ namespace: 'default', name });
      return owner?.metadata.uid === uid && owner.metadata.deletionTimestamp === undefined;
    });
  watched.onChange(({ old, current }) => {
    const last =
      current?.metadata.deletionTimestamp === undefined ? (current === undefined ? old : undefined) : current;
    if (last === undefined || byHand.has(last.metadata.uid)) return;
    const isOwned = (last.metadata.ownerReferences ?? []).length > 0;
    if (!isOwned || hasLivingOwner(last)) wrong.push(last.metadata.name);
  });
  for (let step = 0; step < 40; step++) {
    const present = watched.lister.list('default').filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const victim = pick(present);
    if (victim !== undefined && random.next() < 0.3) {
      byHand.add(victim.metadata.uid);
      const propagationPolicy = pick(['Background', 'Foreground', 'Orphan'] as const)!;
      await client.delete(configMaps, victim.metadata, { propagationPolicy });
    } else {
      const owners = new Set(
        [pick(present), pick(present)].filter((owner) => owner !== undefined && random.next() < 0.7),
      );
      await client.create(configMaps, {
        metadata: {
          namespace: 'default',
          name: `map-${step}`,
          ownerReferences: [...owners].map((owner) => ({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            name: owner!.metadata.name,
            uid: owner!.metadata.uid,
            blockOwnerDeletion: random.next() < 0.5,
          })),
        },
      });
    }
    await clock.advance(random.next() * secondMs);
  }
  await clock.advance(120 * secondMs);
  assert.deepEqual(wrong, [], trouble('deleted without a reason'));
  const left = (await client.list(configMaps, { namespace: 'default' })).items;
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
