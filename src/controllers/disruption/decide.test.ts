import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/schema/core-v1.ts';
import type { PodDisruptionBudget } from '../../api/schema/policy-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { decide, failSafe } from './decide.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');

const podWith = (name: string, { ready = true, deleting = false } = {}): Pod => ({
  metadata: {
    name,
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '',
    ...(deleting ? { deletionTimestamp: timestamp(nowMs) } : {}),
  },
  spec: { containers: [] },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

const podsOf = (ready: number, unready = 0): readonly Pod[] => [
  ...Array.from({ length: ready }, (_, index) => podWith(`ready-${index}`)),
  ...Array.from({ length: unready }, (_, index) => podWith(`unready-${index}`, { ready: false })),
];

const budgetWith = (
  spec: PodDisruptionBudget['spec'],
  status: Partial<PodDisruptionBudget['status']> = {},
): PodDisruptionBudget => ({
  metadata: { name: 'b', namespace: 'n', uid: 'b', resourceVersion: '1', creationTimestamp: '', generation: 2 },
  spec,
  status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...status },
});

interface Case {
  readonly spec: PodDisruptionBudget['spec'];
  readonly ready: number;
  readonly unready?: number;
  /** The sizes of the pods' controllers. */
  readonly scales?: readonly number[];
  readonly expect: readonly [expected: number, desired: number, healthy: number, allowed: number];
}

// Upstream: the checks of TestUnavailable, TestIntegerMaxUnavailable(WithScaling), TestPercentageMaxUnavailableWithScaling,
// TestReplicaSet, TestMultipleControllers, TestTwoControllers, TestReplicationController.
const cases: readonly Case[] = [
  { spec: { minAvailable: 3 }, ready: 0, expect: [0, 3, 0, 0] },
  { spec: { minAvailable: 3 }, ready: 2, expect: [2, 3, 2, 0] },
  { spec: { minAvailable: 3 }, ready: 4, expect: [4, 3, 4, 1] },
  { spec: { minAvailable: 3 }, ready: 3, unready: 1, expect: [4, 3, 3, 0] },
  { spec: { minAvailable: 0 }, ready: 2, expect: [2, 0, 2, 2] },
  { spec: { maxUnavailable: 1 }, ready: 1, scales: [1], expect: [1, 0, 1, 1] },
  { spec: { maxUnavailable: 1 }, ready: 0, scales: [], expect: [0, 0, 0, 0] },
  { spec: { maxUnavailable: 5 }, ready: 7, scales: [7], expect: [7, 2, 7, 5] },
  { spec: { maxUnavailable: 5 }, ready: 3, scales: [3], expect: [3, 0, 3, 3] },
  { spec: { maxUnavailable: 2 }, ready: 1, scales: [4], expect: [4, 2, 1, 0] },
  { spec: { maxUnavailable: '30%' }, ready: 7, scales: [7], expect: [7, 4, 7, 3] },
  { spec: { maxUnavailable: '30%' }, ready: 3, scales: [3], expect: [3, 2, 3, 1] },
  { spec: { maxUnavailable: '25%' }, ready: 1, scales: [1], expect: [1, 0, 1, 1] },
  { spec: { maxUnavailable: '100%' }, ready: 2, scales: [2], expect: [2, 0, 2, 2] },
  { spec: { minAvailable: '20%' }, ready: 1, scales: [10], expect: [10, 2, 1, 0] },
  { spec: { minAvailable: '28%' }, ready: 3, scales: [11], expect: [11, 4, 3, 0] },
  { spec: { minAvailable: '28%' }, ready: 8, scales: [11, 11], expect: [22, 7, 8, 1] },
  { spec: { minAvailable: '67%' }, ready: 3, scales: [3], expect: [3, 3, 3, 0] },
  { spec: { minAvailable: '50%' }, ready: 2, scales: [1, 1], expect: [2, 1, 2, 1] },
  { spec: { minAvailable: '0%' }, ready: 0, scales: [0], expect: [0, 0, 0, 0] },
];
for (const { spec, ready, unready = 0, scales = [], expect } of cases)
  test(`${JSON.stringify(spec)} of ${ready} ready and ${unready} other pods, sizes ${scales.join('+') || 'none'}: ${expect[3]} may go`, () => {
    const plan = decide({
      budget: budgetWith(spec),
      pods: podsOf(ready, unready),
      scales: new Map(scales.map((size, index) => [String(index), size])),
      nowMs,
    });
    const { expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed, conditions, observedGeneration } =
      plan.status;
    assert.deepEqual([expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed], expect);
    assert.equal(observedGeneration, 2);
    const [condition] = conditions ?? [];
    const saying = expect[3] > 0 ? ['True', 'SufficientPods'] : ['False', 'InsufficientPods'];
    assert.deepEqual([condition?.status, condition?.reason], saying);
  });

test('a pod that is being deleted is not healthy', () => {
  const pods = [podWith('a'), podWith('b', { deleting: true })];
  const { status } = decide({ budget: budgetWith({ minAvailable: 1 }), pods, scales: new Map(), nowMs });
  assert.deepEqual([status.currentHealthy, status.expectedPods, status.disruptionsAllowed], [1, 2, 0]);
});

// Upstream: TestUpdateDisruptedPods.
test('an evicted pod does not count for two minutes, or until it is seen to go', () => {
  const secondsAgo = (seconds: number): string => timestamp(nowMs - seconds * 1000);
  const disruptedPods = {
    fresh: secondsAgo(30),
    due: secondsAgo(120),
    stale: secondsAgo(121),
    going: secondsAgo(5),
    absent: secondsAgo(5),
  };
  const pods = [
    podWith('fresh'),
    podWith('due'),
    podWith('stale'),
    podWith('going', { deleting: true }),
    podWith('other'),
  ];
  const plan = decide({ budget: budgetWith({ minAvailable: 1 }, { disruptedPods }), pods, scales: new Map(), nowMs });
  assert.deepEqual(plan.status.disruptedPods, { fresh: disruptedPods.fresh, due: disruptedPods.due });
  assert.deepEqual(
    plan.notDeleted.map(({ metadata }) => metadata.name),
    ['stale'],
  );
  assert.equal(plan.status.currentHealthy, 3, 'due, stale and other');
  assert.equal(plan.recheckInMs, 1);
});

test('a pod named like a property of every object is not taken for a disrupted one', () => {
  const budget = budgetWith({ minAvailable: 0 }, { disruptedPods: { a: timestamp(nowMs) } });
  const { status } = decide({ budget, pods: [podWith('constructor')], scales: new Map(), nowMs });
  assert.equal(status.currentHealthy, 1);
  assert.equal(status.disruptedPods, undefined);
});

test('when counting failed nothing may go, and the numbers stay', () => {
  const before = {
    disruptionsAllowed: 3,
    currentHealthy: 5,
    desiredHealthy: 2,
    expectedPods: 5,
    observedGeneration: 2,
  };
  const status = failSafe(budgetWith({ maxUnavailable: 1 }, before), 'found no controllers for pod "x"', nowMs);
  assert.deepEqual({ ...status, conditions: [] }, { ...before, disruptionsAllowed: 0, conditions: [] });
  const [condition] = status.conditions ?? [];
  assert.deepEqual(
    [condition?.status, condition?.reason, condition?.message],
    ['False', 'SyncFailed', 'found no controllers for pod "x"'],
  );
});

test('a condition of another kind stays', () => {
  const other = {
    type: 'ExistingTestCondition',
    status: 'True',
    reason: 'R',
    message: '',
    lastTransitionTime: timestamp(nowMs),
  };
  const budget = budgetWith({ minAvailable: 1 }, { conditions: [other] });
  const { status } = decide({ budget, pods: podsOf(2), scales: new Map(), nowMs });
  assert.deepEqual(
    status.conditions?.map(({ type }) => type),
    ['ExistingTestCondition', 'DisruptionAllowed'],
  );
});
