import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decode } from './decode.ts';
import { parseJson } from './json-text.ts';
import { strictProblems } from './strict-problems.ts';
import { structNamed, type Struct } from './struct.ts';

interface Golden {
  readonly struct: string;
  readonly input: string;
  readonly error?: string;
  readonly strict?: readonly string[];
}

/** As the API server reads a body: parse, decode, and only then look for the order of what is wrong. */
function problemsOf(struct: Struct, text: string, limits: { readonly maxDepth?: number } = {}): readonly string[] {
  const { value, duplicateFields } = parseJson(text, limits);
  const { unknownFields } = decode(struct, value);
  return duplicateFields.length > 0 ? strictProblems(text, struct) : unknownFields;
}

const golden = JSON.parse(readFileSync(new URL('./testdata/decode.json', import.meta.url), 'utf8')) as Golden[];

test('syntax errors, unknown and duplicate fields have the words and the order of Go', () => {
  for (const { struct, input, error, strict } of golden) {
    if (error === undefined) assert.deepEqual(problemsOf(structNamed(struct), input), strict ?? [], input);
    else assert.throws(() => problemsOf(structNamed(struct), input), { message: error }, input);
  }
});

test('deep nesting is refused, not recursed into', () => {
  const configMap = structNamed('core/v1.ConfigMap');
  const deep = (levels: number): string => `{"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  assert.deepEqual(problemsOf(configMap, deep(998)), ['unknown field "x"']);
  assert.throws(() => problemsOf(configMap, deep(200_000)), { message: 'exceeded max depth' });
  assert.throws(() => problemsOf(configMap, '['.repeat(200_000)), { message: 'unexpected end of JSON input' });
  assert.throws(() => problemsOf(configMap, deep(20), { maxDepth: 10 }), { message: 'exceeded max depth' });
  const schema = `{"spec":{"versions":[{"schema":{"openAPIV3Schema":${'{"properties":{"a":'.repeat(490)}{}${'}}'.repeat(490)}}}]}}`;
  assert.deepEqual(problemsOf(structNamed('apiextensions/v1.CustomResourceDefinition'), schema), []);
});
