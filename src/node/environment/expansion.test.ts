import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expand } from './expansion.ts';

const variables: Readonly<Record<string, string>> = { A: 'a', B: '$(A)', EMPTY: '', 'odd name': 'odd' };
const lookup = (name: string): string | undefined => variables[name];

const cases: readonly (readonly [text: string, result: string])[] = [
  ['plain', 'plain'],
  ['$(A)', 'a'],
  ['x$(A)y$(A)', 'xaya'],
  ['$(B)', '$(A)'],
  ['[$(EMPTY)]', '[]'],
  ['$(odd name)', 'odd'],
  ['$(UNKNOWN)', '$(UNKNOWN)'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$a'],
  ['$$$$', '$$'],
  ['$(A', '$(A'],
  ['$(A$(A)', '$(A$(A)'],
  ['$', '$'],
  ['a$', 'a$'],
  ['$A', '$A'],
  ['$-$(A)', '$-a'],
  ['$()', '$()'],
  ['$($(A))', '$($(A))'],
  ['', ''],
];

for (const [text, result] of cases)
  test(`${JSON.stringify(text)} expands to ${JSON.stringify(result)}`, () =>
    assert.equal(expand(text, lookup), result));

test('text without a dollar never changes, and doubling every dollar protects any text', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(
        expand(text.replaceAll('$', ''), () => 'x'),
        text.replaceAll('$', ''),
      );
      assert.equal(
        expand(text.replaceAll('$', '$$$$'), () => 'x'),
        text,
      );
    }),
  );
});
