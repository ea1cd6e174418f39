import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../std/virtual-clock.ts';
import { WorkQueue } from './work-queue.ts';

const newClock = (): VirtualClock =>
  new VirtualClock({ drain: () => new Promise((resolve) => void setImmediate(resolve)) });

test('a key waits at most once and keys come in the order of their arrival', async () => {
  const queue = new WorkQueue(newClock());
  for (const key of ['a', 'b', 'a', 'c']) queue.add(key);
  assert.equal(queue.size, 3);
  assert.deepEqual([await queue.next(), await queue.next(), await queue.next()], ['a', 'b', 'c']);
});

test('a key that is added while it is worked on comes back only when that is done', async () => {
  const queue = new WorkQueue(newClock());
  queue.add('a');
  assert.equal(await queue.next(), 'a');
  queue.add('a');
  queue.add('a');
  assert.equal(queue.size, 0);
  queue.done('a');
  assert.equal(queue.size, 1);
  assert.equal(await queue.next(), 'a');
  queue.done('a');
  assert.equal(queue.isIdle, true);
});

test('two idle workers never get the same key at once', async () => {
  const clock = newClock();
  const queue = new WorkQueue(clock);
  const given: (string | undefined)[] = [];
  void queue.next().then((key) => given.push(key));
  void queue.next().then((key) => given.push(key));
  queue.add('a');
  queue.add('a');
  await clock.settle();
  assert.deepEqual(given, ['a']);
});

test('of several delays of a key the earliest counts', async () => {
  const clock = newClock();
  const queue = new WorkQueue(clock);
  queue.addAfter('a', 100);
  queue.addAfter('a', 50);
  queue.addAfter('a', 70);
  await clock.advance(49);
  assert.equal(queue.size, 0);
  await clock.advance(1);
  assert.equal(queue.size, 1);
  await queue.next();
  queue.done('a');
  await clock.advance(1000);
  assert.equal(queue.isIdle, true);
});

test('a failing key backs off from 5 ms, doubling, until it is forgotten', async () => {
  const clock = newClock();
  const queue = new WorkQueue(clock);
  const waits: number[] = [];
  for (let i = 0; i < 6; i++) {
    if (i === 5) queue.forget('a');
    const startMs = clock.now();
    queue.addRateLimited('a');
    await clock.runUntilTrue(() => queue.size === 1, 60_000);
    waits.push(clock.now() - startMs);
    queue.done((await queue.next())!);
  }
  assert.deepEqual(waits, [5, 10, 20, 40, 80, 5]);
  assert.equal(queue.failures('a'), 1);
});

test('all failing keys together are retried at ten a second after a burst of a hundred', async () => {
  const clock = newClock();
  const queue = new WorkQueue(clock);
  for (let i = 0; i < 130; i++) queue.addRateLimited(`key ${i}`);
  await clock.advance(10);
  assert.equal(queue.size, 100);
  await clock.advance(990);
  assert.equal(queue.size, 110);
  await clock.advance(2000);
  assert.equal(queue.size, 130);
});

test('a shut down queue lets its workers go and takes nothing more', async () => {
  const clock = newClock();
  const queue = new WorkQueue(clock);
  const worker = queue.next();
  queue.addAfter('later', 10);
  queue.shutDown();
  assert.equal(await worker, undefined);
  queue.add('a');
  await clock.advance(100);
  assert.equal(await queue.next(), undefined);
  assert.equal(queue.size, 0);
});
