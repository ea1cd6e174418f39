import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  escapeFieldValue,
  exactFieldValue,
  formatFieldSelector,
  matchesFields,
  parseFieldSelector,
} from './field-selector.ts';

interface Golden {
  readonly text: string;
  readonly answer: { readonly text: string; readonly matches: readonly boolean[] } | { readonly error: string };
}

const golden = JSON.parse(
  readFileSync(new URL('./testdata/texts/field-selectors.json', import.meta.url), 'utf8'),
) as readonly Golden[];

// Those of tools/judge/texts.
const fieldSets: readonly ReadonlyMap<string, string>[] = [
  new Map(),
  new Map([['a', '1']]),
  new Map([
    ['a', 'x,y'],
    ['b', ''],
  ]),
  new Map([
    ['a', 'x=y'],
    ['b', '\\'],
  ]),
];

test('field selectors are read, written and matched as apimachinery does it', () => {
  for (const { text, answer } of golden) {
    if ('error' in answer) {
      assert.throws(() => parseFieldSelector(text), { name: 'SelectorError', message: answer.error }, text);
      continue;
    }
    const selector = parseFieldSelector(text);
    const matches = fieldSets.map((fields) => matchesFields(selector, (field) => fields.get(field) ?? ''));
    assert.deepEqual({ text: formatFieldSelector(selector), matches }, answer, text);
  }
});

test('any value survives its escaping', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\\', ',', '=', '!', 'a', ' ', 'é') }), (value) => {
      const selector = parseFieldSelector(`metadata.name=${escapeFieldValue(value)},a!=b`);
      assert.equal(exactFieldValue(selector, 'metadata.name'), value);
      assert.equal(
        formatFieldSelector(parseFieldSelector(formatFieldSelector(selector))),
        formatFieldSelector(selector),
      );
    }),
  );
});

test('hostile selectors end soon', () => {
  assert.equal(parseFieldSelector(','.repeat(500_000)).length, 0);
  assert.equal(parseFieldSelector('a=b,'.repeat(100_000)).length, 100_000);
  assert.throws(() => parseFieldSelector(`a=${'\\'.repeat(500_001)}`), { name: 'SelectorError' });
});
