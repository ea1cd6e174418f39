import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SimulatedModelServer, type Outcome, type ServerProfile } from './model-server.ts';

const profile: ServerProfile = { stepMs: 8, stepMsPerRequest: 2, promptTokensPerStep: 100, parallel: 2 };

function run(
  arrivals: readonly (readonly [atMs: number, promptTokens: number, outputTokens: number])[],
  untilMs = 1e9,
): { done: Completed[]; server: SimulatedModelServer } {
  const server = new SimulatedModelServer(profile);
  const done: Completed[] = [];
  for (const [atMs, promptTokens, outputTokens] of arrivals)
    server.arrive(atMs, { promptTokens, outputTokens, isStreamed: true }, (outcome) => done.push(completed(outcome)));
  server.advance(untilMs);
  return { done, server };
}

type Completed = Extract<Outcome, { kind: 'completed' }>;

function completed(outcome: Outcome): Completed {
  assert.ok(outcome.kind === 'completed');
  return outcome;
}

test('alone, a request takes its prefill and one step of 10 ms a token', () => {
  assert.deepEqual(run([[0, 200, 5]]).done, [{ kind: 'completed', atMs: 70, firstTokenMs: 30, totalMs: 70 }]);
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

test('a replica that dies tells every request whether it had begun, and holds nothing', () => {
  const server = new SimulatedModelServer(profile);
  const ends: string[] = [];
  const arrive = (name: string, atMs: number, promptTokens: number): void =>
    server.arrive(atMs, { promptTokens, outputTokens: 100, isStreamed: true }, ({ kind }) =>
      ends.push(`${name} ${kind}`),
    );
  arrive('a', 0, 0);
  arrive('b', 100, 10_000);
  for (const name of ['c', 'd']) arrive(name, 100, 0);
  assert.equal(server.inFlight, 4);
  server.abandon(100);
  assert.deepEqual(ends.toSorted(), ['a broken', 'b unbegun', 'c unbegun', 'd unbegun']);
  assert.equal(server.inFlight, 0);
});

test('a replica that drains is idle when its last request has ended', () => {
  const server = new SimulatedModelServer(profile);
  let idle = 0;
  server.arrive(0, { promptTokens: 0, outputTokens: 10, isStreamed: true }, () => {});
  server.whenIdle(() => idle++);
  server.advance(99);
  assert.equal(idle, 0);
  server.advance(100);
  assert.equal(idle, 1);
  server.whenIdle(() => idle++);
  assert.equal(idle, 2);
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
  const done: Completed[] = [];
  let next = 0;
  for (let atMs = 0; atMs < 2000; atMs++) {
    for (; (arrivals[next]?.[0] ?? Infinity) <= atMs; next++) {
      const request = { promptTokens: arrivals[next]![1], outputTokens: arrivals[next]![2], isStreamed: true };
      server.arrive(atMs, request, (outcome) => done.push(completed(outcome)));
    }
    server.advance(atMs);
  }
  assert.deepEqual(
    done.map(({ totalMs }) => Math.round(totalMs * 1000)),
    whole.map(({ totalMs }) => Math.round(totalMs * 1000)),
  );
});
