import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyJson } from '../schema/json-value.ts';
import { applyJsonPatch, unknownFieldsOfJsonPatch } from './json-patch.ts';

interface Golden {
  readonly document: unknown;
  readonly patch: unknown;
  readonly result?: unknown;
  readonly error?: string;
  readonly code?: number;
}

const golden = JSON.parse(readFileSync(new URL('./testdata/json-patch.json', import.meta.url), 'utf8')) as Golden[];

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

test('operations give what the Go library gives, errors included, and change neither argument', () => {
  assert.ok(golden.length > 90);
  for (const { document, patch, result, error, code } of golden) {
    const apply = (): unknown => applyJsonPatch(frozen(copyJson(document)), frozen(copyJson(patch)));
    if (error === undefined) assert.deepEqual(apply(), result, JSON.stringify(patch));
    else assert.throws(apply, { name: 'PatchError', message: error, code }, JSON.stringify(patch));
  }
});

test('too many operations and too much copying are refused', () => {
  const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 }));
  assert.throws(() => applyJsonPatch({ a: 1 }, many), {
    code: 413,
    message: 'The allowed maximum operations in a JSON patch is 10000, got 10001',
  });
  assert.deepEqual(applyJsonPatch({ a: 1 }, many.slice(1)), { a: 1 });
  const doubling = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
  assert.throws(() => applyJsonPatch({ a: ['0123456789'] }, doubling), {
    code: 422,
    message: /^Unable to complete the copy, the accumulated size increase of copy is \d+, exceeding the limit 3145728$/,
  });
});

test('documents cannot be made to nest without end', () => {
  const nesting = Array.from({ length: 12 }, (_, step) => ({
    op: 'copy',
    from: '/a',
    path: '/a'.repeat(2 ** step + 1),
  }));
  assert.throws(() => applyJsonPatch({ a: {} }, nesting), { code: 422, message: 'exceeded max depth' });
  const adding = Array.from({ length: 2000 }, (_, level) => ({ op: 'add', path: '/a'.repeat(level + 1), value: {} }));
  assert.throws(() => applyJsonPatch({}, adding), { code: 422, message: 'exceeded max depth' });
});

test('what is copied is a value of its own', () => {
  const patch = [
    { op: 'add', path: '/b', value: { list: [] } },
    { op: 'copy', from: '/b', path: '/c' },
    { op: 'add', path: '/c/list/-', value: 1 },
    { op: 'add', path: '/b/list/-', value: 2 },
  ];
  assert.deepEqual(applyJsonPatch({}, patch), { b: { list: [2] }, c: { list: [1] } });
  assert.deepEqual(patch[0], { op: 'add', path: '/b', value: { list: [] } });
});

test('adding and removing again gives the document back', () => {
  const document = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
  fc.assert(
    fc.property(document, fc.string(), fc.jsonValue(), (before, key, value) => {
      fc.pre(!Object.hasOwn(before, key));
      const path = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const added = applyJsonPatch(before, [
        { op: 'add', path, value },
        { op: 'test', path, value },
      ]);
      assert.deepEqual(applyJsonPatch(added, [{ op: 'remove', path }]), before);
    }),
  );
});

test('operations with members that nobody knows are named', () => {
  assert.deepEqual(
    unknownFieldsOfJsonPatch([
      { op: 'add', path: '/a', value: 1 },
      { op: 'remove', path: '/a', foo: 1 },
    ]),
    ['json patch unknown field "[1].foo"'],
  );
});
