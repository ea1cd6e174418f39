import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../std/virtual-clock.ts';
import { Gateway } from './gateway.ts';
import type { Reply } from './gateway-reply.ts';
import type { Endpoint, Route } from './routing-table.ts';
import type { Address, Transport, UpstreamHandler } from './transport.ts';

const endpoint = (pod: string, state: Endpoint['state'] = 'ready'): Endpoint => ({
  key: `${pod}@10.0.0.1:8000`,
  pod,
  address: '10.0.0.1',
  port: 8000,
  state,
});

/** A gateway whose replicas answer when the test says so. */
function setUp(endpoints: readonly Endpoint[], overrides: Partial<Route> = {}) {
  const clock = new VirtualClock({ drain: () => new Promise((resolve) => void setImmediate(resolve)) });
  const sent: { readonly target: Address; readonly handler: UpstreamHandler }[] = [];
  const transport: Transport = {
    send(target, _request, handler) {
      sent.push({ target, handler });
      return { abort() {}, pause() {}, resume() {} };
    },
  };
  const notes: string[] = [];
  const gateway = new Gateway({
    clock,
    transport,
    onActivity: (_route, isHeld) => notes.push(`${clock.now()} ${isHeld ? 'held' : 'in flight'}`),
  });
  const show = (next: readonly Endpoint[], more: Partial<Route> = {}): void => {
    const route: Route = {
      key: 'default/chat',
      namespace: 'default',
      inference: 'chat',
      uid: '1',
      modelName: 'chat',
      createdAt: '2026-01-01T00:00:00Z',
      phase: 'Loading',
      holdMs: 60_000,
      maxHeld: 2,
      noteEveryMs: 1_000,
      coldStartMs: 10_000,
      ...overrides,
      ...more,
      endpoints: next,
    };
    gateway.setTable({ routes: [route], byModel: new Map([['chat', route]]) });
  };
  show(endpoints);
  const ask = (path = '/v1/chat/completions', method = 'POST') => {
    const answer = { status: 0, headers: {} as Readonly<Record<string, string>>, text: '' };
    const client = new AbortController();
    const reply: Reply = {
      head(status, headers) {
        Object.assign(answer, { status, headers });
      },
      data: (chunk) => ((answer.text += new TextDecoder().decode(chunk)), true),
      end(last) {
        if (last !== undefined) answer.text += new TextDecoder().decode(last);
      },
      destroy() {},
      onDrain() {},
      signal: client.signal,
    };
    const body = new TextEncoder().encode('{"model":"chat"}');
    return { answer, client, end: gateway.handle({ method, path, body }, reply) };
  };
  const finish = (index: number): void => {
    const { handler } = sent[index]!;
    handler.onHead(200, { 'content-type': 'application/json' });
    handler.onData(new TextEncoder().encode('{}'));
    handler.onEnd();
  };
  return { clock, gateway, sent, notes, show, ask, finish };
}

test('a request in flight is noted at once and every second until it has ended', async () => {
  const { clock, notes, ask, finish, sent } = setUp([endpoint('a')]);
  const { end } = ask();
  await clock.advance(2_500);
  assert.equal(sent.length, 1);
  finish(0);
  await end;
  await clock.advance(10_000);
  assert.deepEqual(notes, ['0 in flight', '1000 in flight', '2000 in flight']);
  assert.equal(clock.nextMs, undefined, 'an idle gateway has no timers');
});

test('requests that are over within the second are noted too', async () => {
  const { clock, notes, ask, finish } = setUp([endpoint('a')]);
  for (const index of [0, 1]) {
    const { end } = ask();
    await clock.advance(10);
    finish(index);
    await end;
    await clock.advance(4_990);
  }
  assert.deepEqual(notes, ['0 in flight', '5000 in flight']);
});

test('a held request wakes its model at once and keeps saying so', async () => {
  const { clock, notes, ask, show, finish, sent } = setUp([]);
  const { end, answer } = ask();
  await clock.advance(2_500);
  assert.equal(sent.length, 0);
  assert.ok(notes.includes('0 held') && notes.includes('2000 held'), notes.join());
  show([endpoint('a')]);
  await clock.settle();
  finish(0);
  await end;
  assert.equal(answer.status, 200);
  assert.deepEqual(
    [answer.headers['x-slipway-phase'], answer.headers['x-slipway-held-ms'], answer.headers['x-slipway-eta-seconds']],
    ['Loading', '2500', '8'],
  );
});

test('looking at lists, health and metrics wakes nobody', async () => {
  const { clock, notes, ask } = setUp([]);
  for (const path of ['/v1/models', '/v1/models/chat', '/health', '/metrics']) {
    const { answer, end } = ask(path, 'GET');
    await end;
    assert.equal(answer.status, 200, path);
  }
  await clock.advance(10_000);
  assert.deepEqual(notes, []);
});

test('patience ends to the millisecond, counted from when the request first waits', async () => {
  const { clock, ask } = setUp([]);
  const { answer } = ask();
  await clock.advance(59_999);
  assert.equal(answer.status, 0);
  await clock.advance(1);
  assert.deepEqual(
    [answer.status, answer.headers['x-slipway-reason'], answer.headers['retry-after']],
    [503, 'no-capacity', '1'],
  );
});

test('no more wait than may, and one who leaves makes room', async () => {
  const { clock, ask } = setUp([]);
  const [first, second, third] = [ask(), ask(), ask()];
  await clock.settle();
  assert.deepEqual([first.answer.status, second.answer.status, third.answer.status], [0, 0, 503]);
  first.client.abort();
  await first.end;
  const fourth = ask();
  await clock.settle();
  assert.equal(fourth.answer.status, 0);
});

test('who waited longest goes first', async () => {
  const { clock, ask, show, sent, finish } = setUp([]);
  const first = ask();
  await clock.advance(10);
  const second = ask();
  await clock.settle();
  show([endpoint('a'), endpoint('b')]);
  await clock.settle();
  assert.equal(sent.length, 2);
  finish(0);
  await first.end;
  assert.equal(first.answer.status, 200);
  assert.equal(second.answer.status, 0);
});

test('a replica that refused is left for the other at once, for the same one only after a rest', async () => {
  const { clock, ask, sent } = setUp([endpoint('a')]);
  const { answer, end } = ask();
  await clock.settle();
  for (const [tries, restMs] of [
    [1, 500],
    [2, 1_000],
    [3, 2_000],
    [4, 4_000],
  ] as const) {
    sent.at(-1)!.handler.onError('connect');
    await clock.advance(restMs - 1);
    assert.equal(sent.length, tries);
    await clock.advance(1);
    assert.equal(sent.length, tries + 1);
  }
  sent.at(-1)!.handler.onError('connect');
  await end;
  assert.deepEqual([answer.status, answer.headers['x-slipway-reason']], [502, 'upstream-failed']);
});

test('a replica that has become ready anew is asked without any rest', async () => {
  const { clock, ask, sent, show, finish } = setUp([endpoint('a')]);
  const { answer, end } = ask();
  await clock.settle();
  sent[0]!.handler.onError('reset');
  await clock.settle();
  show([endpoint('a', 'unready')]);
  await clock.advance(10);
  show([endpoint('a')]);
  await clock.settle();
  assert.equal(sent.length, 2);
  finish(1);
  await end;
  assert.equal(answer.status, 200);
});

test('a replica that is silent for too long is not answered for by another', async () => {
  const { clock, ask, sent } = setUp([endpoint('a'), endpoint('b')]);
  const { answer, end } = ask();
  await clock.settle();
  sent[0]!.handler.onError('timeout');
  await end;
  assert.deepEqual([answer.status, answer.headers['x-slipway-reason'], sent.length], [504, 'upstream-timeout', 1]);
});

test('when many fail at once, second tries go out a few at a time and all get through', async () => {
  const { clock, ask, sent, finish } = setUp([endpoint('a'), endpoint('b')]);
  const all = Array.from({ length: 20 }, () => ask());
  await clock.settle();
  assert.equal(sent.length, 20);
  for (const { handler } of sent.slice()) handler.onError('reset');
  await clock.settle();
  assert.equal(sent.length, 24, 'a fifth of twenty');
  let answered = 20;
  while (answered < 40) {
    assert.ok(sent.length - answered <= 4);
    while (answered < sent.length) finish(answered++);
    await clock.advance(100);
  }
  await Promise.all(all.map(({ end }) => end));
  for (const { answer } of all) assert.equal(answer.status, 200);
});
