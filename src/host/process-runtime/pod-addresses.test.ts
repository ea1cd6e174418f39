import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../std/random.ts';
import { PodAddresses } from './pod-addresses.ts';

test('every address is one of 127.64.0.0/10 that looks neither like a network nor a broadcast', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer(), (folder, seed) => {
      const addresses = new PodAddresses(folder, seededRandom(seed));
      for (let i = 0; i < 300; i++) {
        const [first = 0, second = 0, third = 0, fourth = 0] = addresses.allocate().split('.').map(Number);
        assert.equal(first, 127);
        assert.ok(second >= 64 && second <= 127 && third <= 255 && fourth >= 1 && fourth <= 254);
      }
    }),
    { numRuns: 50 },
  );
});

test('no address is given twice while it is taken, and a full slice says so', () => {
  const addresses = new PodAddresses('/data', seededRandom(1));
  const given = new Set<string>();
  for (let i = 0; i < 256 * 254; i++) given.add(addresses.allocate());
  assert.equal(given.size, 256 * 254);
  assert.throws(() => addresses.allocate(), RangeError);
  addresses.release('127.1.1.1');
  const [one = ''] = given;
  addresses.release(one);
  assert.equal(addresses.allocate(), one);
});

test('an address that was just released is not given again at once, and one that is known is not given at all', () => {
  const addresses = new PodAddresses('/data', seededRandom(1));
  const first = addresses.allocate();
  addresses.release(first);
  const second = addresses.allocate();
  assert.notEqual(second, first);
  const known = new PodAddresses('/data', seededRandom(1));
  known.take(first);
  assert.equal(known.allocate(), second);
});

test('data directories are spread over the slices', () => {
  const slices = new Set(
    Array.from(
      { length: 500 },
      (_, i) => new PodAddresses(`/home/user-${i}/slipway`, seededRandom(1)).allocate().split('.')[1],
    ),
  );
  assert.ok(slices.size > 55, `${slices.size} slices`);
});
