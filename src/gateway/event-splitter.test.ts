import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventSplitter, EventTooLong } from './event-splitter.ts';
import { StreamReader, usageAtEnd } from './stream-reader.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (chunk: Uint8Array): string => new TextDecoder().decode(chunk);

/** What comes out for what goes in, chunk by chunk. */
function split(chunks: readonly (string | Uint8Array)[]): { out: string; events: string[] } {
  const splitter = new EventSplitter({ maxBytes: 1_000 });
  let out = '';
  const events: string[] = [];
  for (const chunk of chunks) {
    const whole = splitter.push(typeof chunk === 'string' ? bytes(chunk) : chunk);
    out += whole === undefined ? '' : text(whole.bytes);
    events.push(...(whole?.events ?? []));
  }
  return { out, events };
}

test('only whole events come out', async (t) => {
  const rows: readonly (readonly [what: string, chunks: readonly string[], out: string, events: number])[] = [
    ['one', ['data: a\n\n'], 'data: a\n\n', 1],
    ['two in one piece', ['data: a\n\ndata: b\n\n'], 'data: a\n\ndata: b\n\n', 2],
    ['a half keeps waiting', ['data: a\n\ndata: b'], 'data: a\n\n', 1],
    ['one in four pieces', ['da', 'ta: a', '\n', '\n'], 'data: a\n\n', 1],
    ['CRLF', ['data: a\r\n\r\ndata: b\r', '\n\r\n'], 'data: a\r\n\r\ndata: b\r\n\r\n', 2],
    ['several lines', ['event: x\ndata: a\n', '\n'], 'event: x\ndata: a\n\n', 1],
    ['comments', [': ping\n\n'], ': ping\n\n', 1],
    ['blank lines before', ['\n\ndata: a\n\n'], '\n\ndata: a\n\n', 1],
  ];
  for (const [what, chunks, out, events] of rows) {
    await t.test(what, () => {
      const result = split(chunks);
      assert.equal(result.out, out);
      assert.equal(result.events.length, events);
      assert.equal(result.events.join(''), out);
    });
  }
});

test('however a stream is cut, the same events come out', () => {
  const event = fc.string({ unit: fc.constantFrom(...'ab é:{}"'.split('')) }).map((data) => `data: ${data}\n\n`);
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), fc.array(fc.nat(200), { maxLength: 10 }), (events, cuts) => {
      const whole = bytes(events.join(''));
      const at = [0, ...cuts.map((cut) => cut % (whole.length + 1)).toSorted((a, b) => a - b), whole.length];
      const chunks = at.slice(1).map((end, index) => whole.slice(at[index], end));
      assert.deepEqual(split(chunks).events, events);
    }),
  );
});

test('an event that never ends is not kept', () => {
  const splitter = new EventSplitter({ maxBytes: 100 });
  assert.throws(() => {
    for (let i = 0; i < 20; i++) splitter.push(bytes('data: xxxx'));
  }, EventTooLong);
});

test('a stream tells when it is done, failed, and what it cost', () => {
  const reader = new StreamReader();
  reader.read('data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n');
  assert.equal(reader.pieces, 0);
  reader.read('data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n');
  reader.read('data: {"choices":[{"delta":{"content":"\\""}}]}\n\n');
  reader.read(': ping\n\n');
  assert.deepEqual([reader.pieces, reader.isDone, reader.isError], [2, false, false]);
  assert.deepEqual(reader.usage, { prompt: undefined, completion: 2 });
  reader.read('data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5}}\r\n\r\n');
  assert.deepEqual(reader.usage, { prompt: 7, completion: 5 });
  reader.read('data: [DONE]\n\n');
  assert.equal(reader.isDone, true);
});

test('an error event is told from an answer that speaks of errors', () => {
  const reader = new StreamReader();
  reader.read('data: {"choices":[{"delta":{"content":"{\\"error\\": 1}"}}]}\n\n');
  assert.equal(reader.isError, false);
  reader.read('data: {"error":{"message":"x"}}\n\n');
  assert.equal(reader.isError, true);
});

test('nonsense usage is no usage', () => {
  for (const usage of ['null', '5', '{"prompt_tokens":-1,"completion_tokens":1e99}', '{"prompt_tokens":"1"}']) {
    const reader = new StreamReader();
    reader.read(`data: {"usage":${usage}}\n\n`);
    assert.deepEqual(reader.usage, { prompt: undefined, completion: 0 }, usage);
  }
});

test('the usage of a whole answer is read from its end', () => {
  const rows: readonly (readonly [body: string, prompt: number | undefined, completion: number | undefined])[] = [
    ['{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}', 7, 5],
    ['{"usage" : {"completion_tokens" : 5 , "prompt_tokens" : 7 }, "x": null}', 7, 5],
    [`{"data":"${'x'.repeat(100_000)}","usage":{"prompt_tokens":3,"total_tokens":3}}`, 3, undefined],
    ['{"prompt_tokens":9}', undefined, undefined],
    ['{"usage":{"prompt_tokens":"many"}}', undefined, undefined],
    ['', undefined, undefined],
  ];
  for (const [body, prompt, completion] of rows)
    assert.deepEqual(
      { prompt: undefined, completion: undefined, ...usageAtEnd(bytes(body)) },
      { prompt, completion },
      body.slice(-80),
    );
});
