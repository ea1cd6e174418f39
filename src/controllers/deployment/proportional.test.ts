import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fractionOf, isScalingEvent, resizingOf } from './proportional.ts';
import { type DeploymentTraits, sampleDeployment, sampleReplicaSet } from './sample.ts';

interface Case {
  readonly when: string;
  readonly from: DeploymentTraits;
  readonly to: DeploymentTraits;
  /** Sizes, the newest first; undefined when there is no ReplicaSet of the present template. */
  readonly fresh: number | undefined;
  readonly freshAvailable?: number;
  readonly old: readonly number[];
  /** The `replicas` that each was sized for, when not that of `from`. */
  readonly noted?: readonly (number | undefined)[];
  readonly expect: readonly number[];
}

// Upstream: TestScale in sync_test.go; the last is the HPA's case in the documentation.
const cases: readonly Case[] = [
  { when: '10 become 12', from: { replicas: 10 }, to: { replicas: 12 }, fresh: 10, old: [], expect: [12] },
  { when: '10 become 5', from: { replicas: 10 }, to: { replicas: 5 }, fresh: 10, old: [], expect: [5] },
  { when: '5 become 10', from: { replicas: 5 }, to: { replicas: 10 }, fresh: 2, old: [3], expect: [4, 6] },
  { when: '5 become 3', from: { replicas: 5 }, to: { replicas: 3 }, fresh: 2, old: [3], expect: [1, 2] },
  { when: '9 become 4', from: { replicas: 9 }, to: { replicas: 4 }, fresh: 8, old: [1], expect: [4, 0] },
  { when: '7 become 10', from: { replicas: 7 }, to: { replicas: 10 }, fresh: 2, old: [3, 2], expect: [3, 4, 3] },
  { when: '13 become 8', from: { replicas: 13 }, to: { replicas: 8 }, fresh: 2, old: [8, 3], expect: [1, 5, 2] },
  {
    when: '3 equal ones get 1 more',
    from: { replicas: 3 },
    to: { replicas: 4 },
    fresh: 1,
    old: [1, 1],
    expect: [2, 1, 1],
  },
  { when: '3 equal ones lose 1', from: { replicas: 3 }, to: { replicas: 2 }, fresh: 1, old: [1, 1], expect: [1, 1, 0] },
  {
    when: 'there is no new one',
    from: { replicas: 4 },
    to: { replicas: 5 },
    fresh: undefined,
    old: [2, 2],
    expect: [3, 2],
  },
  { when: '6 become 0', from: { replicas: 6 }, to: { replicas: 0 }, fresh: 3, old: [2, 1], expect: [0, 0, 0] },
  { when: '0 become 6', from: { replicas: 6 }, to: { replicas: 6 }, fresh: 0, old: [0, 0], expect: [6, 0, 0] },
  {
    when: 'an earlier pass got only half through',
    from: { replicas: 5 },
    to: { replicas: 5 },
    fresh: 2,
    old: [1, 1],
    noted: [undefined, 3, undefined],
    expect: [2, 2, 1],
  },
  {
    when: 'there are surge pods',
    from: { replicas: 10, maxSurge: 2 },
    to: { replicas: 20, maxSurge: 2 },
    fresh: 6,
    old: [6],
    expect: [11, 11],
  },
  {
    when: 'size and surge change',
    from: { replicas: 10, maxSurge: 3 },
    to: { replicas: 50, maxSurge: 6 },
    fresh: 5,
    old: [8],
    expect: [22, 34],
  },
  {
    when: 'size and template change',
    from: { replicas: 10 },
    to: { replicas: 14 },
    fresh: undefined,
    old: [7, 3],
    expect: [10, 4],
  },
  {
    when: 'the new one has its size but does not work',
    from: { replicas: 2, maxSurge: 1, maxUnavailable: 1 },
    to: { replicas: 2, maxSurge: 1, maxUnavailable: 1 },
    fresh: 2,
    old: [1],
    expect: [2, 1],
  },
  {
    when: 'the new one has its size and works',
    from: { replicas: 2 },
    to: { replicas: 2 },
    fresh: 2,
    freshAvailable: 2,
    old: [1],
    expect: [2, 0],
  },
  {
    when: 'an autoscaler grows it during a rollout',
    from: { replicas: 10, maxSurge: 3 },
    to: { replicas: 15, maxSurge: 3 },
    fresh: 5,
    old: [8],
    expect: [7, 11],
  },
];
for (const { when, from, to, fresh, freshAvailable, old, noted = [], expect } of cases)
  test(`when ${when}, ReplicaSets of ${[fresh ?? '–', ...old].join(', ')} become ${expect.join(', ')}`, () => {
    const replicaSet = (size: number, index: number): ReturnType<typeof sampleReplicaSet> =>
      sampleReplicaSet(`rs-${index}`, size, {
        ageSeconds: index * 10,
        ...(index === 0 && freshAvailable !== undefined ? { available: freshAvailable } : {}),
        sizedFor: sampleDeployment({ ...from, replicas: noted[index] ?? from.replicas ?? 1 }),
      });
    const newSet = fresh === undefined ? undefined : replicaSet(fresh, 0);
    const oldSets = old.map((size, index) => replicaSet(size, index + 1));
    const resizing = resizingOf(sampleDeployment(to), newSet, oldSets);
    const sizes = new Map(resizing.map(([{ metadata }, size]) => [metadata.name, size]));
    const all = newSet === undefined ? oldSets : [newSet, ...oldSets];
    assert.deepEqual(
      all.map(({ metadata, spec }) => sizes.get(metadata.name) ?? spec.replicas),
      expect,
    );
  });

// Upstream: TestGetReplicaSetFraction.
const fractions: readonly {
  when: string;
  to: number;
  surge?: number;
  status?: number;
  size: number;
  noted?: string;
  expect: number;
}[] = [
  { when: 'all must go', to: 0, size: 10, expect: -10 },
  { when: 'the note is missing and nothing is known', to: 10, size: 5, expect: 0 },
  { when: 'the note is 0 and nothing is known', to: 10, size: 5, noted: '0', expect: 0 },
  { when: 'the note is missing, by the status', to: 120, status: 100, size: 50, expect: 10 },
  { when: 'the note is 0, by the status', to: 120, status: 100, size: 50, noted: '0', expect: 10 },
  { when: 'the note is nonsense, by the status', to: 120, status: 100, size: 50, noted: 'x', expect: 10 },
  { when: 'the note says so', to: 120, size: 50, noted: '100', expect: 10 },
  { when: 'a surge shares in', to: 120, surge: 10, size: 50, noted: '110', expect: 9 },
  { when: 'a sixth must go', to: 10, size: 6, noted: '12', expect: -1 },
  { when: 'a sixth must go and a surge shares in', to: 100, surge: 10, size: 50, noted: '130', expect: -8 },
];
for (const { when, to, surge = 0, status, size, noted, expect } of fractions)
  test(`of ${to} pods a ReplicaSet of ${size} takes ${expect} more when ${when}`, () => {
    const annotations = noted === undefined ? {} : { 'deployment.kubernetes.io/max-replicas': noted };
    const before = status === undefined ? {} : { status: { replicas: status } };
    const deployment = sampleDeployment({ replicas: to, maxSurge: surge, maxUnavailable: 1, ...before });
    assert.equal(fractionOf(deployment, sampleReplicaSet('rs', size, { annotations })), expect);
  });

test('a change of size is told from a rollout by what the active ReplicaSets were sized for', () => {
  const ten = sampleDeployment({ replicas: 10 });
  const five = sampleDeployment({ replicas: 5 });
  assert.equal(isScalingEvent(ten, [sampleReplicaSet('a', 5, { sizedFor: five })]), true);
  assert.equal(isScalingEvent(ten, [sampleReplicaSet('a', 5, { sizedFor: ten })]), false);
  assert.equal(isScalingEvent(ten, [sampleReplicaSet('a', 0, { sizedFor: five })]), false);
  assert.equal(isScalingEvent(ten, [sampleReplicaSet('a', 5)]), false);
});
