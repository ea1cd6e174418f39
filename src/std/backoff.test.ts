import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs, jittered } from './backoff.ts';
import { seededRandom } from './random.ts';

test('delays double up to their maximum and stay there', () => {
  const backoff = { baseMs: 5, maxMs: 1_000_000 };
  assert.deepEqual(
    [0, 1, 2, 17, 18, 10_000].map((failures) => backoffMs(failures, backoff)),
    [5, 10, 20, 655_360, 1_000_000, 1_000_000],
  );
});

test('jitter lengthens a delay by at most its factor', () => {
  const random = seededRandom(1);
  for (let i = 0; i < 1000; i++) {
    const delayMs = jittered(100, 0.2, random);
    assert.ok(delayMs >= 100 && delayMs < 120);
  }
});
