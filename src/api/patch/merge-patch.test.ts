import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyJson, equalJson, isJsonObject } from '../schema/json-value.ts';
import { applyMergePatch } from './merge-patch.ts';

interface Golden {
  readonly document: unknown;
  readonly patch: unknown;
  readonly result?: unknown;
  readonly error?: string;
  readonly code?: number;
}

const golden = JSON.parse(readFileSync(new URL('./testdata/merge-patch.json', import.meta.url), 'utf8')) as Golden[];

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

test('patches give what the Go library gives, errors included, and change neither argument', () => {
  for (const { document, patch, result, error, code } of golden) {
    const apply = (): unknown => applyMergePatch(frozen(copyJson(document)), frozen(copyJson(patch)));
    if (error === undefined) assert.deepEqual(apply(), result, JSON.stringify({ document, patch }));
    else assert.throws(apply, { name: 'PatchError', message: error, code }, JSON.stringify(patch));
  }
});

/** Objects without null members, which a merge patch cannot express. */
const { document } = fc.letrec<{ document: Record<string, unknown>; value: unknown }>((tie) => ({
  document: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.array(fc.integer()),
    tie('document'),
  ),
}));

function difference(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const entries: [string, unknown][] = Object.keys(from)
    .filter((key) => !Object.hasOwn(to, key))
    .map((key) => [key, null]);
  for (const [key, after] of Object.entries(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    if (equalJson(before, after)) continue;
    entries.push([key, isJsonObject(before) && isJsonObject(after) ? difference(before, after) : after]);
  }
  return Object.fromEntries(entries);
}

test('the difference applied gives the target', () => {
  fc.assert(
    fc.property(document, document, (from, to) => {
      assert.deepEqual(applyMergePatch(frozen(from), frozen(difference(from, to))), to);
    }),
  );
});

test('applied again, a patch changes nothing: the very same object comes back', () => {
  fc.assert(
    fc.property(document, document, (target, patch) => {
      const once = applyMergePatch(target, patch);
      assert.deepEqual(applyMergePatch(once, patch), once);
      assert.equal(applyMergePatch(target, {}), target);
    }),
  );
});
