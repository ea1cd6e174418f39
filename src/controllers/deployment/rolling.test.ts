import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maxSurge, minAvailable } from './fenceposts.ts';
import { sizeOf } from './replica-set-order.ts';
import { rollingStep, sizeOfNew } from './rolling.ts';
import { sampleDeployment, sampleReplicaSet } from './sample.ts';

// Upstream: TestDeploymentController_reconcileNewReplicaSet, TestNewRSNewReplicas.
const growth: readonly { replicas: number; maxSurge: number; old: number; fresh: number; expect: number }[] = [
  { replicas: 10, maxSurge: 0, old: 10, fresh: 0, expect: 0 },
  { replicas: 10, maxSurge: 2, old: 10, fresh: 0, expect: 2 },
  { replicas: 10, maxSurge: 2, old: 5, fresh: 0, expect: 7 },
  { replicas: 10, maxSurge: 2, old: 10, fresh: 2, expect: 2 },
  { replicas: 10, maxSurge: 2, old: 2, fresh: 11, expect: 10 },
  { replicas: 6, maxSurge: 10, old: 5, fresh: 2, expect: 6 },
];
for (const { replicas, maxSurge, old, fresh, expect } of growth)
  test(`beside ${old} old pods the new ReplicaSet goes from ${fresh} to ${expect} (${replicas} wanted, surge ${maxSurge})`, () => {
    const deployment = sampleDeployment({ replicas, maxSurge, maxUnavailable: 0 });
    assert.equal(sizeOfNew(deployment, sampleReplicaSet('new', fresh), [sampleReplicaSet('old', old)]), expect);
  });

test('nothing grows while an old ReplicaSet still has its pods, or has not been looked at since it was changed', () => {
  const deployment = sampleDeployment({ replicas: 4, maxSurge: 2, maxUnavailable: 1 });
  const fresh = sampleReplicaSet('new', 0);
  const grown = (status: object): number => sizeOfNew(deployment, fresh, [sampleReplicaSet('old', 2, { status })]);
  assert.equal(grown({ replicas: 2, observedGeneration: 1 }), 4);
  assert.equal(grown({ replicas: 5, observedGeneration: 1 }), 1);
  assert.equal(grown({ replicas: 0, observedGeneration: 0 }), 0);
});

test('Recreate makes all new pods at once', () => {
  const deployment = sampleDeployment({ replicas: 3, strategy: 'Recreate' });
  assert.equal(sizeOfNew(deployment, sampleReplicaSet('new', 1), [sampleReplicaSet('old', 0)]), 3);
});

// Upstream: TestDeploymentController_reconcileOldReplicaSets, _cleanupUnhealthyReplicas, _scaleDownOldReplicaSetsForRollingUpdate.
const shrinking: readonly {
  when: string;
  replicas?: number;
  maxUnavailable: number;
  old: number;
  oldAvailable: number;
  fresh?: number;
  freshAvailable?: number;
  expect: number;
}[] = [
  { when: 'neither surge nor unavailability is allowed', maxUnavailable: 0, old: 10, oldAvailable: 10, expect: 9 },
  { when: 'two may be missing', maxUnavailable: 2, old: 10, oldAvailable: 10, expect: 8 },
  { when: 'two may be missing and two are broken', maxUnavailable: 2, old: 10, oldAvailable: 8, expect: 8 },
  { when: 'one is broken and one more may be missing', maxUnavailable: 2, old: 10, oldAvailable: 9, expect: 8 },
  { when: 'the new pods are not up', maxUnavailable: 2, old: 8, oldAvailable: 8, fresh: 2, expect: 8 },
  { when: 'one new pod came up', maxUnavailable: 2, old: 8, oldAvailable: 8, fresh: 2, freshAvailable: 1, expect: 7 },
  { when: 'nearly all are broken', maxUnavailable: 2, old: 10, oldAvailable: 1, expect: 8 },
  { when: 'there are none', maxUnavailable: 2, old: 0, oldAvailable: 0, expect: 0 },
  {
    when: 'the status still counts pods that are about to go',
    replicas: 4,
    maxUnavailable: 0,
    old: 3,
    oldAvailable: 5,
    fresh: 2,
    freshAvailable: 1,
    expect: 3,
  },
];
for (const {
  when,
  replicas = 10,
  maxUnavailable,
  old,
  oldAvailable,
  fresh = 0,
  freshAvailable = 0,
  expect,
} of shrinking)
  test(`when ${when}, ${old} old pods become ${expect}`, () => {
    const surge = Math.max(0, old + fresh - replicas);
    const deployment = sampleDeployment({ replicas, maxSurge: surge, maxUnavailable });
    const newSet = sampleReplicaSet('new', fresh, { available: freshAvailable });
    const sizes = rollingStep(deployment, newSet, [sampleReplicaSet('old', old, { available: oldAvailable })]);
    assert.equal(sizes.get('old') ?? old, expect);
  });

test('broken pods of the oldest ReplicaSet go first, then working ones of the oldest', () => {
  const deployment = sampleDeployment({ replicas: 6, maxSurge: 0, maxUnavailable: 3 });
  const old = [
    sampleReplicaSet('younger', 3, { available: 2, ageSeconds: 10 }),
    sampleReplicaSet('older', 3, { available: 3, ageSeconds: 20 }),
  ];
  assert.deepEqual(
    new Map(rollingStep(deployment, sampleReplicaSet('new', 0), old)),
    new Map([
      ['older', 1],
      ['younger', 2],
    ]),
  );
});

const count = fc.integer({ min: 0, max: 12 });
const set = fc.tuple(count, count, count);

test('no step ever plans for more pods or fewer available ones than the fenceposts say', () => {
  fc.assert(
    fc.property(
      fc.record({
        replicas: count,
        maxSurge: fc.integer({ min: 0, max: 4 }),
        maxUnavailable: fc.integer({ min: 0, max: 4 }),
      }),
      set,
      fc.array(set, { maxLength: 3 }),
      (traits, [freshSize, freshAvailable], olds) => {
        const deployment = sampleDeployment(traits);
        const fresh = sampleReplicaSet('new', freshSize, {
          available: Math.min(freshAvailable, freshSize),
          replicas: freshSize,
        });
        const old = olds.map(([size, available, lagging], index) =>
          sampleReplicaSet(`old-${index}`, size, {
            available: Math.min(available, size + lagging),
            replicas: size + lagging,
          }),
        );
        const sizes = rollingStep(deployment, fresh, old);
        const after = (set: typeof fresh): number => sizes.get(set.metadata.uid) ?? sizeOf(set);
        const all = [fresh, ...old];
        // What may exist: a ReplicaSet that shrinks still has its pods, one that grows will have more.
        const most = all.reduce((sum, one) => sum + Math.max(after(one), one.status.replicas), 0);
        const before = all.reduce((sum, one) => sum + Math.max(sizeOf(one), one.status.replicas), 0);
        const limit = traits.replicas + maxSurge(deployment);
        assert.ok(most <= Math.max(limit, before), `${most} pods, ${limit} allowed, ${before} before`);
        const availableAfter = (one: typeof fresh): number => Math.min(one.status.availableReplicas ?? 0, after(one));
        const left = all.reduce((sum, one) => sum + availableAfter(one), 0);
        const had = all.reduce((sum, one) => sum + Math.min(one.status.availableReplicas ?? 0, sizeOf(one)), 0);
        assert.ok(left >= Math.min(minAvailable(deployment), had), `${left} available, ${had} before`);
      },
    ),
    { numRuns: 1000 },
  );
});

test('with pods that come up a rollout always reaches its end', () => {
  fc.assert(
    fc.property(
      fc.record({
        replicas: count,
        maxSurge: fc.integer({ min: 0, max: 4 }),
        maxUnavailable: fc.integer({ min: 0, max: 4 }),
      }),
      fc.array(count, { maxLength: 3 }),
      (traits, oldSizes) => {
        const deployment = sampleDeployment(traits);
        let sizes = new Map<string, number>([
          ['new', 0],
          ...oldSizes.map((size, index) => [`old-${index}`, size] as const),
        ]);
        for (let step = 0; step < 200; step++) {
          const sets = [...sizes].map(([name, size]) =>
            sampleReplicaSet(name, size, { available: size, replicas: size }),
          );
          const next = rollingStep(deployment, sets[0]!, sets.slice(1));
          if (next.size === 0) break;
          sizes = new Map([...sizes, ...next]);
        }
        assert.deepEqual([...sizes.values()], [traits.replicas, ...oldSizes.map(() => 0)]);
      },
    ),
  );
});
