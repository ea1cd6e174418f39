import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalIpAddress, cidr, ipAddress, parseIp } from './ip-address.ts';

interface Golden {
  readonly text: string;
  readonly answer: Readonly<Record<string, readonly string[]>>;
}

const golden = JSON.parse(
  readFileSync(new URL('./testdata/texts/addresses.json', import.meta.url), 'utf8'),
) as readonly Golden[];

test('addresses and blocks are refused in the words of apimachinery', () => {
  for (const { text, answer } of golden)
    for (const [name, rule] of Object.entries({ ipAddress, cidr, canonicalIpAddress }))
      assert.deepEqual(rule(text), answer[name] ?? [], `${name} of ${text}`);
});

test('every address has one canonical form, read as itself', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = parseIp(text);
      assert.ok(address);
      assert.equal(isIP(text), address.family);
      if (!address.isMapped) assert.deepEqual(parseIp(address.canonical)?.groups, address.groups);
    }),
  );
});

test('what is no address for Node is none here', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('1', 'f', ':', '::', '.', '25', '/', 'g') }), (text) => {
      if (isIP(text) === 0) assert.ok(parseIp(text) === undefined || parseIp(text)?.hasLeadingZeros === true);
      else assert.ok(parseIp(text));
    }),
  );
  assert.equal(parseIp('1'.repeat(1_000_000)), undefined);
  assert.equal(parseIp(':'.repeat(1_000_000)), undefined);
});
