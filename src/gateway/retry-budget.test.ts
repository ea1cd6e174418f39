import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../std/virtual-clock.ts';
import { HoldQueue } from './hold-queue.ts';
import { RetryBudget } from './retry-budget.ts';

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('three second tries may go out, or a fifth of what is in flight', () => {
  for (const [inFlight, limit] of [
    [0, 3],
    [15, 3],
    [20, 4],
    [104, 20],
  ] as const)
    assert.equal(new RetryBudget(() => inFlight).limit, limit);
});

test('beyond the budget tries wait for their turn, first come first served', async () => {
  const budget = new RetryBudget(() => 0);
  const { signal } = new AbortController();
  const order: number[] = [];
  const places = await Promise.all([0, 1, 2].map(() => budget.acquire(signal)));
  const waiting = [3, 4, 5].map(async (index) => {
    const release = await budget.acquire(signal);
    order.push(index);
    return release;
  });
  await settled();
  assert.deepEqual(order, []);
  places[0]?.();
  places[0]?.();
  await settled();
  assert.deepEqual(order, [3], 'giving back twice lets only one in');
  places[1]?.();
  places[2]?.();
  await Promise.all(waiting);
  assert.deepEqual(order, [3, 4, 5]);
});

test('a client that goes away while its try waits leaves the line', async () => {
  const budget = new RetryBudget(() => 0);
  const { signal } = new AbortController();
  const places = await Promise.all([0, 1, 2].map(() => budget.acquire(signal)));
  const leaving = new AbortController();
  const left = budget.acquire(leaving.signal);
  const next = budget.acquire(signal);
  leaving.abort();
  assert.equal(await left, undefined);
  places[0]?.();
  assert.equal(typeof (await next), 'function');
  assert.equal(await budget.acquire(leaving.signal), undefined);
});

test('a budget that grows lets more in when the next place is given back', async () => {
  let inFlight = 0;
  const budget = new RetryBudget(() => inFlight);
  const { signal } = new AbortController();
  const [first] = await Promise.all([0, 1, 2].map(() => budget.acquire(signal)));
  let entered = 0;
  for (let i = 0; i < 10; i++) void budget.acquire(signal).then(() => entered++);
  inFlight = 50;
  first?.();
  await settled();
  assert.equal(entered, 8, 'ten at once, two of the first three among them');
});

test('held requests look again when something changes, when their time is over, or when their client goes', async () => {
  const clock = new VirtualClock({ drain: settled });
  const queue = new HoldQueue(clock);
  const order: string[] = [];
  const client = new AbortController();
  const never = new AbortController().signal;
  const wait = (name: string, ms: number, signal = never) => queue.wait(ms, never, signal).then(() => order.push(name));
  void wait('first', 1_000);
  void wait('leaver', 1_000, client.signal);
  void wait('short', 10);
  assert.equal(queue.length, 3);
  client.abort();
  await clock.advance(10);
  assert.deepEqual(order, ['leaver', 'short']);
  void wait('last', 1_000);
  queue.wake();
  await settled();
  assert.deepEqual(order, ['leaver', 'short', 'first', 'last']);
  assert.equal(queue.length, 0);
  assert.equal(clock.nextMs, undefined, 'no timer is left behind');
});
