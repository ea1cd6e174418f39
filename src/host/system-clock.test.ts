import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTimer, systemClock } from './system-clock.ts';

/** Records what setTimeout would be asked for and runs it when told. */
function steps(): { delays: number[]; set: (run: () => void, delayMs: number) => NodeJS.Timeout; fire(): void } {
  const delays: number[] = [];
  let pending: (() => void) | undefined;
  return {
    delays,
    set(run, delayMs) {
      delays.push(delayMs);
      pending = run;
      return undefined as unknown as NodeJS.Timeout;
    },
    fire: () => pending?.(),
  };
}

test('a delay longer than setTimeout can take is cut into steps that add up to it', () => {
  const delayMs = 100 * 24 * 3_600_000;
  const timer = steps();
  let runs = 0;
  startTimer(delayMs, () => runs++, timer.set);
  for (let i = 0; i < 10 && runs === 0; i++) timer.fire();
  assert.equal(runs, 1);
  assert.equal(
    timer.delays.reduce((sum, each) => sum + each, 0),
    delayMs,
  );
  assert.ok(timer.delays.every((each) => each <= 2 ** 31 - 1));
});

for (const delayMs of [-5, 0]) {
  test(`a delay of ${delayMs} runs soon and never synchronously`, async () => {
    let ran = false;
    const done = new Promise<void>((resolve) => {
      systemClock.after(delayMs, () => {
        ran = true;
        resolve();
      });
    });
    assert.equal(ran, false);
    await done;
  });
}

test('a delay that is no number is a bug and says so', () => {
  assert.throws(() => systemClock.after(Number.NaN, () => {}), RangeError);
  assert.throws(() => systemClock.after(Infinity, () => {}), RangeError);
});

test('a timer never fires early because of a fraction of a millisecond', () => {
  const timer = steps();
  startTimer(0.4, () => {}, timer.set);
  assert.deepEqual(timer.delays, [1]);
});

test('a cancelled timer does not run, and cancelling one that ran does nothing', async () => {
  let cancelledRan = false;
  const cancelled = systemClock.after(1, () => (cancelledRan = true));
  cancelled.cancel();
  await new Promise<void>((resolve) => {
    const timer = systemClock.after(5, () => {
      timer.cancel();
      resolve();
    });
  });
  assert.equal(cancelledRan, false);
});
