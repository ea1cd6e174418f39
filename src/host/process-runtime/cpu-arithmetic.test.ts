import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quotaUsOf, sharesOf, weightOf } from './cpu-arithmetic.ts';

const table: readonly { millis: number; shares: number; weight: number; quotaUs: number | undefined }[] = [
  { millis: 0, shares: 2, weight: 1, quotaUs: undefined },
  { millis: 1, shares: 2, weight: 1, quotaUs: 1000 },
  { millis: 10, shares: 10, weight: 4, quotaUs: 1000 },
  { millis: 100, shares: 102, weight: 17, quotaUs: 10_000 },
  { millis: 250, shares: 256, weight: 35, quotaUs: 25_000 },
  { millis: 500, shares: 512, weight: 59, quotaUs: 50_000 },
  { millis: 1000, shares: 1024, weight: 100, quotaUs: 100_000 },
  { millis: 2000, shares: 2048, weight: 174, quotaUs: 200_000 },
  { millis: 4000, shares: 4096, weight: 303, quotaUs: 400_000 },
  { millis: 16_000, shares: 16_384, weight: 942, quotaUs: 1_600_000 },
  { millis: 1_000_000, shares: 1_024_000, weight: 10_000, quotaUs: 100_000_000 },
];
for (const { millis, shares, weight, quotaUs } of table) {
  test(`${millis} millis are ${shares} shares, weigh ${weight} and have a quota of ${quotaUs ?? 'nothing'}`, () => {
    assert.deepEqual([sharesOf(millis), weightOf(sharesOf(millis)), quotaUsOf(millis)], [shares, weight, quotaUs]);
  });
}

test('no limit is no quota', () => assert.equal(quotaUsOf(undefined), undefined));
