import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addQuantity,
  canonicalQuantity,
  compareQuantity,
  formatQuantity,
  milliValue,
  milliValueOf,
  parseQuantity,
  QuantityError,
  quantityOf,
  quantityOfMillis,
  roundUpToMilli,
  subtractQuantity,
  value,
  wholeValueOf,
  zeroQuantity,
} from './quantity.ts';

interface Golden {
  readonly text: string;
  readonly answer: Readonly<Record<string, string | number>>;
}

const golden = JSON.parse(
  readFileSync(new URL('./testdata/texts/quantities.json', import.meta.url), 'utf8'),
) as readonly Golden[];

/** Go's whole numbers wrap at 64 bits and are wrong for fractions below zero; ours are exact. */
const isRight = (text: string, amount: bigint): boolean => !text.startsWith('-') && amount < 2n ** 63n;

// Go writes 1000E as 1: its table of suffixes ends at E.
const slips = new Set(['1000E']);

test('quantities are read, written, added and compared as apimachinery does it', () => {
  for (const { text, answer } of golden) {
    if (slips.has(text)) continue;
    if (answer['error'] !== undefined) {
      assert.throws(() => parseQuantity(text), { name: 'QuantityError', message: answer['error'] }, text);
      continue;
    }
    const quantity = parseQuantity(text);
    const mine = {
      canonical: formatQuantity(quantity),
      milliValue: milliValue(quantity),
      value: value(quantity),
      plus1500m: formatQuantity(addQuantity(quantity, parseQuantity('1500m'))),
      minus3Ki: formatQuantity(subtractQuantity(quantity, parseQuantity('3Ki'))),
      compared1Gi: compareQuantity(quantity, parseQuantity('1Gi')),
    };
    const whole = {
      milliValue: isRight(text, mine.milliValue) ? String(mine.milliValue) : answer['milliValue'],
      value: isRight(text, mine.value) ? String(mine.value) : answer['value'],
    };
    assert.deepEqual({ ...mine, ...whole }, answer, text);
  }
});

const suffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'e3', 'E-2'];
const texts = fc
  .tuple(fc.constantFrom('', '-', '+'), fc.integer({ min: 0, max: 1e9 }), fc.constantFrom(...suffixes))
  .map((parts) => parts.join(''));
const quantities = texts.map(parseQuantity);

test('the canonical form is read as the same amount and stays as it is', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const canonical = formatQuantity({ ...parseQuantity(text) });
      assert.equal(compareQuantity(parseQuantity(canonical), parseQuantity(text)), 0);
      assert.equal(canonicalQuantity(canonical), canonical);
    }),
  );
});

test('addition is a group, ordered', () => {
  fc.assert(
    fc.property(quantities, quantities, quantities, (a, b, c) => {
      const same = (x: typeof a, y: typeof a): void => assert.equal(compareQuantity(x, y), 0);
      same(addQuantity(a, b), addQuantity(b, a));
      same(addQuantity(addQuantity(a, b), c), addQuantity(a, addQuantity(b, c)));
      same(subtractQuantity(addQuantity(a, b), b), a);
      same(addQuantity(a, zeroQuantity), a);
      assert.equal(compareQuantity(a, b), compareQuantity(addQuantity(a, c), addQuantity(b, c)));
      assert.equal(compareQuantity(a, b) + compareQuantity(b, a), 0);
    }),
  );
});

test('whole values and thousandths round away from zero', () => {
  assert.equal(wholeValueOf('1m'), 1);
  assert.equal(wholeValueOf('-1m'), -1);
  assert.equal(wholeValueOf('1001m'), 2);
  assert.equal(milliValueOf('1n'), 1);
  assert.equal(milliValueOf('0.1'), 100);
  assert.equal(wholeValueOf('1.5Gi'), 1_610_612_736);
  fc.assert(
    fc.property(quantities, (quantity) => {
      const beyond = subtractQuantity(quantityOf(value(quantity)), quantity);
      const sign = compareQuantity(quantity, zeroQuantity);
      assert.ok([0, sign].includes(compareQuantity(beyond, zeroQuantity)));
      assert.equal(compareQuantity(beyond, quantityOf(sign)), 0 - sign);
      const rounded = roundUpToMilli(quantity);
      assert.equal(compareQuantity(rounded, quantityOfMillis(milliValue(quantity))), 0);
      assert.equal(compareQuantity(roundUpToMilli(rounded), rounded), 0);
    }),
  );
});

test('sums that floats would spoil are exact', () => {
  let sum = zeroQuantity;
  for (let i = 0; i < 1000; i++) sum = addQuantity(sum, parseQuantity('100m'));
  assert.equal(formatQuantity(sum), '100');
  const large = parseQuantity('9007199254740993');
  assert.equal(formatQuantity(addQuantity(large, parseQuantity('1n'))), '9007199254740993000000001n');
});

test('hostile quantities are refused soon', () => {
  for (const text of [
    '9'.repeat(1_000_000),
    `${'0'.repeat(1_000_000)}x`,
    `1e${'9'.repeat(100_000)}`,
    '1e1000000000',
    '1e-1000000000',
    `${'.'.repeat(1_000_000)}`,
    'e'.repeat(1_000_000),
    `1${'i'.repeat(1_000_000)}`,
  ]) {
    const outcome = (): unknown => parseQuantity(text);
    assert.throws(outcome, QuantityError, text.slice(0, 20));
  }
});
