import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterOutcome, defaultEjection, sound } from './ejection.ts';
import { EndpointPool, type Reservation } from './endpoint-pool.ts';
import type { Endpoint } from './routing-table.ts';

const endpoint = (pod: string, state: Endpoint['state'] = 'ready'): Endpoint => ({
  key: `${pod}@10.0.0.1:8000`,
  pod,
  address: '10.0.0.1',
  port: 8000,
  state,
});

function setUp(endpoints: readonly Endpoint[], maxInFlight = 100) {
  let now = 1_000;
  const pool = new EndpointPool({ clock: { now: () => now, after: () => ({ cancel() {} }) }, maxInFlight });
  pool.update(endpoints);
  return { pool, pass: (ms: number) => (now += ms) };
}

const three = [endpoint('a'), endpoint('b'), endpoint('c')];
const pods = (reservations: readonly (Reservation | undefined)[]): string =>
  reservations.map((one) => one?.endpoint.pod ?? '-').join('');

test('a burst spreads, since every choice counts at once', () => {
  const { pool } = setUp(three);
  assert.equal(pods(Array.from({ length: 7 }, () => pool.pick())), 'abcabca');
});

test('the fewest in flight wins, among equals the one that was chosen longest ago', () => {
  const { pool } = setUp(three);
  const [a, b] = [pool.pick(), pool.pick(), pool.pick()];
  b?.release('success');
  assert.equal(pods([pool.pick()]), 'b');
  a?.release('success');
  pool.pick()?.release('success');
  assert.equal(pods([pool.pick(), pool.pick()]), 'ac', "a is chosen again, then c, whose last choice was before b's");
});

test('only ready endpoints are chosen, and what ends keeps what it has', () => {
  const { pool } = setUp(three);
  const first = pool.pick();
  pool.update([endpoint('a', 'terminating'), endpoint('b', 'unready'), endpoint('c')]);
  assert.equal(pods([pool.pick(), pool.pick()]), 'cc');
  assert.deepEqual(pool.loads(), [
    { pod: 'a', inFlight: 1 },
    { pod: 'b', inFlight: 0 },
    { pod: 'c', inFlight: 2 },
  ]);
  first?.release('success');
  assert.equal(pool.loads()[0]?.inFlight, 0);
  pool.update([]);
  assert.equal(pool.pick(), undefined);
  assert.equal(pool.hasReady, false);
});

test('full endpoints are left alone', () => {
  const { pool } = setUp([endpoint('a'), endpoint('b')], 1);
  const first = pool.pick();
  assert.equal(pods([first, pool.pick(), pool.pick()]), 'ab-');
  first?.release('success');
  assert.equal(pods([pool.pick()]), 'a');
});

test('a place is given back once', () => {
  const { pool } = setUp([endpoint('a')]);
  const one = pool.pick();
  pool.pick();
  one?.release('success');
  one?.release('success');
  assert.equal(pool.loads()[0]?.inFlight, 1);
});

test('a replica that was not ready and is again begins a new life', () => {
  const { pool } = setUp([endpoint('a')]);
  const life = pool.pick()?.life;
  const excluded = (one: string): boolean => one === life;
  assert.equal(pool.pick(excluded), undefined);
  pool.update([endpoint('a')]);
  assert.equal(pool.pick(excluded), undefined, 'merely seen again is no new life');
  pool.update([endpoint('a', 'unready')]);
  pool.update([endpoint('a')]);
  assert.equal(pods([pool.pick(excluded)]), 'a');
});

test('a refused connection puts a replica aside for a second, then one request tries it', () => {
  const { pool, pass } = setUp([endpoint('a'), endpoint('b')]);
  pool.pick()?.release('hard-failure');
  assert.equal(pods([pool.pick(), pool.pick(), pool.pick()]), 'bbb');
  pass(1_000);
  const probe = pool.pick();
  assert.equal(pods([probe, pool.pick(), pool.pick()]), 'abb');
  probe?.release('hard-failure');
  pass(1_999);
  assert.equal(pods([pool.pick()]), 'b');
  pass(1);
  pool.pick()?.release('success');
  pass(10);
  assert.equal(pods([pool.pick(), pool.pick(), pool.pick()]), 'aaa', 'sound again, and with the fewest in flight');
});

test('five failures in a row do the same, and a success in between does not', () => {
  const { pool } = setUp([endpoint('a'), endpoint('b')]);
  const excludeB = (life: string): boolean => life.startsWith('b');
  for (const outcome of [
    'failure',
    'failure',
    'failure',
    'failure',
    'success',
    'failure',
    'failure',
    'failure',
    'failure',
  ] as const)
    pool.pick(excludeB)?.release(outcome);
  assert.equal(pods([pool.pick(excludeB)]), 'a');
  pool.pick(excludeB)?.release('failure');
  assert.equal(pool.pick(excludeB), undefined);
});

test('a client that went away teaches nothing, nor does a life that is over', () => {
  const { pool } = setUp([endpoint('a'), endpoint('b')]);
  for (let i = 0; i < 20; i++) pool.pick()?.release();
  const old = pool.pick();
  const pod = old?.endpoint.pod ?? '';
  pool.update([endpoint('a', 'unready'), endpoint('b', 'unready')]);
  pool.update([endpoint('a'), endpoint('b')]);
  old?.release('hard-failure');
  assert.ok(pods([pool.pick(), pool.pick()]).includes(pod));
});

test('half of the ready replicas, rounded up, are never put aside', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.tuple(fc.nat(8), fc.constantFrom('hard-failure' as const, 'failure' as const, 'success' as const))),
      (count, outcomes) => {
        const names = Array.from({ length: count }, (_, index) => `p${index}`);
        const { pool } = setUp(
          names.map((name) => endpoint(name)),
          1,
        );
        for (const [index, outcome] of outcomes)
          pool.pick((life) => !life.startsWith(`${names[index % count]}@`))?.release(outcome);
        let reachable = 0;
        while (pool.pick() !== undefined) reachable++;
        assert.ok(reachable >= Math.ceil(count / 2), `${reachable} of ${count}`);
      },
    ),
  );
});

test('the numbers in flight are those that were chosen and not given back', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('pick', 'release', 'unready', 'ready')), (steps) => {
      const { pool } = setUp(three);
      const open: Reservation[] = [];
      for (const step of steps) {
        if (step === 'pick') open.push(...[pool.pick()].filter((one) => one !== undefined));
        else if (step === 'release') open.shift()?.release('success');
        else pool.update([endpoint('a', step === 'ready' ? 'ready' : 'unready'), endpoint('b'), endpoint('c')]);
        for (const { pod, inFlight } of pool.loads())
          assert.equal(inFlight, open.filter((one) => one.endpoint.pod === pod).length);
      }
    }),
  );
});

test('ejections double to a minute and one success ends them', () => {
  let state = sound;
  const lengths: number[] = [];
  for (let i = 0; i < 9; i++) {
    state = afterOutcome(state, 'hard-failure', { now: 0, mayEject: true });
    lengths.push(state.ejectedUntil);
  }
  assert.deepEqual(lengths, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  assert.deepEqual(afterOutcome(state, 'success', { now: 0, mayEject: true }), sound);
  const kept = afterOutcome(sound, 'hard-failure', { now: 0, mayEject: false });
  assert.deepEqual(kept, { failuresInARow: defaultEjection.failures, ejections: 0, ejectedUntil: 0 });
});
