import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../api/error.ts';
import { configMaps } from '../api/resources.ts';
import type { ConfigMap } from '../api/schema/core-v1.ts';
import { seededRandom } from '../std/random.ts';
import { VirtualClock } from '../std/virtual-clock.ts';
import type { Client, Watch, WatchEvent, WatchOptions } from './client.ts';
import { Informer } from './informer.ts';
import { keyOf } from './lister.ts';
import { silentLog } from './log.ts';

/** A server whose watches the test ends, starves and expires at will. */
class Script {
  readonly clock = new VirtualClock({ drain: () => new Promise((resolve) => void setImmediate(resolve)) });
  readonly objects = new Map<string, ConfigMap>();
  revision = 10;
  lists = 0;
  watchedFrom: string[] = [];
  isDown = false;
  isExpired = false;
  isSilent = false;
  #watch: WatchOptions<ConfigMap> | undefined;

  put(name: string, { uid = name, data = '' } = {}): ConfigMap {
    this.revision++;
    const object: ConfigMap = {
      metadata: { name, namespace: 'n', uid, resourceVersion: String(this.revision), creationTimestamp: '' },
      data: { data },
    };
    const type = this.objects.has(keyOf(object)) ? 'MODIFIED' : 'ADDED';
    this.objects.set(keyOf(object), object);
    this.send({ type, object });
    return object;
  }

  remove(name: string): void {
    this.revision++;
    const old = this.objects.get(`n/${name}`)!;
    this.objects.delete(`n/${name}`);
    const metadata = { ...old.metadata, resourceVersion: String(this.revision) };
    this.send({ type: 'DELETED', object: { ...old, metadata } });
  }

  send(event: WatchEvent<ConfigMap>): void {
    if (!this.isSilent) this.#watch?.onEvent(event);
  }

  end(error?: ApiError): void {
    const watch = this.#watch;
    this.#watch = undefined;
    watch?.onEnd(error);
  }

  client(): Client {
    return {
      list: async () => {
        this.lists++;
        if (this.isDown) throw new ApiError('ServiceUnavailable', 'down');
        return { metadata: { resourceVersion: String(this.revision) }, items: [...this.objects.values()] };
      },
      watch: (_resource: unknown, options: WatchOptions<ConfigMap>): Watch => {
        this.watchedFrom.push(options.resourceVersion);
        if (this.isExpired) options.onEnd(new ApiError('Expired', 'too old resource version'));
        else if (this.isDown) options.onEnd(new ApiError('ServiceUnavailable', 'down'));
        else this.#watch = options;
        return { stop: () => (this.#watch = undefined) };
      },
    } as unknown as Client;
  }

  informer(): { informer: Informer<ConfigMap>; told: string[] } {
    const world = { clock: this.clock, random: seededRandom(1), client: this.client(), log: silentLog };
    const informer = new Informer(world, configMaps);
    const told: string[] = [];
    informer.onChange(({ old, current }) => {
      const verb = old === undefined ? 'came' : current === undefined ? 'went' : 'changed';
      told.push(`${(current ?? old)!.metadata.name} ${verb}`);
    });
    informer.start();
    return { informer, told };
  }
}

test('an informer tells what was there, then every change in order, and its lister agrees', async () => {
  const script = new Script();
  script.put('a');
  const { informer, told } = script.informer();
  assert.equal(informer.hasSynced, false);
  await informer.whenSynced();
  await script.clock.settle();
  script.put('b');
  script.put('a', { data: 'new' });
  script.remove('b');
  assert.deepEqual(told, ['a came', 'b came', 'a changed', 'b went']);
  assert.deepEqual(
    informer.lister.list('n').map((object) => object.data?.['data']),
    ['new'],
  );
  await informer.stop();
});

test('a late listener is told of what is there already, and no more once it left', async () => {
  const script = new Script();
  const { informer } = script.informer();
  await script.clock.settle();
  script.put('a');
  const late: string[] = [];
  const leave = informer.onChange(({ current }) => late.push(current?.metadata.name ?? ''));
  script.put('b');
  leave();
  script.put('c');
  assert.deepEqual(late, ['a', 'b']);
});

test('a watch that the server closes is resumed where it ended, without listing again', async () => {
  const script = new Script();
  const { told } = script.informer();
  await script.clock.settle();
  script.put('a');
  script.end();
  await script.clock.settle();
  script.put('b');
  assert.deepEqual(script.watchedFrom, ['10', '11']);
  assert.equal(script.lists, 1);
  assert.deepEqual(told, ['a came', 'b came']);
});

test('a bookmark moves the position from which a watch is resumed', async () => {
  const script = new Script();
  const { informer } = script.informer();
  await script.clock.settle();
  script.send({ type: 'BOOKMARK', resourceVersion: '900' });
  assert.equal(informer.seen('900'), true);
  script.end();
  await script.clock.settle();
  assert.deepEqual(script.watchedFrom, ['10', '900']);
});

test('after an expired position a new list tells exactly the differences', async () => {
  const script = new Script();
  for (const name of ['kept', 'changed', 'removed', 'replaced']) script.put(name);
  const { told } = script.informer();
  await script.clock.settle();
  told.length = 0;
  script.isSilent = true;
  script.put('changed', { data: 'x' });
  script.remove('removed');
  script.put('replaced', { uid: 'another' });
  script.put('new');
  script.isSilent = false;
  script.end(new ApiError('Expired', 'too old resource version'));
  await script.clock.advance(2000);
  assert.deepEqual(told, ['removed went', 'changed changed', 'replaced went', 'replaced came', 'new came']);
  assert.equal(script.lists, 2);
  script.put('more');
  assert.equal(told.at(-1), 'more came');
});

test('an object that was made anew under its name goes and comes even when only one event says so', async () => {
  const script = new Script();
  script.put('a', { uid: '1' });
  const { told } = script.informer();
  await script.clock.settle();
  script.put('a', { uid: '2' });
  assert.deepEqual(told, ['a came', 'a went', 'a came']);
});

test('a server that is down is asked again with growing pauses and the informer catches up', async () => {
  const script = new Script();
  script.isDown = true;
  const { informer, told } = script.informer();
  await script.clock.advance(60_000);
  // 0.8, 1.6, 3.2 … 30 s, each up to doubled by jitter.
  assert.ok(script.lists >= 4 && script.lists <= 8, `${script.lists} lists in a minute`);
  assert.equal(informer.hasSynced, false);
  script.isDown = false;
  script.put('a');
  await script.clock.advance(60_000);
  assert.deepEqual(told, ['a came']);
});

test('a position that stays expired does not become a storm of lists', async () => {
  const script = new Script();
  script.isExpired = true;
  script.informer();
  await script.clock.advance(60_000);
  assert.ok(script.lists <= 8, `${script.lists} lists in a minute`);
});

test('a written resourceVersion is seen once its event is told, and waiters hear of it', async () => {
  const script = new Script();
  const { informer } = script.informer();
  await script.clock.settle();
  script.isSilent = true;
  const written = script.put('a').metadata.resourceVersion;
  let heard = false;
  void informer.whenSeen(written).then(() => (heard = true));
  await script.clock.settle();
  assert.deepEqual([informer.seen(written), heard], [false, false]);
  script.isSilent = false;
  script.put('b');
  await script.clock.settle();
  assert.deepEqual([informer.seen(written), heard], [true, true]);
  assert.equal(informer.seen('9'), true, 'versions are compared as numbers');
});

test('stopping ends the watch and everybody who waits', async () => {
  const script = new Script();
  const { informer, told } = script.informer();
  await script.clock.settle();
  const waiting = informer.whenSeen('999');
  await informer.stop();
  await waiting;
  script.put('a');
  assert.deepEqual(told, []);
});
