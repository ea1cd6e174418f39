import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeJson } from './decode-json.ts';
import { structNamed } from './struct.ts';

interface Golden {
  readonly struct: string;
  readonly input: string;
  readonly error?: string;
  readonly strict?: readonly string[];
}

const golden = JSON.parse(readFileSync(new URL('./testdata/decode.json', import.meta.url), 'utf8')) as Golden[];

test('syntax errors, unknown and duplicate fields have the words and the order of Go', () => {
  for (const { struct, input, error, strict } of golden) {
    if (error === undefined) assert.deepEqual(decodeJson(structNamed(struct), input).problems, strict ?? [], input);
    else assert.throws(() => decodeJson(structNamed(struct), input), { message: error }, input);
  }
});

test('deep nesting is refused, not recursed into', () => {
  const configMap = structNamed('core/v1.ConfigMap');
  const deep = (levels: number): string => `{"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  assert.deepEqual(decodeJson(configMap, deep(998)).problems, ['unknown field "x"']);
  assert.throws(() => decodeJson(configMap, deep(200_000)), { message: 'exceeded max depth' });
  assert.throws(() => decodeJson(configMap, '['.repeat(200_000)), { message: 'unexpected end of JSON input' });
  assert.throws(() => decodeJson(configMap, deep(20), { maxDepth: 10 }), { message: 'exceeded max depth' });
  const schema = `{"spec":{"versions":[{"schema":{"openAPIV3Schema":${'{"properties":{"a":'.repeat(490)}{}${'}}'.repeat(490)}}}]}}`;
  assert.deepEqual(decodeJson(structNamed('apiextensions/v1.CustomResourceDefinition'), schema).problems, []);
});
