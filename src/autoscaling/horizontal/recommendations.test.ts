import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stabilize, stabilizeWithBehavior } from './recommendations.ts';
import type { Recommendation } from './recommendations.ts';

const now = 1_000_000_000;
const minute = 60_000;

/** `4@2` is a recommendation of four replicas two minutes ago. */
function history(text: string): Recommendation[] {
  return text === ''
    ? []
    : text.split(' ').map((part) => {
        const [replicas, minutes] = part.split('@').map(Number);
        return { replicas: replicas!, at: now - minutes! * minute };
      });
}

test('without behavior the highest recommendation of five minutes holds', async (t) => {
  // prettier-ignore
  const rows: readonly (readonly [what: string, before: string, desired: number, replicas: number, kept: string])[] = [
    ['nothing is remembered yet', '', 5, 5, '5'],
    ['a recent higher one holds', '4@2 5@1', 3, 5, '4 5 3'],
    ['recent lower ones do not', '1@2 2@1', 3, 3, '1 2 3'],
    ['old higher ones do not, and give their place', '10@10 9@9', 3, 3, '10 3'],
    ['old and recent ones mixed', '10@10 4@1 5@2 9@9', 3, 5, '10 4 5 3'],
    ['one exactly five minutes old still counts', '7@5', 3, 7, '7 3'],
  ];
  for (const [what, before, desired, replicas, kept] of rows) {
    await t.test(what, () => {
      const result = stabilize(history(before), desired, { now, windowMs: 5 * minute });
      assert.equal(result.replicas, replicas);
      assert.equal(result.recommendations.map((one) => one.replicas).join(' '), kept);
      assert.equal(result.reason, replicas === desired ? 'ReadyForNewScale' : 'ScaleDownStabilized');
    });
  }
});

test('with behavior each direction has its own window', async (t) => {
  // prettier-ignore
  const rows: readonly {
    what: string;
    before: string;
    current: number;
    desired: number;
    up?: number;
    down?: number;
    replicas: number;
    kept?: string;
    reason?: string;
  }[] = [
    { what: 'nothing is remembered yet', before: '', current: 100, desired: 5, replicas: 5, kept: '5' },
    { what: 'the way down stops at the highest recent one', before: '4@2 5@1', current: 100, desired: 3, down: 180, replicas: 5, kept: '4 5 3', reason: 'ScaleDownStabilized' },
    { what: 'the way up stops at the lowest recent one', before: '4@2 5@1', current: 1, desired: 7, up: 300, replicas: 4, kept: '4 5 7', reason: 'ScaleUpStabilized' },
    { what: 'the up window does not hold the way down', before: '1@2 2@1', current: 100, desired: 3, up: 300, replicas: 3, kept: '1 2 3' },
    { what: 'the down window does not hold the way up', before: '4@2 5@1', current: 1, desired: 3, down: 300, replicas: 3, kept: '4 5 3' },
    { what: 'old ones give their place on the way down', before: '10@10 9@9', current: 100, desired: 3, replicas: 3, kept: '10 3' },
    { what: 'old ones give their place on the way up', before: '10@10 9@9', current: 1, desired: 100, replicas: 100, kept: '10 100' },
    { what: 'only the last old one gives its place', before: '10@10 4@1 5@2 9@9', current: 100, desired: 3, down: 180, replicas: 5, kept: '10 4 5 3', reason: 'ScaleDownStabilized' },
    { what: 'one that either window needs keeps its place', before: '10@100 6@1 5@2 9@3', current: 1, desired: 100, up: 300, replicas: 5, kept: '100 6 5 9', reason: 'ScaleUpStabilized' },
    { what: 'a falling wish does not make it grow', before: '2@100 3@3', current: 2, desired: 1, up: 300, down: 300, replicas: 2, reason: 'ScaleDownStabilized' },
    { what: 'a rising wish does not make it shrink', before: '2@100 1@3', current: 2, desired: 3, up: 300, down: 300, replicas: 2, reason: 'ScaleUpStabilized' },
  ];
  for (const { what, before, current, desired, up = 0, down = 0, replicas, kept, reason } of rows) {
    await t.test(what, () => {
      const windows = { now, upWindowMs: up * 1000, downWindowMs: down * 1000 };
      const result = stabilizeWithBehavior(history(before), { current, desired }, windows);
      assert.equal(result.replicas, replicas);
      if (kept !== undefined) assert.equal(result.recommendations.map((one) => one.replicas).join(' '), kept);
      assert.equal(result.reason, reason ?? 'ReadyForNewScale');
    });
  }
});

const anyHistory = fc
  .array(fc.record({ replicas: fc.integer({ min: 0, max: 50 }), ago: fc.integer({ min: 0, max: 900_000 }) }))
  .map((all) => all.map(({ replicas, ago }) => ({ replicas, at: now - ago })));

test('stabilisation stays between the current count and the wish, or at the recent extremes', () => {
  fc.assert(
    fc.property(anyHistory, fc.nat(50), fc.nat(50), fc.nat(600), fc.nat(600), (before, current, desired, up, down) => {
      const { replicas, recommendations } = stabilizeWithBehavior(
        before,
        { current, desired },
        { now, upWindowMs: up * 1000, downWindowMs: down * 1000 },
      );
      const lowest = Math.min(desired, ...before.map((one) => one.replicas));
      const highest = Math.max(desired, ...before.map((one) => one.replicas));
      assert.ok(replicas >= lowest && replicas <= highest);
      if (current >= lowest && current <= highest)
        assert.ok((replicas - current) * (replicas - desired) <= 0, `${current} to ${desired} gave ${replicas}`);
      assert.ok(recommendations.some((one) => one.at === now && one.replicas === desired));
      assert.ok(recommendations.length <= before.length + 1);
    }),
  );
});

test('the list of recommendations never outgrows its window', () => {
  let kept: readonly Recommendation[] = [];
  for (let second = 0; second < 3_600; second += 15)
    kept = stabilize(kept, second % 7, { now: now + second * 1000, windowMs: 5 * minute }).recommendations;
  assert.ok(kept.length <= 5 * 4 + 2, `${kept.length} kept`);
});
