import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import type { Pod } from '../../api/schema/core-v1.ts';
import { VirtualClock } from '../../std/virtual-clock.ts';
import { SchedulingQueue, type QueuedPod } from './scheduling-queue.ts';

const pod = (name: string, priority = 0): Pod =>
  ({ metadata: { name, uid: name }, spec: { priority, containers: [] } }) as unknown as Pod;

function setUp(): { clock: VirtualClock; queue: SchedulingQueue; taken: string[]; take: () => Promise<QueuedPod> } {
  const clock = new VirtualClock({ drain: () => setImmediate() });
  const queue = new SchedulingQueue(clock);
  const taken: string[] = [];
  const take = async (): Promise<QueuedPod> => {
    const next = await queue.next();
    assert.ok(next !== undefined);
    taken.push(next.pod.metadata.name);
    return next;
  };
  return { clock, queue, taken, take };
}

test('pods come by priority, then by age', async () => {
  const { queue, taken, take } = setUp();
  for (const one of [pod('old'), pod('young'), pod('urgent', 10)]) queue.set(one);
  for (let i = 0; i < 3; i++) await take();
  assert.deepEqual(taken, ['urgent', 'old', 'young']);
});

test('an unschedulable pod waits for a change, and then for the rest of its back-off', async () => {
  const { clock, queue, take } = setUp();
  queue.set(pod('p'));
  queue.unschedulable(await take());
  let again: QueuedPod | undefined;
  void queue.next().then((next) => (again = next));
  await clock.advance(60_000);
  assert.equal(again, undefined);
  queue.moveAll();
  await clock.settle();
  assert.equal((again as QueuedPod | undefined)?.attempts, 2);
});

test('a change during the try is not missed', async () => {
  const { clock, queue, take } = setUp();
  queue.set(pod('p'));
  const first = await take();
  queue.moveAll();
  queue.unschedulable(first);
  let at: number | undefined;
  void queue.next().then(() => (at = clock.now()));
  await clock.advance(5_000);
  assert.equal(at, 1_000);
});

test('the back-off doubles from one second to ten', async () => {
  const { clock, queue } = setUp();
  queue.set(pod('p'));
  const gaps: number[] = [];
  let last = 0;
  const loop = async (): Promise<void> => {
    for (let next = await queue.next(); next !== undefined; next = await queue.next()) {
      gaps.push(clock.now() - last);
      last = clock.now();
      queue.failed(next);
    }
  };
  const running = loop();
  await clock.advance(60_000);
  queue.close();
  await running;
  assert.deepEqual(gaps.slice(0, 7), [0, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

test('after five minutes an unschedulable pod is tried again without a change', async () => {
  const { clock, queue, take } = setUp();
  queue.set(pod('p'));
  queue.unschedulable(await take());
  let at: number | undefined;
  void queue.next().then(() => (at = clock.now()));
  await clock.advance(301_000);
  assert.equal(at, 300_000);
});

test('a deleted pod never comes', async () => {
  const { queue, taken, take } = setUp();
  queue.set(pod('gone'));
  queue.set(pod('stays'));
  queue.delete('gone');
  await take();
  assert.deepEqual(taken, ['stays']);
  assert.equal(queue.size, 1);
});
