import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slowStart } from './slow-start.ts';

// Upstream: TestSlowStartBatch.
const cases: readonly { count: number; limit: number; attempts: number; isWhole: boolean }[] = [
  { count: 0, limit: 10, attempts: 0, isWhole: true },
  { count: 1, limit: 10, attempts: 1, isWhole: true },
  { count: 6, limit: 6, attempts: 6, isWhole: true },
  { count: 10, limit: 5, attempts: 7, isWhole: false },
  { count: 10, limit: 0, attempts: 1, isWhole: false },
  { count: 100, limit: 100, attempts: 100, isWhole: true },
  { count: 100, limit: 30, attempts: 31, isWhole: false },
  { count: 100, limit: 31, attempts: 63, isWhole: false },
];
for (const { count, limit, attempts, isWhole } of cases)
  test(`when ${limit} of ${count} would pass, ${attempts} are tried`, async () => {
    let tried = 0;
    const attempt = (): Promise<void> => (++tried <= limit ? Promise.resolve() : Promise.reject(new Error('refused')));
    if (isWhole) await slowStart(count, attempt);
    else await assert.rejects(slowStart(count, attempt), /refused/);
    assert.equal(tried, attempts);
  });
