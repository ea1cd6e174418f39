import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { equalJson } from './json-value.ts';
import { parseJson } from './json-text.ts';

test('keys that stand twice are named with their path', () => {
  const cases: readonly (readonly [text: string, duplicates: readonly string[]])[] = [
    ['{}', []],
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', []],
    ['{"a":1,"a":1}', ['duplicate field "a"']],
    [' { "a" : 1 , "b" : [ { "c" : { "d" : 1 , "d" : 2 } } ] } ', ['duplicate field "b[0].c.d"']],
    [String.raw`{"a\"":":","a\"":"\\","b\\":"{\"x\":1}"}`, [String.raw`duplicate field "a\""`]],
    [String.raw`{"\u0061":1,"a":2}`, ['duplicate field "a"']],
    ['{"a":{"x":1,"x":2},"a":{"x":3,"x":4,"x":5}}', ['duplicate field "a.x"', 'duplicate field "a"']],
    ['{"__proto__":1,"__proto__":2,"1":3}', ['duplicate field "__proto__"']],
    ['[[{"a":[],"a":{}}]]', ['duplicate field "[0][0].a"']],
    ['{"":1,"":2}', ['duplicate field ""']],
  ];
  for (const [text, duplicates] of cases) assert.deepEqual(parseJson(text).duplicateFields, duplicates, text);
});

test('whatever JSON.stringify writes is read back without complaint', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const { value: read, duplicateFields } = parseJson(JSON.stringify(value, null, indent));
      assert.deepEqual(duplicateFields, []);
      assert.ok(equalJson(read, JSON.parse(JSON.stringify(value))));
    }),
  );
});

test('a key doubled anywhere is noticed', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.jsonValue(), (object, again) => {
      const key = Object.keys(object)[0] ?? '';
      const text = `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(again)}}`;
      assert.equal(parseJson(text).duplicateFields.length, 1);
    }),
  );
});

test('text that JSON.parse refuses always gets a message of Go, and in time', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.string({ maxLength: 3 }), (value, at, noise) => {
      const text = JSON.stringify(value);
      const broken = text.slice(0, at % (text.length + 1)) + noise + text.slice((at + 1) % (text.length + 1));
      try {
        parseJson(broken);
      } catch (error) {
        assert.match((error as Error).message, /^invalid character '.+' |^unexpected end of JSON input$/s);
      }
    }),
    { numRuns: 500 },
  );
});
