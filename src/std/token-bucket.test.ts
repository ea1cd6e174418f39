import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket } from './token-bucket.ts';
import { VirtualClock } from './virtual-clock.ts';

const newClock = (): VirtualClock => new VirtualClock({ drain: () => Promise.resolve() });

test('a bucket lets its burst through, then its rate', async () => {
  const clock = newClock();
  const bucket = new TokenBucket(clock, { perSecond: 10, burst: 3 });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.tryTake()),
    [true, true, true, false],
  );
  await clock.advance(100);
  assert.deepEqual(
    [1, 2].map(() => bucket.tryTake()),
    [true, false],
  );
  await clock.advance(3_600_000);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.tryTake()),
    [true, true, true, false],
  );
});

test('reservations queue up behind each other', async () => {
  const clock = newClock();
  const bucket = new TokenBucket(clock, { perSecond: 10, burst: 2 });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.reserveMs()),
    [0, 0, 100, 200],
  );
  await clock.advance(200);
  assert.equal(bucket.reserveMs(), 100);
});
