import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { decode } from '../schema/decode.ts';
import { type Struct, structOfKind } from '../schema/struct.ts';
import { decodeBody } from './decode-body.ts';
import { readEnvelope } from './envelope.ts';

interface Golden {
  readonly name: string;
  readonly body: string;
  readonly json: { readonly apiVersion: string; readonly kind: string };
}

const golden = JSON.parse(readFileSync(new URL('./testdata/bodies.json', import.meta.url), 'utf8')) as Golden[];
const bodies = golden.map(({ body }) => new Uint8Array(Buffer.from(body, 'base64')));

function structOf(apiVersion: string, kind: string): Struct | undefined {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return structOfKind(group, version, kind);
}

test('bodies of the Go encoder decode to what Go writes as JSON', () => {
  assert.ok(golden.length > 50);
  golden.forEach(({ name, json }, index) => {
    const { apiVersion, kind, object } = decodeBody(bodies[index]!, structOf);
    assert.deepEqual({ apiVersion, kind }, { apiVersion: json.apiVersion, kind: json.kind });
    const expected = decode(structOf(json.apiVersion, json.kind)!, json);
    assert.deepEqual(expected.unknownFields, []);
    assert.deepEqual(object, expected.object, name);
    assert.equal(JSON.stringify(object), JSON.stringify(expected.object), `${name}: order of keys`);
  });
});

test('a body cut anywhere is an error or a shorter object, never a hang', () => {
  for (const body of bodies.filter(({ length }) => length < 3000))
    for (let length = 0; length < body.length; length += 1 + Math.floor(body.length / 300))
      finishes(body.subarray(0, length));
});

test('bodies with bytes changed are errors or other objects', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...bodies.filter(({ length }) => length < 3000)),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (body, changes) => {
        const changed = body.slice();
        for (const [at, byte] of changes) changed[4 + (at % (changed.length - 4))] = byte;
        finishes(changed);
      },
    ),
    { numRuns: 300 },
  );
});

function finishes(body: Uint8Array): void {
  try {
    decodeBody(body, structOf);
  } catch (error) {
    assert.match((error as Error).name, /^(ProtobufError|DecodeError)$/, String(error));
  }
}

const configMap = (...raw: number[]): Uint8Array =>
  new Uint8Array([
    ...Buffer.from('k8s\0'),
    0x0a,
    0x0f,
    0x0a,
    2,
    ...Buffer.from('v1'),
    0x12,
    9,
    ...Buffer.from('ConfigMap'),
    0x12,
    ...length(raw.length),
    ...raw,
  ]);
const length = (count: number): number[] => (count < 128 ? [count] : [(count & 127) | 128, ...length(count >>> 7)]);

test('hostile messages are refused with a reason', () => {
  const cases: readonly (readonly [bytes: readonly number[], message: RegExp])[] = [
    [[0x0a], /^unexpected EOF$/],
    [[0x0a, 0x05, 0x0a], /^unexpected EOF$/],
    [[0x0a, 0xff, 0xff, 0xff, 0xff, 0x07], /^unexpected EOF$/],
    [[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], /negative length/],
    [[0x0a, ...Array<number>(11).fill(0xff), 0x01], /integer overflow/],
    [[0x00, 0x00], /illegal tag 0/],
    [[0x08, 0x01], /wrong wireType = 0/],
    [[0x0e, 0x01], /wrong wireType = 6/],
    [[0xfe, 0x01], /illegal wireType 6/],
    [[0xfc, 0x01], /unexpected end of group/],
    [Array<number>(5000).fill(0x7b), /^unexpected EOF$/],
  ];
  for (const [bytes, message] of cases)
    assert.throws(() => decodeBody(configMap(...bytes), structOf), { name: 'ProtobufError', message });
});

test('unknown fields of every wire type are passed over', () => {
  const unknown = [
    0xf8, 0x07, 0x05, 0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8, 0xfa, 0x07, 1, 9, 0xfd, 0x07, 1, 2, 3, 4, 0xfb, 0x07, 0x7b,
    0x08, 1, 0x7c, 0xfc, 0x07,
  ];
  const { object } = decodeBody(configMap(...unknown, 0x0a, 0x03, 0x0a, 0x01, 0x61), structOf);
  assert.deepEqual(object, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } });
});

test('deeply nested schemas are refused, not recursed into', () => {
  let schema: number[] = [];
  for (let level = 0; level < 2000; level++) schema = [0xe2, 0x01, ...length(schema.length), ...schema]; // `not`, 28
  const nest = (tag: number, inner: readonly number[]): number[] => [tag, ...length(inner.length), ...inner];
  const raw = nest(0x12, nest(0x3a, nest(0x22, nest(0x0a, schema))));
  const body = new Uint8Array([
    ...Buffer.from('k8s\0'),
    ...nest(0x0a, [
      ...nest(0x0a, [...Buffer.from('apiextensions.k8s.io/v1')]),
      ...nest(0x12, [...Buffer.from('CustomResourceDefinition')]),
    ]),
    ...nest(0x12, raw),
  ]);
  assert.throws(() => decodeBody(body, structOf), { name: 'ProtobufError', message: 'proto: exceeded max depth' });
});

test('what has no protobuf form is refused', () => {
  assert.throws(() => decodeBody(new TextEncoder().encode('{}'), structOf), {
    message: /expected prefix \[107 56 115 0\]/,
  });
  const other = bodies[0]!.slice();
  assert.throws(() => decodeBody(other, () => undefined), {
    message: 'no kind "Namespace" is registered for version "v1"',
  });
  assert.equal(readEnvelope(other).kind, 'Namespace');
});
