import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import * as rules from './names.ts';

interface Golden {
  readonly text: string;
  readonly answer: Readonly<Record<string, readonly number[]>>;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`./testdata/${name}`, import.meta.url), 'utf8'));
const golden = read('texts/names.json') as readonly Golden[];
const messages = read('name-messages.json') as readonly string[];

const named = {
  configMapKey: rules.configMapKey,
  dns1035Label: rules.dns1035Label,
  dns1123Label: rules.dns1123Label,
  dns1123Subdomain: rules.dns1123Subdomain,
  dns1123SubdomainWithUnderscore: rules.dns1123SubdomainWithUnderscore,
  envVarName: rules.envVarName,
  httpHeaderName: rules.httpHeaderName,
  pathSegment: rules.pathSegment,
  percent: rules.percent,
  portName: rules.portName,
  qualifiedName: rules.qualifiedName,
  validLabelValue: rules.validLabelValue,
};

test('names are refused in the words of apimachinery', () => {
  for (const { text, answer } of golden)
    for (const [name, rule] of Object.entries(named)) {
      const expected = (answer[name] ?? []).map((index) => messages[index]);
      assert.deepEqual(rule(text), expected, `${name} of ${JSON.stringify(text)}`);
    }
});

test('lengths are counted in bytes of UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀') }), (text) => {
      assert.equal(rules.byteLength(text), new TextEncoder().encode(text).length);
    }),
  );
});

test('ports and ranges hold their ends', () => {
  assert.deepEqual(
    [0, 1, 65_535, 65_536].map((port) => rules.portNumber(port).length),
    [1, 0, 0, 1],
  );
  assert.deepEqual(rules.inRange(7, 1, 6), ['must be between 1 and 6, inclusive']);
});

test('a prefix may end with a dash, since something follows it', () => {
  assert.deepEqual(rules.dns1123Label(rules.asPrefix('web-')), []);
  assert.notDeepEqual(rules.dns1123Label(rules.asPrefix('-')), []);
  assert.notDeepEqual(rules.dns1123Label(rules.asPrefix('-web')), []);
});

test('hostile names end soon', () => {
  for (const text of ['a-'.repeat(50_000), 'a.'.repeat(50_000), '-'.repeat(100_000), `${'a'.repeat(100_000)}!`])
    for (const [name, rule] of Object.entries(named))
      if (name !== 'configMapKey' && name !== 'envVarName' && name !== 'httpHeaderName' && name !== 'pathSegment')
        assert.ok(rule(text).length > 0, name);
});
