import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Heap } from './heap.ts';

test('a heap gives its items back in order, whatever was pushed and dropped in between', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer()),
      fc.array(fc.integer()),
      fc.integer({ min: 1, max: 5 }),
      (first, second, step) => {
        const heap = new Heap<number>((a, b) => a < b);
        for (const item of first) heap.push(item);
        heap.retain((item) => item % step === 0);
        for (const item of second) heap.push(item);
        const out: number[] = [];
        for (let item = heap.pop(); item !== undefined; item = heap.pop()) out.push(item);
        const kept = first.filter((item) => item % step === 0);
        assert.deepEqual(
          out,
          [...kept, ...second].sort((a, b) => a - b),
        );
        assert.equal(heap.size, 0);
      },
    ),
  );
});
