import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaSet } from '../../api/schema/apps-v1.ts';
import { outlived } from './history.ts';
import { sampleDeployment, sampleReplicaSet } from './sample.ts';

const set = (
  name: string,
  revision: number,
  traits: { size?: number; pods?: number; unseen?: boolean } = {},
): ReplicaSet =>
  sampleReplicaSet(name, traits.size ?? 0, {
    replicas: traits.pods ?? 0,
    ageSeconds: 100,
    annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    ...(traits.unseen === true ? { status: { observedGeneration: 0 } } : {}),
  });

const cases: readonly { when: string; limit: number; old: readonly ReplicaSet[]; expect: readonly string[] }[] = [
  { when: 'as many as allowed', limit: 2, old: [set('a', 1), set('b', 2)], expect: [] },
  { when: 'one too many, in any order', limit: 2, old: [set('c', 3), set('a', 10), set('b', 2)], expect: ['b'] },
  { when: 'none is to be kept', limit: 0, old: [set('a', 1), set('b', 2)], expect: ['a', 'b'] },
  { when: 'the oldest still has pods', limit: 0, old: [set('a', 1, { pods: 1 }), set('b', 2)], expect: ['b'] },
  { when: 'the oldest still wants pods', limit: 1, old: [set('a', 1, { size: 1 }), set('b', 2)], expect: [] },
  { when: 'the oldest’s status is behind', limit: 0, old: [set('a', 1, { unseen: true })], expect: [] },
  { when: 'all are to be kept', limit: 2 ** 31 - 1, old: [set('a', 1)], expect: [] },
];
for (const { when, limit, old, expect } of cases)
  test(`when ${when}, ${expect.length === 0 ? 'nothing' : expect.join(' and ')} is forgotten`, () => {
    const deployment = sampleDeployment({ spec: { revisionHistoryLimit: limit } });
    assert.deepEqual(
      outlived(deployment, old).map(({ metadata }) => metadata.name),
      expect,
    );
  });
