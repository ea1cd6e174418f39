import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';
import { isEqual } from './is-equal.ts';

const json = fc.jsonValue({ maxDepth: 3 });

test('values are equal exactly when their canonical texts are', () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      assert.equal(isEqual(a, b), canonicalJson(a) === canonicalJson(b));
      assert.ok(isEqual(a, structuredClone(a)));
    }),
  );
});

test('the order of fields does not matter and an undefined field is an absent one', () => {
  const pairs: readonly (readonly [unknown, unknown, boolean])[] = [
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1 }, { a: 1, b: null }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [{ 0: 1 }, [1], false],
    [null, {}, false],
  ];
  for (const [a, b, expected] of pairs) {
    assert.equal(isEqual(a, b), expected);
    assert.equal(canonicalJson(a) === canonicalJson(b), expected);
  }
});

test('a canonical text is JSON of the same value', () => {
  fc.assert(
    fc.property(json, (value) => assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)))),
  );
});
