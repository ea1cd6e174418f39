import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventStreamScanner } from './event-stream.ts';

const scan = (...chunks: readonly string[]): EventStreamScanner['facts'] => {
  const scanner = new EventStreamScanner();
  for (const chunk of chunks) scanner.push(new TextEncoder().encode(chunk));
  return scanner.facts;
};

test('a whole stream has its events and its end', () => {
  assert.deepEqual(scan('data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n'), {
    isDone: true,
    events: 2,
    endsBetweenEvents: true,
  });
});

test('[DONE] inside a text is no end', () => {
  assert.equal(scan('data: {"text":"data: [DONE]"}\n\n').isDone, false);
  assert.equal(scan('data: [DONE] and more\n\n').isDone, false);
});

test('a stream that breaks inside an event says so', () => {
  assert.deepEqual(scan('data: {"a":1}\n\ndata: {"a"'), { isDone: false, events: 1, endsBetweenEvents: false });
});

test('CRLF, comments and other fields do not disturb', () => {
  assert.deepEqual(scan(': ping\r\n\r\nevent: x\r\ndata: {"ä":"ö"}\r\n\r\ndata:[DONE]\r\n\r\n'), {
    isDone: true,
    events: 1,
    endsBetweenEvents: true,
  });
});

test('where the chunks are cut makes no difference', () => {
  const text = 'data: {"a":"é"}\n\ndata: {"b":[1,2]}\n\n: c\n\ndata: [DONE]\n\n';
  const bytes = new TextEncoder().encode(text);
  const whole = scan(text);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 10 }), (cuts) => {
      const scanner = new EventStreamScanner();
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      for (let i = 1; i < at.length; i++) scanner.push(bytes.subarray(at[i - 1], at[i]));
      assert.deepEqual(scanner.facts, whole);
    }),
  );
});
