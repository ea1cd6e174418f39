import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestError } from '../openai-http/request-error.ts';
import { Places } from './places.ts';

const never = new AbortController().signal;

test('places are given in the order of arrival', async () => {
  const places = new Places(1, 10);
  const order: number[] = [];
  const leave = await places.take(never);
  const waiting = [1, 2, 3].map(async (number) => {
    const leaveToo = await places.take(never);
    order.push(number);
    leaveToo();
  });
  assert.deepEqual([places.taken, places.waiting], [1, 3]);
  leave();
  await Promise.all(waiting);
  assert.deepEqual(order, [1, 2, 3]);
  assert.deepEqual([places.taken, places.waiting], [0, 0]);
});

test('a place that is left twice is free once', async () => {
  const places = new Places(2, 0);
  const leave = await places.take(never);
  await places.take(never);
  leave();
  leave();
  assert.equal(places.taken, 1);
});

test('a full line is refused at once with 429', async () => {
  const places = new Places(1, 1);
  await places.take(never);
  void places.take(never);
  await assert.rejects(places.take(never), (error) => error instanceof RequestError && error.status === 429);
  assert.equal(places.waiting, 1);
});

test('who leaves the line makes room in it and gets no place', async () => {
  const places = new Places(1, 1);
  const leave = await places.take(never);
  const impatient = new AbortController();
  const gone = places.take(impatient.signal);
  impatient.abort(new Error('gone'));
  await assert.rejects(gone, /gone/);
  const next = places.take(never);
  leave();
  (await next)();
  assert.equal(places.taken, 0);
});

test('who is gone already takes nothing', async () => {
  const places = new Places(1, 1);
  await assert.rejects(places.take(AbortSignal.abort(new Error('gone'))), /gone/);
  assert.equal(places.taken, 0);
});
