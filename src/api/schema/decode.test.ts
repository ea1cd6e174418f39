import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decode } from './decode.ts';
import { structNamed } from './struct.ts';

interface Golden {
  readonly struct: string;
  readonly input: string;
  readonly output?: unknown;
  readonly error?: string;
  readonly strict?: readonly string[];
}

const golden = JSON.parse(readFileSync(new URL('./testdata/decode.json', import.meta.url), 'utf8')) as Golden[];

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Go's null where we write nothing, an empty list or map: the one difference that decode.ts names. */
function withoutNull(go: unknown, ours: unknown): unknown {
  if (go === null) return Array.isArray(ours) || ours === '' || isEmptyObject(ours) ? ours : null;
  if (Array.isArray(go)) return go.map((item, index) => withoutNull(item, (ours as unknown[] | undefined)?.[index]));
  if (typeof go !== 'object') return go;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(go)) {
    const mine = (ours as Record<string, unknown> | undefined)?.[key];
    if (value === null && mine === undefined) continue;
    Object.defineProperty(out, key, { value: withoutNull(value, mine), enumerable: true });
  }
  return out;
}

const isEmptyObject = (value: unknown): boolean => JSON.stringify(value) === '{}';

test('decoding gives what Go gives, in the same order of keys, with the same errors', () => {
  let compared = 0;
  for (const { struct, input, output, error, strict } of golden) {
    if (!isJson(input)) continue;
    compared++;
    if (error !== undefined) {
      assert.throws(
        () => decode(structNamed(struct), JSON.parse(input)),
        { name: 'DecodeError', message: error },
        input,
      );
      continue;
    }
    const { object, unknownFields } = decode(structNamed(struct), JSON.parse(input));
    assert.equal(JSON.stringify(object), JSON.stringify(withoutNull(output, object)), input);
    const unknown = (strict ?? []).filter((line) => line.startsWith('unknown'));
    assert.deepEqual(unknownFields, unknown, input);
  }
  assert.ok(compared > 80);
});

test('what is canonical already comes back as the same object', () => {
  for (const { struct, input, error } of golden) {
    if (error !== undefined || !isJson(input)) continue;
    const { object } = decode(structNamed(struct), JSON.parse(input));
    const again = decode(structNamed(struct), object);
    assert.equal(again.object, object, input);
    assert.deepEqual(again.unknownFields, []);
  }
});

test('a copy shares nothing and the input may be frozen', () => {
  const freeze = <T>(value: T): T => {
    if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
    return value;
  };
  for (const { struct, input, error } of golden) {
    if (error !== undefined || !isJson(input)) continue;
    const frozen = freeze(decode(structNamed(struct), JSON.parse(input)).object);
    const { object } = decode(structNamed(struct), frozen, { copy: true });
    assert.equal(JSON.stringify(object), JSON.stringify(frozen));
    assertUnfrozen(object);
  }
});

function assertUnfrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  assert.ok(!Object.isFrozen(value) || Object.keys(value).length === 0, JSON.stringify(value));
  Object.values(value).forEach(assertUnfrozen);
}

test('an error leaves nothing behind for the next call', () => {
  const pod = structNamed('core/v1.Pod');
  assert.throws(() => decode(pod, { spec: { nodeName: 'n', containers: [{ name: 'a', image: 'i', stdin: 'x' }] } }));
  assert.deepEqual(decode(pod, { spec: { containers: [{}] } }).object, {
    metadata: {},
    spec: { containers: [{ name: '', resources: {} }] },
    status: {},
  });
});

test('zero objects are fresh each time', () => {
  const pod = structNamed('core/v1.Pod');
  const first = decode(pod, {}).object as { spec: { containers: unknown[] } };
  first.spec.containers.push({});
  assert.deepEqual((decode(pod, {}).object as typeof first).spec.containers, []);
});

test('members that are undefined are absent', () => {
  const draft = {
    metadata: { name: 'a', labels: { x: undefined, y: '1' }, annotations: undefined },
    spec: { containers: [{ name: 'c', image: undefined }], nodeName: undefined },
    nonsense: undefined,
  };
  const { object, unknownFields } = decode(structNamed('core/v1.Pod'), draft);
  assert.equal(
    JSON.stringify(object),
    '{"metadata":{"name":"a","labels":{"y":"1"}},"spec":{"containers":[{"name":"c","resources":{}}]},"status":{}}',
  );
  assert.deepEqual(unknownFields, []);
  assert.ok(!('annotations' in (object['metadata'] as object)));
});
