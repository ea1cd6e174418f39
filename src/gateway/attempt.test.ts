import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../std/virtual-clock.ts';
import { type AttemptEnd, attempt } from './attempt.ts';
import { defaultLimits } from './limits.ts';
import type { UpstreamHandler } from './transport.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const event = 'data: {"choices":[{"delta":{"content":"one"}}]}\n\n';
const done = 'data: [DONE]\n\n';

/** One attempt with both of its ends in the test's hands; everything that happens is written down. */
function setUp({ isStream = true } = {}) {
  const clock = new VirtualClock({ drain: () => new Promise((resolve) => void setImmediate(resolve)) });
  const client = new AbortController();
  const gateway = new AbortController();
  const log: string[] = [];
  let handler: UpstreamHandler | undefined;
  let drained = (): void => {};
  const state = { takes: true };
  const end = attempt(
    {
      isStream,
      clock,
      limits: { ...defaultLimits, eventBytes: 1_000, bufferedAnswerBytes: 100 },
      abandon: gateway.signal,
      headers: () => ({ 'x-slipway-held-ms': '5' }),
      onFirstToken: () => log.push('first token'),
      onCommit: () => log.push('commit'),
      reply: {
        head: (status, headers) =>
          log.push(
            `head ${status} ${Object.entries(headers)
              .map(([k, v]) => `${k}=${v}`)
              .join(' ')}`,
          ),
        data: (chunk) => (log.push(new TextDecoder().decode(chunk)), state.takes),
        end: (last) => log.push(...(last === undefined ? [] : [new TextDecoder().decode(last)]), 'end'),
        destroy: () => log.push('destroy'),
        onDrain: (listener) => (drained = listener),
        signal: client.signal,
      },
    },
    (given) => {
      handler = given;
      return { abort: () => log.push('abort'), pause: () => log.push('pause'), resume: () => log.push('resume') };
    },
  );
  return { clock, client, gateway, log, state, end, upstream: handler!, drain: () => drained() };
}

const sse = {
  'content-type': 'text/event-stream',
  connection: 'keep-alive',
  'x-request-id': 'r1',
  server: 'secret/1.0',
};
const json = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
const ended = async (end: Promise<AttemptEnd>): Promise<string> => {
  const { kind, ...rest } = await end;
  return `${kind} ${'failure' in rest ? rest.failure : 'status' in rest ? rest.status : ''}`.trim();
};

test("a stream passes: only the headers that are the client's business, its events, its end", async () => {
  const { upstream, end, log } = setUp();
  upstream.onHead(200, sse);
  assert.deepEqual(log, [], 'the head waits for the first whole event');
  upstream.onData(bytes(event.slice(0, 10)));
  upstream.onData(bytes(event.slice(10)));
  upstream.onData(bytes(done));
  upstream.onEnd();
  assert.equal(await ended(end), 'answered 200');
  assert.deepEqual(log, [
    'commit',
    'head 200 content-type=text/event-stream x-request-id=r1 cache-control=no-cache x-accel-buffering=no x-slipway-held-ms=5',
    'first token',
    event,
    done,
    'end',
  ]);
});

test('a slow client pauses the replica, and reading again resumes it', async () => {
  const { upstream, end, log, state, drain } = setUp();
  upstream.onHead(200, sse);
  state.takes = false;
  upstream.onData(bytes(event));
  assert.equal(log.at(-1), 'pause');
  state.takes = true;
  drain();
  assert.equal(log.at(-1), 'resume');
  upstream.onData(bytes(done));
  upstream.onEnd();
  assert.equal(await ended(end), 'answered 200');
});

test('a client that never reads on is given up, and the replica is free again', async () => {
  const { upstream, end, log, state, clock } = setUp();
  upstream.onHead(200, sse);
  state.takes = false;
  upstream.onData(bytes(event));
  await clock.advance(defaultLimits.clientStallMs);
  assert.equal(await ended(end), 'gone');
  assert.deepEqual(log.slice(-2), ['destroy', 'abort']);
});

test('how an attempt ends', async (t) => {
  type Step = (setting: ReturnType<typeof setUp>) => void;
  const head: Step = ({ upstream }) => upstream.onHead(200, sse);
  const whole: Step = ({ upstream }) => upstream.onHead(200, json);
  const data =
    (text: string): Step =>
    ({ upstream }) =>
      upstream.onData(bytes(text));
  const over: Step = ({ upstream }) => upstream.onEnd();
  const reset: Step = ({ upstream }) => upstream.onError('reset');
  const rows: readonly (readonly [what: string, steps: readonly Step[], end: string, touched: boolean])[] = [
    ['refused', [({ upstream }) => upstream.onError('connect')], 'failed connect', false],
    ['silent', [({ upstream }) => upstream.onError('timeout')], 'failed timeout', false],
    ['broken before the head', [reset], 'failed reset', false],
    ['broken before the first event', [head, data('data: {'), reset], 'failed reset', false],
    ['a stream without any event', [head, over], 'failed reset', false],
    ['broken after the first event', [head, data(event), reset], 'broken 200', true],
    ['ended without [DONE]', [head, data(event), over], 'broken 200', true],
    ['broken after [DONE]', [head, data(event + done), reset], 'answered 200', true],
    ['an event that never ends', [head, data(`data: ${'x'.repeat(2_000)}`)], 'failed reset', false],
    ['an event that never ends, later', [head, data(event), data(`data: ${'x'.repeat(2_000)}`)], 'broken 200', true],
    ['unavailable', [({ upstream }) => upstream.onHead(503, json), data('{}'), over], 'failed status', false],
    [
      'unavailable, and endless about it',
      [({ upstream }) => upstream.onHead(503, json), data('x'.repeat(70_000))],
      'failed status',
      false,
    ],
    ['a whole answer', [whole, data('{}'), over], 'answered 200', true],
    ['half an answer', [whole, data('{'), reset], 'failed reset', false],
    ['half a large answer', [whole, data('x'.repeat(101)), reset], 'broken 200', true],
    [
      'an error as the answer to a stream',
      [({ upstream }) => upstream.onHead(400, json), data('{}'), over],
      'answered 400',
      true,
    ],
    ['the client goes', [head, data(event), ({ client }) => client.abort()], 'gone', true],
    ['the gateway ends first', [({ gateway }) => gateway.abort()], 'abandoned', false],
    ['the gateway ends within a stream', [head, data(event), ({ gateway }) => gateway.abort()], 'broken 200', true],
    [
      'the gateway ends within a whole answer',
      [whole, data('{'), ({ gateway }) => gateway.abort()],
      'abandoned',
      false,
    ],
  ];
  for (const [what, steps, expected, touched] of rows) {
    await t.test(what, async () => {
      const setting = setUp();
      for (const step of steps) step(setting);
      assert.equal(await ended(setting.end), expected);
      assert.equal(
        setting.log.some((line) => line.startsWith('head')),
        touched,
        'whether the client has seen anything',
      );
      const text = setting.log.join('|');
      if (expected.startsWith('broken'))
        assert.ok(/incomplete_answer|destroy/.test(text) && !text.includes('[DONE]'), text);
    });
  }
});

test('a client or a gateway that has ended already sends nothing', async () => {
  const client = new AbortController();
  client.abort();
  const clock = new VirtualClock({ drain: async () => {} });
  const reply = { head() {}, data: () => true, end() {}, destroy() {}, onDrain() {}, signal: client.signal };
  const options = {
    isStream: true,
    clock,
    limits: defaultLimits,
    abandon: new AbortController().signal,
    headers: () => ({}),
    onFirstToken() {},
    onCommit() {},
    reply,
  };
  const end = attempt(options, () => assert.fail('a request was sent'));
  assert.deepEqual(await end, { kind: 'gone' });
});
