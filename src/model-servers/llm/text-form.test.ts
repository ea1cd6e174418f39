import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { textForms } from './text-form.ts';

const { encode, decoder } = textForms['spaced-lower-case'];

for (const [text, known] of [
  ['How is one GPU shared by four models?', 'how is one gpu shared by four models ?'],
  ['Can i run 12 replicas, on one node?!', 'can I run 12 replicas , on one node ? !'],
  ['scale at 0.5 cpu.', 'scale at 0.5 cpu .'],
  ['  two\n lines ', 'two lines'],
  ['', ''],
] as const) {
  test(`${JSON.stringify(text)} is known to the model as ${JSON.stringify(known)}`, () =>
    assert.equal(encode(text), known));
}

test('spelling twice changes nothing more', () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(encode(encode(text)), encode(text))));
});

test('what the model writes is closed up, however it is cut', () => {
  const written = 'a pod , a node . " hi " ! it costs 0.5 .\n';
  fc.assert(
    fc.property(fc.array(fc.nat(written.length)), (cuts) => {
      const ends = [...cuts, written.length].toSorted((a, b) => a - b);
      const decode = decoder();
      const text = ends.map((end, i) => decode(written.slice(i === 0 ? 0 : ends[i - 1], end))).join('');
      assert.equal(text, 'a pod, a node. " hi "! it costs 0.5.\n');
    }),
  );
});

test('a model without a form gets and gives text as it is', () => {
  const plain = textForms['as-is'];
  fc.assert(fc.property(fc.string(), (text) => assert.equal(plain.decoder()(plain.encode(text)), text)));
});
