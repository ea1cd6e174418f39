import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiError } from '../../api/error.ts';
import type { KubernetesObject } from '../../api/resource.ts';
import fc from 'fast-check';
import { memoryJournal, type Journal } from '../journal.ts';
import { Store } from './store.ts';
import type { StoredObject } from './stored-object.ts';

const object = (name: string, data: Readonly<Record<string, unknown>> = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, uid: `uid-${name}`, resourceVersion: '', creationTimestamp: '2026-01-01T00:00:00Z' },
  ...data,
});

interface Clock {
  nowMs: number;
  now(): number;
  after(): { cancel(): void };
}

function clockAt(nowMs: number): Clock {
  return {
    nowMs,
    now() {
      return this.nowMs;
    },
    after: () => ({ cancel() {} }),
  };
}

/** A journal whose disk answers when the test says so. */
class SlowJournal implements Journal {
  readonly durable: string[] = [];
  readonly waiting: { readonly line: string; readonly resolve: () => void; readonly reject: (error: Error) => void }[] =
    [];
  appendedBytes = 0;

  append(record: () => string): Promise<void> {
    return new Promise((resolve, reject) => this.waiting.push({ line: record(), resolve, reject }));
  }

  sync(count = this.waiting.length): void {
    for (const { line, resolve } of this.waiting.splice(0, count)) {
      this.durable.push(line);
      resolve();
    }
  }

  fail(count = this.waiting.length): void {
    for (const { reject } of this.waiting.splice(0, count)) reject(new Error('no space left on device'));
  }

  async *recover(): AsyncIterable<string> {
    yield* this.durable;
  }

  async snapshot(records: Iterable<string>): Promise<void> {
    this.appendedBytes = 0;
    this.durable.splice(0, this.durable.length, ...records);
  }

  async close(): Promise<void> {}
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function put(store: Store, name: string, data: Readonly<Record<string, unknown>> = {}): Promise<StoredObject> {
  return await store.write(store.bucket('configmaps'), name, () => ({ put: object(name, data) }));
}

test('a write is seen by nobody before the journal has it', async () => {
  const journal = new SlowJournal();
  const store = new Store({ clock: clockAt(0), journal });
  const bucket = store.bucket('configmaps');
  let woken = 0;
  const watch = store.watch(bucket, store.revision, () => woken++);
  const written = put(store, 'a');
  await settle();
  assert.equal(bucket.get('a'), undefined);
  assert.equal(store.revision, 1);
  assert.equal(watch.take(), undefined);
  journal.sync();
  const stored = await written;
  assert.equal(bucket.get('a'), stored);
  assert.equal(stored.object.metadata.resourceVersion, '2');
  assert.equal(store.revision, 2);
  await settle();
  assert.equal(woken, 1);
  assert.equal(watch.take()?.type, 'ADDED');
});

test('writes in flight share a sync and become visible in the order of their revisions', async () => {
  const journal = new SlowJournal();
  const store = new Store({ clock: clockAt(0), journal });
  const order: string[] = [];
  const writes = ['a', 'b', 'c'].map(async (name) => {
    await put(store, name);
    order.push(name);
  });
  await settle();
  assert.equal(journal.waiting.length, 3);
  const [first, ...rest] = journal.waiting.splice(0);
  for (const { resolve } of rest) resolve();
  await settle();
  assert.equal(store.revision, 1, 'the second cannot be seen before the first');
  first?.resolve();
  await Promise.all(writes);
  assert.deepEqual(order, ['a', 'b', 'c']);
  assert.equal(store.revision, 4);
});

test('a write of a key waits for the one in flight, and sees what it wrote', async () => {
  const journal = new SlowJournal();
  const store = new Store({ clock: clockAt(0), journal });
  const bucket = store.bucket('configmaps');
  const increment = (): Promise<StoredObject> =>
    store.write(bucket, 'n', (current) => ({
      put: object('n', { count: ((current?.object as { count?: number } | undefined)?.count ?? 0) + 1 }),
    }));
  const writes = Promise.all(Array.from({ length: 5 }, increment));
  while (journal.waiting.length > 0) {
    assert.equal(journal.waiting.length, 1);
    journal.sync();
    await settle();
  }
  await writes;
  assert.equal((bucket.get('n')!.object as unknown as { count: number }).count, 5);
});

test('a write that the disk refuses did not happen, and the next one may', async () => {
  const journal = new SlowJournal();
  const store = new Store({ clock: clockAt(0), journal });
  const bucket = store.bucket('configmaps');
  const failing = put(store, 'a', { value: 1 });
  const other = put(store, 'b');
  await settle();
  journal.fail(1);
  journal.sync();
  await assert.rejects(failing, (error) => error instanceof ApiError && error.reason === 'InternalError');
  await other;
  assert.equal(bucket.get('a'), undefined);
  const again = put(store, 'a', { value: 2 });
  await settle();
  journal.sync();
  assert.equal((await again).revision, 4);
});

test('what was acknowledged is there after recovery, with its revisions and history', async () => {
  const journal = new SlowJournal();
  const store = new Store({ clock: clockAt(0), journal });
  for (const name of ['a', 'b']) {
    const written = put(store, name);
    await settle();
    journal.sync();
    await written;
  }
  const deleting = store.write(store.bucket('configmaps'), 'a', (current) => ({ delete: current!.object }));
  await settle();
  journal.sync();
  await deleting;
  const again = new Store({ clock: clockAt(0), journal });
  await again.recover();
  assert.equal(again.revision, 4);
  assert.deepEqual([...again.sizes()], [['configmaps', 1]]);
  const watch = again.watch(again.bucket('configmaps'), 2, () => {});
  const seen = [watch.take(), watch.take(), watch.take()].map((event) => event && `${event.type} ${event.now.key}`);
  assert.deepEqual(seen, ['ADDED b', 'DELETED a', undefined]);
});

test('a snapshot holds the state and waits for what is in flight', async () => {
  const journal = new SlowJournal();
  const store = new Store({ clock: clockAt(0), journal });
  const first = put(store, 'a');
  const second = put(store, 'b');
  await settle();
  journal.appendedBytes = 100_000_000;
  journal.sync(1);
  await first;
  const third = put(store, 'c');
  await settle();
  assert.equal(journal.waiting.length, 1, 'the third write waits for the snapshot');
  journal.sync();
  await second;
  await settle();
  assert.equal(journal.durable[0], '{"snapshot":3}');
  assert.equal(journal.durable.length, 3);
  journal.sync();
  await third;
  const again = new Store({ clock: clockAt(0), journal });
  await again.recover();
  assert.equal(again.revision, 4);
  assert.equal(again.bucket('configmaps').size, 3);
  assert.throws(() => again.watch(again.bucket('configmaps'), 2, () => {}), /too old resource version: 2 \(3\)/);
});

test('history ends five minutes back', async () => {
  const clock = clockAt(0);
  const store = new Store({ clock, journal: memoryJournal() });
  await put(store, 'a');
  clock.nowMs = 6 * 60_000;
  for (let i = 0; i < 1_100; i++) await put(store, 'b', { i });
  assert.throws(() => store.watch(store.bucket('configmaps'), 1, () => {}), /too old/);
  store.watch(store.bucket('configmaps'), 2, () => {}).stop();
});

test('a reader that falls behind the history learns so', async () => {
  const store = new Store({ clock: clockAt(0), journal: memoryJournal() });
  const watch = store.watch(store.bucket('configmaps'), 1, () => {});
  for (let i = 0; i < 13_000; i++) await put(store, 'b', { i });
  assert.throws(
    () => watch.take(),
    (error) => error instanceof ApiError && error.reason === 'Expired',
  );
});

test('a closed store takes no more writes', async () => {
  const store = new Store({ clock: clockAt(0), journal: memoryJournal() });
  await store.close();
  await assert.rejects(put(store, 'a'), /shutting down/);
});

test('the state at any kept revision is the one that was there', async () => {
  const step = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), remove: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const store = new Store({ clock: clockAt(0), journal: memoryJournal() });
      const bucket = store.bucket('configmaps');
      const states = new Map([[store.revision, [] as readonly string[]]]);
      for (const { name, remove } of steps) {
        await store.write(bucket, name, (current) => {
          if (!remove) return { put: object(name) };
          return current === undefined ? { put: object(name) } : { delete: current.object };
        });
        states.set(store.revision, seen(bucket.list('')));
      }
      for (const [revision, state] of states) assert.deepEqual(seen(bucket.listAt('', revision)), state);
    }),
  );
});

const seen = (objects: readonly StoredObject[]): readonly string[] =>
  objects.map(({ key, revision }) => `${key}@${revision}`);
