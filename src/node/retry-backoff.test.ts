import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryBackoff } from './retry-backoff.ts';

/** Seconds from each exit to the start after it, for a container that runs `runs[i]` seconds each time. */
function waits(runs: readonly number[]): number[] {
  const backoff = new RetryBackoff();
  let now = 0;
  return runs.map((seconds) => {
    now += seconds * 1000;
    const finished = now;
    now = backoff.waitsUntil('c', finished, now) ?? now;
    assert.equal(backoff.waitsUntil('c', finished, now), undefined);
    backoff.step('c', finished, now);
    return (now - finished) / 1000;
  });
}

test('the first restart is immediate, then the wait doubles from 10 s to 300 s', () =>
  assert.deepEqual(waits([1, 1, 1, 1, 1, 1, 1, 1]), [0, 10, 20, 40, 80, 160, 300, 300]));

test('a container that ran for ten minutes waits as long as before; one that ran longer begins anew', () =>
  assert.deepEqual(waits([1, 1, 1, 600, 1, 601, 1]), [0, 10, 20, 40, 80, 0, 10]));

test('containers wait for themselves only', () => {
  const backoff = new RetryBackoff();
  backoff.step('a', 0, 0);
  assert.equal(backoff.waitsUntil('a', 1000, 1000), 11_000);
  assert.equal(backoff.waitsUntil('b', 1000, 1000), undefined);
  assert.deepEqual([backoff.backoffMs('a'), backoff.backoffMs('b')], [10_000, 0]);
});
