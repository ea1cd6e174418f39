import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planStep } from './step-plan.ts';

const item = (length: number): { readonly tokens: { readonly length: number } } => ({ tokens: { length } });

test('answers under way come before prompts, prompts in their order', () => {
  const items = [item(300), item(1), item(400), item(1)];
  assert.deepEqual(
    planStep(items, 512).map((planned) => [items.indexOf(planned.item), planned.processAmount]),
    [
      [1, 1],
      [3, 1],
      [0, 300],
      [2, 210],
    ],
  );
});

test('a step is full or everything is in it, and nothing is in it twice', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 600 })), fc.integer({ min: 1, max: 512 }), (lengths, size) => {
      const items = lengths.map(item);
      const plan = planStep(items, size);
      const total = plan.reduce((sum, { processAmount }) => sum + processAmount, 0);
      assert.equal(
        total,
        Math.min(
          size,
          lengths.reduce((sum, length) => sum + length, 0),
        ),
      );
      assert.equal(new Set(plan.map((planned) => planned.item)).size, plan.length);
      for (const { item: planned, processAmount } of plan) {
        assert.ok(processAmount >= 1 && processAmount <= planned.tokens.length);
      }
    }),
  );
});
