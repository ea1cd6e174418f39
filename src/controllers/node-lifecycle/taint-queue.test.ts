import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../std/virtual-clock.ts';
import { TaintQueue } from './taint-queue.ts';

function opened(
  perSecond: number,
  isDone: (name: string) => boolean = () => true,
): { clock: VirtualClock; queue: TaintQueue; tried: string[] } {
  const clock = new VirtualClock({ drain: () => new Promise((resolve) => void setImmediate(resolve)) });
  const tried: string[] = [];
  const attempt = async (name: string): Promise<boolean> => {
    tried.push(`${name}@${clock.now()}`);
    return isDone(name);
  };
  return { clock, queue: new TaintQueue(clock, { perSecond, attempt }), tried };
}

test('nodes are tainted in their order, the first at once, then one in ten seconds', async () => {
  const { clock, queue, tried } = opened(0.1);
  for (const name of ['a', 'b', 'c']) queue.add(name);
  await clock.advance(60_000);
  assert.deepEqual(tried, ['a@0', 'b@10000', 'c@20000']);
});

test('a node that was tainted is not tainted again until it is removed', async () => {
  const { clock, queue, tried } = opened(1);
  queue.add('a');
  await clock.advance(5000);
  queue.add('a');
  await clock.advance(5000);
  queue.remove('a');
  queue.add('a');
  await clock.advance(5000);
  assert.deepEqual(tried, ['a@0', 'a@10000']);
});

test('a node that is removed before its turn loses it', async () => {
  const { clock, queue, tried } = opened(0.1);
  for (const name of ['a', 'b', 'c']) queue.add(name);
  await clock.advance(5000);
  queue.remove('b');
  await clock.advance(60_000);
  assert.deepEqual(tried, ['a@0', 'c@10000']);
});

test('a failed attempt keeps its turn', async () => {
  let failures = 2;
  const { clock, queue, tried } = opened(0.1, () => failures-- <= 0);
  queue.add('a');
  queue.add('b');
  await clock.advance(60_000);
  assert.deepEqual(tried, ['a@0', 'a@10000', 'a@20000', 'b@30000']);
});

test('no rate stops the queue, and a new one does not give what was used before', async () => {
  const { clock, queue, tried } = opened(0.1);
  for (const name of ['a', 'b', 'c']) queue.add(name);
  await clock.advance(1000);
  queue.setRate(0);
  await clock.advance(59_000);
  assert.deepEqual(tried, ['a@0']);
  queue.setRate(0.1);
  await clock.advance(60_000);
  assert.deepEqual(tried, ['a@0', 'b@70000', 'c@80000']);
});
