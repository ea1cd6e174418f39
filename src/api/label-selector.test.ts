import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  everything,
  formatLabelSelector,
  formatSelector,
  type Labels,
  matchesLabels,
  nothing,
  selectorOf,
  selectorOfLabels,
  validateLabelSelector,
} from './label-selector.ts';
import { parseLabelSelector } from './label-selector-grammar.ts';

interface Golden {
  readonly text: string;
  readonly answer: { readonly text: string; readonly matches: readonly boolean[] } | { readonly error: string };
}

const golden = JSON.parse(
  readFileSync(new URL('./testdata/texts/label-selectors.json', import.meta.url), 'utf8'),
) as readonly Golden[];

// Those of tools/judge/texts.
const labelSets: readonly Labels[] = [
  {},
  { a: '1' },
  { a: '2', b: 'x' },
  { a: '10', 'example.com/c': '' },
  { app: 'web', tier: 'front' },
];

test('label selectors are read, written and matched as apimachinery does it', () => {
  for (const { text, answer } of golden) {
    if ('error' in answer) {
      assert.throws(() => parseLabelSelector(text), { name: 'SelectorError', message: answer.error }, text);
      continue;
    }
    const selector = parseLabelSelector(text);
    const matches = labelSets.map((labels) => matchesLabels(selector, labels));
    assert.deepEqual({ text: formatSelector(selector), matches }, answer, text);
  }
});

const keys = fc.constantFrom('a', 'b', 'in', 'notin', 'example.com/c', 'A.b_c-d');
const values = fc.constantFrom('', '1', '2', 'x', 'in', '10');
const requirements = fc.oneof(
  keys,
  keys.map((key) => `!${key}`),
  fc.tuple(keys, fc.constantFrom('=', '==', '!='), values).map((parts) => parts.join('')),
  fc.tuple(keys, fc.constantFrom('>', '<'), fc.nat()).map((parts) => parts.join('')),
  fc
    .tuple(keys, fc.constantFrom('in', 'notin'), fc.array(values, { minLength: 1 }))
    .map(([key, operator, list]) => `${key} ${operator} (${list.join(',')})`),
);
const labelMaps = fc.dictionary(keys, values);

test('what a selector is written as means the same, and is written the same again', () => {
  fc.assert(
    fc.property(fc.array(requirements), labelMaps, (list, labels) => {
      const selector = parseLabelSelector(list.join(' , '));
      const written = formatSelector(selector);
      const again = parseLabelSelector(written);
      assert.equal(formatSelector(again), written);
      assert.equal(matchesLabels(again, labels), matchesLabels(selector, labels));
    }),
  );
});

test('a selector matches when each of its requirements does', () => {
  fc.assert(
    fc.property(fc.array(requirements), labelMaps, (list, labels) => {
      const each = list.every((one) => matchesLabels(parseLabelSelector(one), labels));
      assert.equal(matchesLabels(parseLabelSelector(list.join(',')), labels), each);
    }),
  );
});

test('negations are what their names say, also for absent labels', () => {
  fc.assert(
    fc.property(keys, fc.array(values, { minLength: 1 }), labelMaps, (key, list, labels) => {
      const holds = (text: string): boolean => matchesLabels(parseLabelSelector(text), labels);
      const set = `(${list.join(',')})`;
      assert.equal(holds(`${key} notin ${set}`), !holds(`${key} in ${set}`));
      assert.equal(holds(`!${key}`), !holds(key));
      assert.equal(holds(`${key}!=1`), !holds(`${key}=1`));
    }),
  );
});

test('no LabelSelector selects nothing, an empty one everything', () => {
  fc.assert(
    fc.property(labelMaps, (labels) => {
      assert.equal(matchesLabels(selectorOf(undefined), labels), false);
      assert.equal(matchesLabels(nothing, labels), false);
      assert.equal(matchesLabels(selectorOf({}), labels), true);
      assert.equal(matchesLabels(everything, undefined), true);
      assert.equal(matchesLabels(selectorOfLabels(labels), labels), true);
      assert.equal(matchesLabels(selectorOf({ matchLabels: labels }), labels), true);
    }),
  );
});

test('a LabelSelector is printed as the query that kubectl would send', () => {
  const selector = {
    matchLabels: { tier: 'front', app: 'web' },
    matchExpressions: [
      { key: 'zone', operator: 'NotIn', values: ['b', 'a'] },
      { key: 'canary', operator: 'DoesNotExist' },
      { key: 'release', operator: 'Exists' },
    ],
  };
  assert.equal(formatLabelSelector(selector), 'app=web,!canary,release,tier=front,zone notin (a,b)');
  assert.equal(formatLabelSelector({}), '<none>');
  assert.equal(formatLabelSelector(undefined), '<none>');
});

test('a LabelSelector that cannot select is refused with the path of its fault', () => {
  const told = validateLabelSelector(
    {
      matchLabels: { 'a b': '-' },
      matchExpressions: [
        { key: 'a', operator: 'In', values: [] },
        { key: 'a', operator: 'Exists', values: ['x'] },
        { key: 'a', operator: 'Near' },
      ],
    },
    'spec.selector',
  );
  assert.deepEqual(
    told.map(({ field, reason }) => [field, reason]),
    [
      ['spec.selector.matchLabels', 'FieldValueInvalid'],
      ['spec.selector.matchLabels', 'FieldValueInvalid'],
      ['spec.selector.matchExpressions[0].values', 'FieldValueRequired'],
      ['spec.selector.matchExpressions[1].values', 'FieldValueForbidden'],
      ['spec.selector.matchExpressions[2].operator', 'FieldValueInvalid'],
    ],
  );
});

test('hostile selectors are read or refused in the time that their length deserves', () => {
  const long = 200_000;
  for (const text of ['!'.repeat(long), '('.repeat(long), ','.repeat(long), 'a in ('.repeat(long), '='.repeat(long)])
    assert.throws(() => parseLabelSelector(text), { name: 'SelectorError' });
  assert.throws(() => parseLabelSelector('a'.repeat(long)), { name: 'SelectorError' });
  assert.equal(parseLabelSelector(' '.repeat(long)).requirements.length, 0);
  assert.equal(
    parseLabelSelector(Array.from({ length: 10_000 }, () => 'constructor').join(',')).requirements.length,
    10_000,
  );
  assert.equal(matchesLabels(parseLabelSelector('constructor'), {}), false);
});
