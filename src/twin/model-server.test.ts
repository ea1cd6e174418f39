import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SimulatedModelServer, type Completion, type ServerProfile } from './model-server.ts';

const profile: ServerProfile = { stepMs: 8, stepMsPerRequest: 2, promptTokensPerStep: 100, parallel: 2 };

function run(
  arrivals: readonly (readonly [atMs: number, promptTokens: number, outputTokens: number])[],
  untilMs = 1e9,
): { done: Completion[]; server: SimulatedModelServer } {
  const server = new SimulatedModelServer(profile);
  const done: Completion[] = [];
  const onComplete = (completion: Completion): void => void done.push(completion);
  for (const [atMs, promptTokens, outputTokens] of arrivals)
    server.arrive(atMs, { promptTokens, outputTokens }, onComplete);
  server.advance(untilMs, onComplete);
  return { done, server };
}

test('alone, a request takes its prefill and one step of 10 ms a token', () => {
  assert.deepEqual(run([[0, 200, 5]]).done, [{ arrivedAt: 0, firstTokenMs: 30, totalMs: 70 }]);
});

test('two at once share the engine: steps of 12 ms', () => {
  assert.deepEqual(
    run([
      [0, 0, 10],
      [0, 0, 10],
    ]).done.map(({ totalMs }) => totalMs),
    [120, 120],
  );
});

test('one that joins half way slows the first only from then on', () => {
  // 5 steps alone (50 ms), then 5 shared (60 ms); the second has 5 left then, alone again (50 ms).
  const { done } = run([
    [0, 0, 10],
    [50, 0, 10],
  ]);
  assert.deepEqual(
    done.map(({ totalMs }) => Math.round(totalMs)),
    [110, 110],
  );
});

test('beyond its parallel slots, requests wait in order and their first token is late', () => {
  const { done } = run([
    [0, 0, 10],
    [0, 0, 10],
    [0, 0, 10],
  ]);
  assert.equal(done[2]?.firstTokenMs, 130);
});

test('a replica that dies gives back what had no token yet, breaks the rest and holds nothing', () => {
  const server = new SimulatedModelServer(profile);
  server.arrive(0, { promptTokens: 0, outputTokens: 100 }, () => {});
  server.arrive(100, { promptTokens: 10_000, outputTokens: 10 }, () => {});
  for (let i = 0; i < 3; i++) server.arrive(100, { promptTokens: 0, outputTokens: 10 }, () => {});
  assert.equal(server.inFlight, 5);
  const { retriable, broken } = server.abandon();
  assert.deepEqual([retriable.length, broken, server.inFlight], [4, 1, 0]);
});

test('no request is lost, whatever comes when, and none is quicker than its tokens', () => {
  const arrival = fc.tuple(
    fc.integer({ min: 0, max: 5000 }),
    fc.integer({ min: 0, max: 500 }),
    fc.integer({ min: 1, max: 50 }),
  );
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 40 }), (arrivals) => {
      const sorted = arrivals.toSorted(([a], [b]) => a - b);
      const { done, server } = run(sorted);
      assert.equal(done.length, sorted.length);
      assert.equal(server.inFlight, 0);
      for (const { firstTokenMs, totalMs } of done)
        assert.ok(firstTokenMs >= 10 - 1e-6 && totalMs >= firstTokenMs - 1e-6);
    }),
    { numRuns: 200 },
  );
});

test('advancing in many small steps or in one gives the same completions', () => {
  const arrivals = [
    [0, 50, 20],
    [7, 10, 3],
    [40, 0, 30],
    [41, 300, 8],
  ] as const;
  const whole = run(arrivals).done;
  const server = new SimulatedModelServer(profile);
  const done: Completion[] = [];
  const onComplete = (completion: Completion): void => void done.push(completion);
  let next = 0;
  for (let atMs = 0; atMs < 2000; atMs++) {
    for (; (arrivals[next]?.[0] ?? Infinity) <= atMs; next++)
      server.arrive(atMs, { promptTokens: arrivals[next]![1], outputTokens: arrivals[next]![2] }, onComplete);
    server.advance(atMs, onComplete);
  }
  assert.deepEqual(
    done.map(({ totalMs }) => Math.round(totalMs * 1000)),
    whole.map(({ totalMs }) => Math.round(totalMs * 1000)),
  );
});
