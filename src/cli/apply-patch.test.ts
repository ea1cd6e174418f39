import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyPatch } from './apply-patch.ts';

const cases = [
  { when: 'a field is added', last: { a: 1 }, desired: { a: 1, b: 2 }, patch: { a: 1, b: 2 } },
  { when: 'a field is no longer in the file', last: { a: 1, b: 2 }, desired: { a: 1 }, patch: { a: 1, b: null } },
  {
    when: 'a nested field is dropped',
    last: { s: { x: 1, y: 2 } },
    desired: { s: { x: 1 } },
    patch: { s: { x: 1, y: null } },
  },
  { when: 'a list changes', last: { l: [1, 2] }, desired: { l: [2] }, patch: { l: [2] } },
  { when: 'an object becomes a value', last: { s: { x: 1 } }, desired: { s: 'x' }, patch: { s: 'x' } },
  { when: 'nothing was ever applied', last: {}, desired: { s: { x: 1 } }, patch: { s: { x: 1 } } },
] as const;

for (const { when, last, desired, patch } of cases)
  test(`when ${when}, the patch says just that`, () => {
    assert.deepEqual(applyPatch(last, desired), patch);
  });
