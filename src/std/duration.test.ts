import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from './duration.ts';

test('a duration is read as Go reads it', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['.5s', 500],
    ['-2m', -120_000],
    ['250ms', 250],
    ['15.042s', 15_042],
    ['', undefined],
    ['-', undefined],
    ['5', undefined],
    ['5 m', undefined],
    ['5mx', undefined],
    ['m5', undefined],
    ['1..5s', undefined],
    ['9'.repeat(100) + 's', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, text);
});

test('whole milliseconds survive printing and reading', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e11, max: 1e11 }), (ms) => {
      const read = parseDuration(formatDuration(ms));
      assert.ok(read !== undefined && Math.abs(read - ms) < 1e-3, `${ms} became ${read}`);
    }),
  );
});

test('durations print as Go prints them', () => {
  assert.equal(formatDuration(0), '0s');
  assert.equal(formatDuration(250), '250ms');
  assert.equal(formatDuration(2_500), '2.5s');
  assert.equal(formatDuration(90_000), '1m30s');
  assert.equal(formatDuration(3_600_000), '1h0m0s');
});
