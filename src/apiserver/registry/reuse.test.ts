import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze } from '../store/deep-freeze.ts';
import { reuse } from './reuse.ts';
import { sameValue } from './same-value.ts';

test('equal parts become the old ones, and the value stays what it was', () => {
  const pair = fc.tuple(fc.jsonValue(), fc.jsonValue());
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const old = deepFreeze(structuredClone({ a, b }));
      const equal = structuredClone(old);
      assert.equal(reuse(old, equal), old);
      const next = { a: structuredClone(a), b: { changed: structuredClone(b) } };
      const expected = structuredClone(next);
      const shared = reuse(old, next);
      assert.deepEqual(shared, expected);
      if (typeof a === 'object' && a !== null) assert.equal(shared.a, old.a);
    }),
  );
});

test('reuse finds equal what sameValue finds equal', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      if (typeof a !== 'object' || a === null) return;
      assert.equal(reuse(a, structuredClone(b)) === a, sameValue(a, b));
    }),
  );
});

test('an undefined field is as good as none', () => {
  const old = { a: 1 };
  assert.equal(reuse<object>(old, { a: 1, b: undefined }), old);
  assert.notEqual(reuse<object>(old, { b: undefined }), old);
});
