import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StopFilter } from './stop-filter.ts';

function filtered(pieces: readonly string[], stops: readonly string[]): { text: string; stopped: boolean } {
  const filter = new StopFilter(stops);
  let text = '';
  for (const piece of pieces) {
    const result = filter.push(piece);
    text += result.text;
    if (result.stopped) return { text, stopped: true };
  }
  return { text: text + filter.flush(), stopped: false };
}

test('a stop text is found across pieces and nothing of it is sent', () => {
  assert.deepEqual(filtered(['ab', 'cS', 'TO', 'Pde'], ['STOP']), { text: 'abc', stopped: true });
  assert.deepEqual(filtered(['abcSTO'], ['STOP']), { text: 'abcSTO', stopped: false });
  assert.deepEqual(filtered(['x', 'SST', 'OP'], ['STOP']), { text: 'xS', stopped: true });
});

test('what cannot begin a stop text is sent at once', () => {
  const filter = new StopFilter(['\n', 'user:']);
  assert.deepEqual(filter.push('the us'), { text: 'the ', stopped: false });
  assert.deepEqual(filter.push('ual'), { text: 'usual', stopped: false });
});

test('however the text is cut, the same is sent', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
  const stop = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(word), fc.array(stop, { maxLength: 3 }), (pieces, stops) => {
      const text = pieces.join('');
      const ends = stops.map((one) => text.indexOf(one)).filter((index) => index >= 0);
      const { text: sent, stopped } = filtered(pieces, stops);
      assert.equal(stopped, ends.length > 0);
      // Which of two stop texts is found first can depend on the cut; that something is sent after one cannot.
      if (!stopped) assert.equal(sent, text);
      else assert.ok(text.startsWith(sent) && stops.every((one) => !sent.includes(one)));
    }),
  );
});
