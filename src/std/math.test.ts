import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exp, floorLog2, log, power } from './math.ts';

const isClose = (actual: number, expected: number, tolerance: number): boolean =>
  Object.is(actual, expected) || Math.abs(actual - expected) <= tolerance * Math.max(Math.abs(expected), 1e-300);

test('exp and log agree with the engine to the last digits', () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
      assert.ok(isClose(exp(x), Math.exp(x), 4e-16 + Math.abs(x) * 1e-17), `exp ${x}`);
    }),
  );
  fc.assert(
    fc.property(fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true }), (x) => {
      assert.ok(Math.abs(log(x) - Math.log(x)) <= 4e-16 * Math.max(1e-2, Math.abs(Math.log(x))), `log ${x}`);
    }),
  );
});

test('powers agree with the engine over the range that models use', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
      fc.double({ min: -5, max: 5, noNaN: true }),
      (x, y) => {
        assert.ok(isClose(power(x, y), x ** y, 1e-12), `${x} ** ${y}`);
      },
    ),
  );
  assert.equal(power(0, 2), 0);
  assert.equal(power(0, 0), 1);
  assert.equal(power(7.3, 1), 7.3);
});

test('the ends of the range are kept', () => {
  assert.deepEqual(
    [exp(0), exp(-Infinity), exp(Infinity), log(1), log(0), log(-1), log(Infinity)],
    [1, 0, Infinity, 0, -Infinity, NaN, Infinity],
  );
  assert.ok(isClose(exp(-744), 1e-323, 0.1));
});

test('floorLog2 is exact at the powers of two', () => {
  for (let n = 0; n < 53; n++) {
    const power = 2 ** n;
    assert.equal(floorLog2(power), n);
    if (n > 0) assert.equal(floorLog2(power - 0.5), n - 1);
  }
  assert.throws(() => floorLog2(0.5));
});
