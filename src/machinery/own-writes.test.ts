import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '../api/resources.ts';
import type { ConfigMap } from '../api/schema/core-v1.ts';
import { FaultyClient } from './faulty-client.ts';
import { Sandbox } from '../worlds/sandbox.ts';
import { Informer } from './informer.ts';
import { OwnWrites } from './own-writes.ts';

/** An informer that hears of everything a second late. */
async function opened(): Promise<{ sandbox: Sandbox; late: Informer<ConfigMap>; ownWrites: OwnWrites }> {
  const sandbox = await Sandbox.open();
  const { world, clock } = sandbox;
  const faulty = new FaultyClient(world.client, {
    clock,
    random: { next: () => 0.999, fork: () => world.random },
    faults: { watchDelayMaxMs: 1000 },
    onDeath: () => {},
  });
  const late = new Informer({ ...world, client: faulty.client() }, configMaps);
  late.start();
  await clock.settle();
  return { sandbox, late, ownWrites: new OwnWrites() };
}

const request = { namespace: 'default', name: 'owner' };
const key = { namespace: 'default', name: 'map' };

test('a key is behind until its newest write is visible, other keys are not', async () => {
  const { sandbox, late, ownWrites } = await opened();
  const { client } = sandbox.world;
  const first = await client.create(configMaps, { metadata: key });
  const second = await client.update(configMaps, { ...first, data: { a: 'b' } });
  ownWrites.wrote(request, late, second);
  ownWrites.wrote(request, late, first);
  assert.equal(ownWrites.behind({ ...request, name: 'another' }), undefined);
  const behind = ownWrites.behind(request);
  assert.notEqual(behind, undefined);
  let isSettled = false;
  void behind?.then(() => (isSettled = true));
  await sandbox.clock.advance(900);
  assert.equal(isSettled, false);
  await sandbox.clock.advance(200);
  assert.equal(isSettled, true);
  assert.equal(ownWrites.behind(request), undefined);
  await late.stop();
});

test('an object that was deleted at once is waited for until it is no longer seen, a namesake is not', async () => {
  const { sandbox, late, ownWrites } = await opened();
  const { client } = sandbox.world;
  const map = await client.create(configMaps, { metadata: key });
  await sandbox.clock.advance(2000);
  ownWrites.deleted(request, late, map, await client.delete(configMaps, key));
  await client.create(configMaps, { metadata: key });
  assert.notEqual(ownWrites.behind(request), undefined);
  await sandbox.clock.advance(1100);
  assert.equal(ownWrites.behind(request), undefined);
  await late.stop();
});

test('a deletion that only began is waited for like any other write', async () => {
  const { sandbox, late, ownWrites } = await opened();
  const { client } = sandbox.world;
  const map = await client.create(configMaps, { metadata: { ...key, finalizers: ['example.com/hold'] } });
  await sandbox.clock.advance(2000);
  const answer = await client.delete(configMaps, key);
  assert.notEqual(answer, undefined);
  ownWrites.deleted(request, late, map, answer);
  assert.notEqual(ownWrites.behind(request), undefined);
  await sandbox.clock.advance(1100);
  assert.equal(ownWrites.behind(request), undefined);
  await late.stop();
});

test('what is forgotten is not waited for', async () => {
  const { sandbox, late, ownWrites } = await opened();
  ownWrites.wrote(request, late, await sandbox.world.client.create(configMaps, { metadata: key }));
  ownWrites.forget(request);
  assert.equal(ownWrites.behind(request), undefined);
  await late.stop();
});
