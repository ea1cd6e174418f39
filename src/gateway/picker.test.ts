import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Picker } from './picker.ts';

const replicas = (count: number): { id: string }[] =>
  Array.from({ length: count }, (_, index) => ({ id: `r${index}` }));

test('from nothing, nothing is picked', () => assert.equal(new Picker().pick([]), undefined));

test('a burst spreads evenly before any answer came', () => {
  const picker = new Picker();
  for (let i = 0; i < 30; i++) picker.pick(replicas(3));
  assert.deepEqual(
    replicas(3).map(({ id }) => picker.inFlight(id)),
    [10, 10, 10],
  );
});

test('of equally loaded replicas the least recently used is next', () => {
  const picker = new Picker();
  const picked = Array.from({ length: 6 }, () => {
    const reservation = picker.pick(replicas(3));
    reservation?.release();
    return reservation?.endpoint.id;
  });
  assert.deepEqual(picked, ['r0', 'r1', 'r2', 'r0', 'r1', 'r2']);
});

test('a place that is given back twice counts once', () => {
  const picker = new Picker();
  const [first, second] = [picker.pick(replicas(1)), picker.pick(replicas(1))];
  first?.release();
  first?.release();
  assert.equal(picker.inFlight('r0'), 1);
  second?.release();
  assert.equal(picker.inFlight('r0'), 0);
});

test('whatever is picked and given back, a pick never goes to a replica that has more in flight than another', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ release: fc.boolean(), which: fc.nat(20) }), { maxLength: 100 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, count) => {
        const picker = new Picker();
        const held: { release(): void }[] = [];
        for (const { release, which } of steps) {
          if (release && held.length > 0) held.splice(which % held.length, 1)[0]?.release();
          else {
            const before = Math.min(...replicas(count).map(({ id }) => picker.inFlight(id)));
            const reservation = picker.pick(replicas(count));
            assert.ok(reservation !== undefined);
            assert.equal(picker.inFlight(reservation.endpoint.id), before + 1);
            held.push(reservation);
          }
        }
        for (const each of held) each.release();
        assert.ok(replicas(count).every(({ id }) => picker.inFlight(id) === 0));
      },
    ),
  );
});
