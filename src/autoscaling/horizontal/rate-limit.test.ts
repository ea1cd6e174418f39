import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { behaviorOf } from './behavior.ts';
import { limit, limitWithBehavior, scaleDownLimit, scaleUpLimit } from './rate-limit.ts';
import { recordScaleEvent } from './scale-events.ts';
import type { ScaleEvent, ScaleEvents } from './scale-events.ts';

const now = 1_000_000_000;
const none: ScaleEvents = { ups: [], downs: [] };

/** `9@20` is a change of nine replicas twenty seconds ago. */
function events(text = ''): ScaleEvent[] {
  return text === ''
    ? []
    : text.split(' ').map((part) => {
        const [replicas, seconds] = part.split('@').map(Number);
        return { replicas: replicas!, at: now - seconds! * 1000 };
      });
}

/** `Pods 4/15 Percent 100/60` */
function policies(text: string): { type: string; value: number; periodSeconds: number }[] {
  return [...text.matchAll(/(Pods|Percent) (\d+)\/(\d+)/g)].map(([, type, value, period]) => ({
    type: type!,
    value: Number(value),
    periodSeconds: Number(period),
  }));
}

test('without behavior a set at most doubles, and may always reach four', async (t) => {
  // prettier-ignore
  const rows: readonly (readonly [current: number, desired: number, min: number, max: number, to: number, reason: string])[] = [
    [5, 7, 3, 8, 7, 'DesiredWithinRange'],
    [3, 1, 2, 8, 2, 'TooFewReplicas'],
    [1, 0, 0, 10, 0, 'DesiredWithinRange'],
    [20, 1000, 1, 10, 10, 'TooManyReplicas'],
    [3, 1000, 1, 2000, 6, 'ScaleUpLimit'],
    [1, 1000, 1, 2000, 4, 'ScaleUpLimit'],
    [5, 10, 1, 10, 10, 'DesiredWithinRange'],
    [5, 11, 1, 10, 10, 'TooManyReplicas'],
  ];
  for (const [current, desired, min, max, to, reason] of rows) {
    await t.test(`${current} wants ${desired} within ${min} and ${max}`, () => {
      const limited = limit({ current, desired, min, max });
      assert.deepEqual([limited.replicas, limited.reason], [to, reason]);
    });
  }
});

test('with behavior the policies say how fast', async (t) => {
  const three = '1@100 5@60 9@20';
  const four = '8@105 12@75 9@45 11@15';
  // prettier-ignore
  const rows: readonly {
    what: string;
    current: number;
    desired: number;
    min?: number;
    max?: number;
    up?: string;
    down?: string;
    ups?: string;
    downs?: string;
    to: number;
    reason: string;
  }[] = [
    { what: 'a wish within range is granted', current: 5, desired: 7, min: 3, max: 8, to: 7, reason: 'DesiredWithinRange' },
    { what: 'no less than the minimum', current: 3, desired: 1, min: 2, max: 8, to: 2, reason: 'TooFewReplicas' },
    { what: 'zero when the minimum is zero', current: 1, desired: 0, min: 0, max: 10, to: 0, reason: 'DesiredWithinRange' },
    { what: 'a maximum below the current count is a limit', current: 20, desired: 1000, max: 10, to: 10, reason: 'TooManyReplicas' },
    { what: 'no more than the maximum', current: 100, desired: 1000, min: 100, max: 150, to: 150, reason: 'TooManyReplicas' },
    { what: 'one percent is at least one replica', current: 3, desired: 1000, max: 2000, up: 'Percent 1/60', to: 4, reason: 'ScaleUpLimit' },
    { what: 'twenty pods a minute, down', current: 1000, desired: 3, min: 3, max: 2000, down: 'Pods 20/60', to: 980, reason: 'ScaleDownLimit' },
    { what: 'the default doubles', current: 10, desired: 50, to: 20, reason: 'ScaleUpLimit' },
    { what: 'the larger of pods and percent, pods', current: 10, desired: 500, up: 'Pods 100/60 Percent 100/60', to: 110, reason: 'ScaleUpLimit' },
    { what: 'the larger of pods and percent, percent', current: 10, desired: 500, up: 'Pods 2/60 Percent 100/60', to: 20, reason: 'ScaleUpLimit' },
    { what: 'a policy that allows more than the wish', current: 10, desired: 50, up: 'Pods 100/60', to: 50, reason: 'DesiredWithinRange' },
    { what: 'thirty pods', current: 10, desired: 50, up: 'Pods 30/60', to: 40, reason: 'ScaleUpLimit' },
    { what: 'two hundred percent', current: 10, desired: 50, up: 'Percent 200/60', to: 30, reason: 'ScaleUpLimit' },
    { what: 'down, the larger is pods', current: 100, desired: 2, down: 'Pods 20/60 Percent 1/60', to: 80, reason: 'ScaleDownLimit' },
    { what: 'down, the larger is pods again', current: 100, desired: 2, down: 'Pods 2/60 Percent 1/60', to: 98, reason: 'ScaleDownLimit' },
    { what: 'down past the minimum', current: 10, desired: 0, down: 'Pods 100/60', to: 1, reason: 'TooFewReplicas' },
    { what: 'all of them, but for the minimum', current: 10, desired: 2, min: 5, down: 'Percent 100/60', to: 5, reason: 'TooFewReplicas' },
    { what: 'five pods down', current: 10, desired: 2, down: 'Pods 5/60', to: 5, reason: 'ScaleDownLimit' },
    { what: 'half of them is what was wished', current: 10, desired: 5, down: 'Percent 50/60', to: 5, reason: 'DesiredWithinRange' },
    { what: 'earlier growth and a large policy, up to the maximum', current: 100, desired: 500, max: 200, ups: three, up: 'Pods 300/60', to: 200, reason: 'TooManyReplicas' },
    { what: 'earlier growth and a large percentage, up to the maximum', current: 100, desired: 500, max: 200, ups: three, up: 'Percent 10000/60', to: 200, reason: 'TooManyReplicas' },
    { what: 'more was added already than the policy allows', current: 100, desired: 500, ups: three, up: 'Pods 5/120', to: 100, reason: 'ScaleUpLimit' },
    { what: 'the period began fifteen lower', current: 100, desired: 500, ups: three, up: 'Pods 150/120', to: 235, reason: 'ScaleUpLimit' },
    { what: 'percent of where the period began', current: 100, desired: 500, ups: three, up: 'Percent 200/120', to: 255, reason: 'ScaleUpLimit' },
    { what: 'what was removed in the period counts back', current: 6, desired: 24, ups: '4@60', downs: '2@60', up: 'Percent 300/300', to: 16, reason: 'ScaleUpLimit' },
    { what: 'the default lets everything go down', current: 10, desired: 5, downs: three, to: 5, reason: 'DesiredWithinRange' },
    { what: 'earlier shrinking and a large policy, down to the minimum', current: 100, desired: 0, downs: three, down: 'Pods 115/120', to: 1, reason: 'TooFewReplicas' },
    { what: 'earlier shrinking, a minimum of five', current: 100, desired: 0, min: 5, downs: three, down: 'Pods 130/120', to: 5, reason: 'TooFewReplicas' },
    { what: 'earlier shrinking and all of them, but for the minimum', current: 100, desired: 2, min: 5, downs: three, down: 'Percent 100/120', to: 5, reason: 'TooFewReplicas' },
    { what: 'more was removed already than the policy allows', current: 100, desired: 2, downs: three, down: 'Pods 5/120', to: 100, reason: 'ScaleDownLimit' },
    { what: 'half of where the period began', current: 100, desired: 0, downs: '2@100 4@60 6@20', down: 'Percent 50/120', to: 56, reason: 'ScaleDownLimit' },
    { what: 'what was added in the period counts back', current: 10, desired: 1, ups: '2@60', downs: '4@60', down: 'Percent 50/180', to: 6, reason: 'ScaleDownLimit' },
    { what: 'ten percent of more than there are is no way up', current: 100, desired: 0, downs: '10@100 10@60 10@20', down: 'Percent 10/120', to: 100, reason: 'ScaleDownLimit' },
    { what: 'a thousand percent is no hindrance', current: 10, desired: 5, downs: '10@100 10@60 10@20', down: 'Percent 1000/120', to: 5, reason: 'DesiredWithinRange' },
    { what: 'a short period forgets, up', current: 100, desired: 200, ups: four, up: 'Pods 1000/60', to: 200, reason: 'DesiredWithinRange' },
    { what: 'two periods, up', current: 100, desired: 200, ups: four, up: 'Pods 1000/30 Percent 100/60', to: 200, reason: 'DesiredWithinRange' },
    { what: 'a short period forgets, down', current: 100, desired: 5, downs: four, down: 'Pods 1000/60', to: 5, reason: 'DesiredWithinRange' },
    { what: 'two periods, down', current: 100, desired: 5, downs: four, down: 'Pods 1000/30 Percent 100/60', to: 5, reason: 'DesiredWithinRange' },
    { what: 'staying is always within range', current: 7, desired: 7, max: 5, to: 7, reason: 'DesiredWithinRange' },
  ];
  for (const { what, current, desired, min = 1, max = 1000, up, down, ups, downs, to, reason } of rows) {
    await t.test(what, () => {
      const behavior = behaviorOf(
        {
          ...(up === undefined ? {} : { scaleUp: { policies: policies(up) } }),
          ...(down === undefined ? {} : { scaleDown: { policies: policies(down) } }),
        },
        300_000,
      );
      const history = { ups: events(ups), downs: events(downs) };
      const limited = limitWithBehavior({ current, desired, min, max }, behavior, history, now);
      assert.deepEqual([limited.replicas, limited.reason], [to, reason]);
    });
  }
});

test('Min picks the tightest policy, Disabled forbids the direction', () => {
  const rules = { stabilizationWindowMs: 0, policies: policies('Pods 2/60 Percent 50/60') };
  assert.equal(scaleUpLimit(1, { ...rules, selectPolicy: 'Min' }, none, now), 2);
  assert.equal(scaleUpLimit(1, { ...rules, selectPolicy: 'Max' }, none, now), 3);
  assert.equal(scaleDownLimit(5, { ...rules, selectPolicy: 'Min' }, none, now), 3);
  assert.equal(scaleDownLimit(5, { ...rules, selectPolicy: 'Max' }, none, now), 2);
  assert.equal(scaleUpLimit(5, { ...rules, selectPolicy: 'Disabled' }, none, now), 5);
  assert.equal(scaleDownLimit(5, { ...rules, selectPolicy: 'Disabled' }, none, now), 5);
});

test('a change is remembered on its side for the longest policy of that side', () => {
  const behavior = behaviorOf({ scaleUp: { policies: policies('Pods 1/30 Pods 5/60') } }, 300_000);
  const before: ScaleEvents = { ups: events('1@90 2@45'), downs: events('3@90') };
  const after = recordScaleEvent(before, behavior, { from: 2, to: 6, now });
  assert.deepEqual(
    after.ups.map((one) => one.replicas),
    [2, 4],
  );
  assert.deepEqual(after.downs, before.downs);
  const down = recordScaleEvent(after, behavior, { from: 6, to: 1, now });
  assert.deepEqual(
    down.downs.map((one) => one.replicas),
    [5],
  );
  assert.deepEqual(recordScaleEvent(before, undefined, { from: 2, to: 6, now }), before);
});

test('no limit forces a move against the wish, nor past it', () => {
  const policy = fc.record({
    type: fc.constantFrom('Pods', 'Percent'),
    value: fc.integer({ min: 1, max: 300 }),
    periodSeconds: fc.integer({ min: 1, max: 600 }),
  });
  const rules = fc.record({
    policies: fc.array(policy, { minLength: 1, maxLength: 3 }),
    selectPolicy: fc.constantFrom('Max', 'Min', 'Disabled'),
  });
  const change = fc.record({ replicas: fc.nat(20), at: fc.integer({ min: now - 600_000, max: now }) });
  const past = fc.record({ ups: fc.array(change, { maxLength: 5 }), downs: fc.array(change, { maxLength: 5 }) });
  fc.assert(
    fc.property(rules, rules, past, fc.nat(100), fc.nat(100), (scaleUp, scaleDown, history, current, desired) => {
      const behavior = behaviorOf({ scaleUp, scaleDown }, 300_000);
      const { replicas } = limitWithBehavior({ current, desired, min: 0, max: 1000 }, behavior, history, now);
      assert.ok((replicas - current) * (replicas - desired) <= 0, `${current} to ${desired} gave ${replicas}`);
    }),
  );
});
