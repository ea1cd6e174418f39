import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { percentOf, scaledValue, validateCountOrPercent, validateNotMoreThanHundredPercent } from './int-or-string.ts';

test('a share of the whole rounds as the caller asks, a number is itself', () => {
  const table: readonly (readonly [number | string, number, number, number])[] = [
    ['25%', 10, 3, 2],
    ['25%', 4, 1, 1],
    ['0%', 9, 0, 0],
    ['100%', 9, 9, 9],
    ['1%', 0, 0, 0],
    ['33%', 3, 1, 0],
    ['150%', 3, 5, 4],
    [7, 3, 7, 7],
    [0, 3, 0, 0],
  ];
  for (const [value, total, up, down] of table) {
    assert.equal(scaledValue(value, total, 'up'), up, `${value} of ${total} up`);
    assert.equal(scaledValue(value, total, 'down'), down, `${value} of ${total} down`);
  }
});

test('both roundings enclose the exact share and differ by one at most', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(1_000_000), (percent, total) => {
      const up = scaledValue(`${percent}%`, total, 'up');
      const down = scaledValue(`${percent}%`, total, 'down');
      assert.ok(down * 100 <= percent * total && percent * total <= up * 100);
      assert.equal(up - down, (percent * total) % 100 === 0 ? 0 : 1);
    }),
  );
});

test('texts that are no percentage have no share', () => {
  for (const text of ['', '%', '5', '5 %', '5%%', '1.5%', 'x%', '5%\n', '0x5%']) {
    assert.equal(percentOf(text), undefined, text);
    assert.throws(() => scaledValue(text, 10, 'up'), text);
    assert.ok(validateCountOrPercent(text, 'p').length > 0, text);
  }
  assert.equal(validateCountOrPercent(-1, 'p').length, 1);
  assert.deepEqual(validateCountOrPercent('50%', 'p'), []);
  assert.equal(validateNotMoreThanHundredPercent('101%', 'p').length, 1);
  assert.deepEqual(validateNotMoreThanHundredPercent('100%', 'p'), []);
});
