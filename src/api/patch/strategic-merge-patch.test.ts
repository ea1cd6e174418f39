import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyJson } from '../schema/json-value.ts';
import { structNamed } from '../schema/struct.ts';
import { PatchError } from './patch-error.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

interface Golden {
  readonly struct: string;
  readonly original: Readonly<Record<string, unknown>>;
  readonly patch: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: string;
}

const golden = JSON.parse(readFileSync(new URL('./testdata/strategic.json', import.meta.url), 'utf8')) as Golden[];

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

test('patches give what Go gives, errors included, and change neither argument', () => {
  assert.ok(golden.length > 300);
  for (const { struct, original, patch, result, error } of golden) {
    const apply = (): unknown =>
      applyStrategicMergePatch(structNamed(struct), frozen(copyJson(original)), frozen(copyJson(patch)));
    if (error === undefined) assert.deepEqual(apply(), result, JSON.stringify({ original, patch }));
    else assert.throws(apply, { name: 'PatchError', message: error }, JSON.stringify({ original, patch }));
  }
});

test('who is to blame stands in the code', () => {
  const codeOf = (patch: unknown): number => {
    try {
      applyStrategicMergePatch(
        structNamed('core/v1.Pod'),
        { spec: { containers: [{ name: 'a' }] }, metadata: { finalizers: ['x'] } },
        patch,
      );
    } catch (error) {
      if (error instanceof PatchError) return error.code;
    }
    return 0;
  };
  assert.equal(codeOf([]), 400);
  assert.equal(codeOf('x'), 400);
  assert.equal(codeOf(null), 0);
  assert.equal(codeOf({ metadata: { $deleteFromPrimitiveList: [] } }), 400);
  assert.equal(codeOf({ spec: { $retainKeys: 'x' } }), 400);
  assert.equal(codeOf({ spec: { containers: ['a'] } }), 500);
  assert.equal(codeOf({ metadata: { finalizers: [] } }), 0);
  assert.equal(codeOf({ spec: { containers: [{}] } }), 500);
});

const pods = golden.filter(({ struct, error }) => struct === 'core/v1.Pod' && error === undefined);

test('a patch applied twice changes nothing more, unless it orders or deletes and adds', () => {
  const pod = structNamed('core/v1.Pod');
  const isPlain = (patch: unknown): boolean => !/\$|null|nonsense/.test(JSON.stringify(patch));
  let plain = 0;
  for (const { original, patch } of pods) {
    if (!isPlain(patch)) continue;
    plain++;
    const once = applyStrategicMergePatch(pod, original, patch);
    assert.deepEqual(applyStrategicMergePatch(pod, once, patch), once, JSON.stringify({ original, patch }));
  }
  assert.ok(plain > 5);
});

test('the empty patch and the object itself as a patch change nothing', () => {
  const pod = structNamed('core/v1.Pod');
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const container = fc.record({ name, image: fc.string() }, { requiredKeys: ['name'], noNullPrototype: true });
  const object = fc.record(
    {
      metadata: fc.record(
        {
          labels: fc.dictionary(name, fc.string(), { noNullPrototype: true }),
          finalizers: fc.uniqueArray(name, { minLength: 1 }),
        },
        { noNullPrototype: true },
      ),
      spec: fc.record(
        {
          containers: fc.uniqueArray(container, { selector: (item) => item.name, minLength: 1 }),
          tolerations: fc.array(fc.record({ key: name }, { noNullPrototype: true })),
        },
        { noNullPrototype: true },
      ),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(object, (original) => {
      assert.deepEqual(applyStrategicMergePatch(pod, original, {}), original);
      assert.deepEqual(applyStrategicMergePatch(pod, original, original), original);
    }),
  );
});

test('long lists are merged in reasonable time', () => {
  const items = Array.from({ length: 3000 }, (_, index) => ({ name: `c${index}`, image: 'x' }));
  const merged = applyStrategicMergePatch(
    structNamed('core/v1.Pod'),
    { spec: { containers: items } },
    { spec: { containers: items.toReversed(), '$setElementOrder/containers': items.toReversed() } },
  ) as { spec: { containers: { name: string }[] } };
  assert.equal(merged.spec.containers[0]?.name, 'c2999');
  assert.equal(merged.spec.containers.length, 3000);
});
