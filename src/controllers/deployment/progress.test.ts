import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeploymentCondition, DeploymentStatus } from '../../api/schema/apps-v1.ts';
import { timestamp } from '../../api/timestamps.ts';
import { isComplete, isProgressing, nextCheckInMs, rolloutConditions, withPause } from './progress.ts';
import { sampleDeployment, sampleReplicaSet } from './sample.ts';

const nowMs = Date.parse('2026-01-01T00:01:20Z');
const now = timestamp(nowMs);
const counts = (
  replicas: number,
  updatedReplicas: number,
  readyReplicas: number,
  availableReplicas: number,
): DeploymentStatus => ({
  replicas,
  updatedReplicas,
  readyReplicas,
  availableReplicas,
  observedGeneration: 1,
});

// Upstream: TestDeploymentComplete (desired; replicas, updated, available).
const completions: readonly { desired: number; status: DeploymentStatus; expect: boolean }[] = [
  { desired: 5, status: counts(5, 5, 4, 4), expect: false },
  { desired: 5, status: counts(5, 5, 3, 3), expect: false },
  { desired: 5, status: counts(5, 5, 5, 5), expect: true },
  { desired: 5, status: counts(5, 4, 5, 5), expect: false },
  { desired: 1, status: counts(2, 1, 1, 1), expect: false },
  { desired: 1, status: counts(1, 1, 0, 0), expect: false },
  { desired: 1, status: { ...counts(1, 1, 1, 1), observedGeneration: 0 }, expect: false },
  { desired: 0, status: { observedGeneration: 1 }, expect: true },
];
for (const { desired, status, expect } of completions)
  test(`${JSON.stringify(status)} is ${expect ? '' : 'not '}complete for ${desired}`, () => {
    assert.equal(isComplete(sampleDeployment({ replicas: desired }), status), expect);
  });

// Upstream: TestDeploymentProgressing.
const steps: readonly { what: string; before: DeploymentStatus; after: DeploymentStatus; expect: boolean }[] = [
  { what: 'more updated pods', before: counts(10, 4, 4, 4), after: counts(10, 6, 4, 4), expect: true },
  { what: 'the same counts', before: counts(10, 4, 4, 4), after: counts(10, 4, 4, 4), expect: false },
  { what: 'fewer old pods', before: counts(10, 4, 6, 6), after: counts(8, 4, 6, 6), expect: true },
  { what: 'fewer new pods', before: counts(10, 7, 3, 3), after: counts(10, 6, 3, 3), expect: false },
  { what: 'fewer pods, more new ones', before: counts(10, 4, 7, 7), after: counts(8, 8, 5, 5), expect: true },
  { what: 'more ready pods', before: counts(10, 10, 9, 8), after: counts(10, 10, 10, 8), expect: true },
  { what: 'more available pods', before: counts(10, 10, 10, 9), after: counts(10, 10, 10, 10), expect: true },
];
for (const { what, before, after, expect } of steps)
  test(`${what}: ${expect ? 'progress' : 'no progress'}`, () => {
    assert.equal(isProgressing(sampleDeployment({ status: before }), after), expect);
  });

const told = (reason: string, ageSeconds: number, status = 'True'): DeploymentCondition => ({
  type: 'Progressing',
  status,
  reason,
  message: 'before',
  lastUpdateTime: timestamp(nowMs - ageSeconds * 1000),
  lastTransitionTime: timestamp(nowMs - 1000_000),
});

interface Rollout {
  readonly when: string;
  readonly before: DeploymentStatus;
  readonly after?: DeploymentStatus;
  readonly condition?: DeploymentCondition;
  readonly deadlineSeconds?: number | undefined;
  readonly hasNew?: boolean;
  readonly expect: Partial<DeploymentCondition> | undefined;
}

// Upstream: TestSyncRolloutStatus, TestDeploymentTimedOut.
const rollouts: readonly Rollout[] = [
  {
    when: 'there is no deadline',
    before: counts(3, 3, 2, 2),
    after: counts(3, 3, 3, 3),
    condition: told('ReplicaSetUpdated', 5),
    deadlineSeconds: 2 ** 31 - 1,
    expect: undefined,
  },
  {
    when: 'all is done',
    before: counts(3, 3, 2, 2),
    after: counts(3, 3, 3, 3),
    condition: told('ReplicaSetUpdated', 5),
    expect: {
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: 'ReplicaSet "new" has successfully progressed.',
      lastUpdateTime: now,
      lastTransitionTime: timestamp(nowMs - 1000_000),
    },
  },
  {
    when: 'all is done and was told before',
    before: counts(3, 3, 3, 3),
    condition: told('NewReplicaSetAvailable', 5000),
    expect: told('NewReplicaSetAvailable', 5000),
  },
  {
    when: 'a pod of a finished rollout broke',
    before: counts(3, 3, 3, 3),
    after: counts(3, 3, 2, 2),
    condition: told('NewReplicaSetAvailable', 5000),
    expect: told('NewReplicaSetAvailable', 5000),
  },
  {
    when: 'there is progress',
    before: counts(3, 1, 2, 2),
    after: counts(3, 2, 2, 2),
    condition: told('ReplicaSetUpdated', 5),
    expect: {
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: 'ReplicaSet "new" is progressing.',
      lastUpdateTime: now,
      lastTransitionTime: timestamp(nowMs - 1000_000),
    },
  },
  {
    when: 'there is progress after a time-out',
    before: counts(3, 1, 2, 2),
    after: counts(3, 2, 2, 2),
    condition: told('ProgressDeadlineExceeded', 5, 'False'),
    expect: { status: 'True', reason: 'ReplicaSetUpdated', lastTransitionTime: now },
  },
  {
    when: 'nothing happened for 11 of 10 s',
    before: counts(3, 1, 2, 2),
    condition: told('ReplicaSetUpdated', 11),
    expect: {
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'ReplicaSet "new" has timed out progressing.',
      lastTransitionTime: now,
    },
  },
  {
    when: 'nothing happened for 11 s and there is no new ReplicaSet',
    before: counts(3, 0, 2, 2),
    condition: told('ReplicaSetUpdated', 11),
    hasNew: false,
    expect: { reason: 'ProgressDeadlineExceeded', message: 'Deployment "web" has timed out progressing.' },
  },
  {
    when: 'nothing happened for 9 of 10 s',
    before: counts(3, 1, 2, 2),
    condition: told('ReplicaSetUpdated', 9),
    expect: told('ReplicaSetUpdated', 9),
  },
  {
    when: 'the time-out was told before',
    before: counts(3, 1, 2, 2),
    condition: told('ProgressDeadlineExceeded', 500, 'False'),
    expect: told('ProgressDeadlineExceeded', 500, 'False'),
  },
  {
    when: 'a finished rollout is followed by one whose condition is still to come',
    before: counts(3, 1, 3, 3),
    condition: told('NewReplicaSetAvailable', 5000),
    expect: told('NewReplicaSetAvailable', 5000),
  },
];
for (const { when, before, after = before, condition, deadlineSeconds = 10, hasNew = true, expect } of rollouts)
  test(`when ${when}, the Progressing condition ${expect === undefined ? 'goes' : `says ${expect.reason}`}`, () => {
    const conditions = condition === undefined ? [] : [condition];
    const deployment = sampleDeployment({
      replicas: 3,
      status: { ...before, conditions },
      spec: { progressDeadlineSeconds: deadlineSeconds },
    });
    const fresh = hasNew ? sampleReplicaSet('new', 3) : undefined;
    const found = rolloutConditions(deployment, { status: { ...after, conditions }, fresh, old: [], nowMs, now });
    const progressing = found.find(({ type }) => type === 'Progressing');
    if (expect === undefined) assert.equal(progressing, undefined);
    else assert.deepEqual({ ...progressing, ...expect }, progressing);
  });

test('the failure of a ReplicaSet is told, the new one’s before the old ones’, and goes with it', () => {
  const failing = (name: string): ReturnType<typeof sampleReplicaSet> =>
    sampleReplicaSet(name, 1, {
      status: {
        conditions: [
          { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: name, lastTransitionTime: now },
        ],
      },
    });
  const deployment = sampleDeployment({ replicas: 1 });
  const sets = { fresh: failing('new'), old: [failing('old')], nowMs, now };
  const conditions = rolloutConditions(deployment, { status: { conditions: [] }, ...sets });
  assert.deepEqual(
    conditions.filter(({ type }) => type === 'ReplicaFailure').map(({ message, reason }) => ({ message, reason })),
    [{ message: 'new', reason: 'FailedCreate' }],
  );
  const healthy = { ...sets, fresh: sampleReplicaSet('new', 1), old: [] };
  const after = rolloutConditions(deployment, { status: { conditions }, ...healthy });
  assert.equal(
    after.some(({ type }) => type === 'ReplicaFailure'),
    false,
  );
});

test('a pause is told, and its end; neither covers a time-out', () => {
  const paused = sampleDeployment({ spec: { paused: true } });
  const pausing = withPause(paused, [told('ReplicaSetUpdated', 5)], now);
  assert.deepEqual(
    pausing.map(({ status, reason, message }) => ({ status, reason, message })),
    [{ status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' }],
  );
  assert.equal(withPause(paused, pausing, now), pausing);
  assert.deepEqual(
    withPause(sampleDeployment(), pausing, now).map(({ reason, message }) => ({ reason, message })),
    [{ reason: 'DeploymentResumed', message: 'Deployment is resumed' }],
  );
  const late = [told('ProgressDeadlineExceeded', 5, 'False')];
  assert.equal(withPause(paused, late, now), late);
  const endless = sampleDeployment({ spec: { paused: true, progressDeadlineSeconds: 2 ** 31 - 1 } });
  assert.deepEqual(withPause(endless, [], now), []);
});

// Upstream: TestRequeueStuckDeployment.
const checks: readonly {
  when: string;
  status: DeploymentStatus;
  condition?: DeploymentCondition;
  expect: number | undefined;
}[] = [
  { when: 'no condition is there', status: counts(3, 2, 2, 2), expect: undefined },
  { when: 'all is done', status: counts(3, 3, 3, 3), condition: told('ReplicaSetUpdated', 5), expect: undefined },
  {
    when: 'it timed out',
    status: counts(3, 2, 2, 2),
    condition: told('ProgressDeadlineExceeded', 5),
    expect: undefined,
  },
  { when: 'the deadline is in 7 s', status: counts(3, 2, 2, 2), condition: told('ReplicaSetUpdated', 3), expect: 8000 },
  { when: 'the deadline is over', status: counts(3, 2, 2, 2), condition: told('ReplicaSetUpdated', 30), expect: 1000 },
];
for (const { when, status, condition, expect } of checks)
  test(`when ${when}, the deadline is looked at ${expect === undefined ? 'no more' : `in ${expect} ms`}`, () => {
    const deployment = sampleDeployment({ replicas: 3, spec: { progressDeadlineSeconds: 10 } });
    const conditions = condition === undefined ? [] : [condition];
    assert.equal(nextCheckInMs(deployment, { ...status, conditions }, nowMs), expect);
  });
