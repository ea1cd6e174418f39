import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { depthExceeds, parseJsonObject } from './json-body.ts';
import { RequestError } from './request-error.ts';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('the depth counted in a text is the depth of its value', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), fc.nat(8), (text, most) => {
      assert.equal(depthExceeds(text, most), depthOf(JSON.parse(text)) > most);
    }),
  );
});

test('brackets in strings do not count', () => {
  assert.ok(!depthExceeds(JSON.stringify(['[[[[', '\\"[[', '"[[']), 1));
});

test('64 levels are read and 65 are not', () => {
  const nested = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  assert.ok('a' in parseJsonObject(nested(64)));
  assert.throws(() => parseJsonObject(nested(65)), /deeper than 64/);
});

test('an error about a body does not quote it', () => {
  for (const text of ['{"secret"', '["secret"]', '"secret"', 'secret']) {
    assert.throws(
      () => parseJsonObject(text),
      (error) => error instanceof RequestError && error.status === 400 && !error.message.includes('secret'),
    );
  }
});

test('whatever the text, an object or a RequestError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        assert.equal(typeof parseJsonObject(text), 'object');
      } catch (error) {
        assert.ok(error instanceof RequestError);
      }
    }),
  );
});
