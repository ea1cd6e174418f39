import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../api/error.ts';
import { VirtualClock } from '../std/virtual-clock.ts';
import { ControllerRunner, type Source } from './controller-runner.ts';
import { type Request, type Result, again, done, onceSettled } from './controller.ts';
import { sleep } from '../std/clock.ts';
import { silentLog } from './log.ts';

const newClock = (): VirtualClock =>
  new VirtualClock({ drain: () => new Promise((resolve) => void setImmediate(resolve)) });

function runner(
  clock: VirtualClock,
  reconcile: (request: Request) => Promise<Result>,
  { workers = 1, sources = [] as readonly Source[] } = {},
): ControllerRunner {
  return new ControllerRunner({ clock, log: silentLog }, { name: 'test', reconciler: { reconcile }, sources, workers });
}

const request = (name: string): Request => ({ namespace: 'n', name });

test('nothing is reconciled before every source is ready', async () => {
  const clock = newClock();
  const seen: string[] = [];
  const ready = Promise.withResolvers<void>();
  const source: Source = {
    attach: (enqueue) => {
      enqueue(request('a'));
      enqueue({ namespace: '', name: 'b' });
      return () => {};
    },
    whenReady: () => ready.promise,
  };
  const controller = runner(clock, async ({ namespace, name }) => (seen.push(`${namespace}|${name}`), done), {
    sources: [source],
  });
  const started = controller.start();
  await clock.advance(1000);
  assert.deepEqual(seen, []);
  ready.resolve();
  await started;
  await clock.settle();
  assert.deepEqual(seen, ['n|a', '|b']);
  await controller.stop();
});

test('different keys are reconciled side by side, one key never is', async () => {
  const clock = newClock();
  let running = 0;
  let most = 0;
  let overlaps = 0;
  const perKey = new Map<string, number>();
  const controller = runner(
    clock,
    async ({ name }) => {
      running++;
      most = Math.max(most, running);
      perKey.set(name, (perKey.get(name) ?? 0) + 1);
      if (perKey.get(name) !== 1) overlaps++;
      await sleep(clock, 10);
      perKey.set(name, perKey.get(name)! - 1);
      running--;
      return done;
    },
    { workers: 3 },
  );
  await controller.start();
  for (let round = 0; round < 5; round++)
    for (const name of ['a', 'b', 'c', 'd']) {
      controller.enqueue(request(name));
      await clock.advance(3);
    }
  await clock.advance(1000);
  assert.deepEqual({ most, overlaps }, { most: 3, overlaps: 0 });
  assert.equal(controller.isIdle, true);
});

test('a failure is retried with back-off, and success resets it', async () => {
  const clock = newClock();
  const at: number[] = [];
  let failures = 3;
  const controller = runner(clock, async () => {
    at.push(clock.now());
    if (failures-- > 0) throw failures % 2 === 0 ? new ApiError('Conflict', 'changed') : new Error('bug: any');
    return done;
  });
  await controller.start();
  controller.enqueue(request('a'));
  await clock.advance(1000);
  assert.deepEqual(at, [0, 5, 15, 35]);
  failures = 1;
  controller.enqueue(request('a'));
  await clock.advance(1000);
  assert.deepEqual(at.slice(4), [1000, 1005]);
});

test('a result says when to come again', async () => {
  const clock = newClock();
  const at: number[] = [];
  const settled = Promise.withResolvers<void>();
  const results: Result[] = [again(250), onceSettled(settled.promise), done];
  const controller = runner(clock, async () => (at.push(clock.now()), results.shift()!));
  await controller.start();
  controller.enqueue(request('a'));
  clock.after(900, () => settled.resolve());
  await clock.advance(5000);
  assert.deepEqual(at, [0, 250, 900]);
});

test('stopping waits for what is running and drops the rest', async () => {
  const clock = newClock();
  const seen: string[] = [];
  const controller = runner(clock, async ({ name }) => {
    await sleep(clock, 10);
    seen.push(name);
    return again(1);
  });
  await controller.start();
  controller.enqueue(request('a'));
  controller.enqueue(request('b'));
  await clock.settle();
  let isStopped = false;
  void controller.stop().then(() => (isStopped = true));
  await clock.advance(5);
  assert.equal(isStopped, false);
  await clock.advance(1000);
  assert.deepEqual([isStopped, seen], [true, ['a']]);
});
