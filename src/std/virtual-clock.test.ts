import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from './clock.ts';
import { VirtualClock } from './virtual-clock.ts';

const drain = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const newClock = (): VirtualClock => new VirtualClock({ drain });

test('events run in the order of their time, and of their arrival within one instant', async () => {
  const clock = newClock();
  const seen: string[] = [];
  clock.after(20, () => seen.push(`late at ${clock.now()}`));
  clock.after(10, () => seen.push(`first at ${clock.now()}`));
  clock.after(10, () => seen.push(`second at ${clock.now()}`));
  await clock.advance(15);
  assert.deepEqual(seen, ['first at 10', 'second at 10']);
  assert.equal(clock.now(), 15);
  await clock.advance(5);
  assert.equal(seen[2], 'late at 20');
});

test('what promises cause without delay happens at the same instant', async () => {
  const clock = newClock();
  const seen: number[] = [];
  void (async () => {
    await sleep(clock, 5);
    for (let i = 0; i < 50; i++) await Promise.resolve();
    seen.push(clock.now());
    await sleep(clock, 0);
    seen.push(clock.now());
    await sleep(clock, 7);
    seen.push(clock.now());
  })();
  clock.after(6, () => seen.push(-1));
  await clock.advance(100);
  assert.deepEqual(seen, [5, 5, -1, 12]);
});

test('a cancelled timer never runs, even when another of its instant cancels it', async () => {
  const clock = newClock();
  const seen: string[] = [];
  clock.after(1, () => second.cancel());
  const second = clock.after(1, () => seen.push('second'));
  const timers = Array.from({ length: 1000 }, () => clock.after(50, () => seen.push('timeout')));
  clock.after(60, () => seen.push('end'));
  for (const timer of timers) timer.cancel();
  for (const timer of timers) timer.cancel();
  await clock.advance(100);
  assert.deepEqual(seen, ['end']);
  assert.equal(clock.nextMs, undefined);
  assert.equal(clock.counts.events, 2);
});

test('running until something is true stops at the instant that made it true', async () => {
  const clock = newClock();
  let count = 0;
  const tick = (): void => {
    count++;
    clock.after(10, tick);
  };
  clock.after(10, tick);
  assert.equal(await clock.runUntilTrue(() => count === 3, 1000), true);
  assert.equal(clock.now(), 30);
  assert.equal(await clock.runUntilTrue(() => count === 300, 100), false);
  assert.equal(clock.now(), 130);
});

test('an endless chain of zero delays is found out', async () => {
  const clock = new VirtualClock({ drain: () => Promise.resolve() });
  const again = (): void => void clock.after(0, again);
  again();
  await assert.rejects(clock.advance(1), /zero delays/);
});

test('an aborted sleep ends at once', async () => {
  const clock = newClock();
  const stop = new AbortController();
  let endedMs = -1;
  void sleep(clock, 1000, stop.signal).then(() => (endedMs = clock.now()));
  clock.after(3, () => stop.abort());
  await clock.advance(10);
  assert.equal(endedMs, 3);
});
